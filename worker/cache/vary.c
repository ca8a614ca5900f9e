/*
 * vary.c - which of a resource's replies a request selects.
 *
 * Runs in workers.  RFC 9111, 4.1: a stored reply is for requests whose fields
 * named by Vary match those of the request that it came for, after what has no
 * meaning is taken out of both.  So both are written as a text, in one way:
 *
 *	accept-encoding:br,gzip LF cookie LF user-agent:curl/8.0 LF
 *			 |	      |	     '-- as it is, lines combined
 *			 |	      '-- was not there (empty would have a ":")
 *			 '-- as wishes: by weight, then by name
 *
 * No value has a LF in it, and no name what ends a name here, so that texts are
 * the same only if all of their parts are.
 *
 * Languages: a reply that says it is in German, to a request that wanted
 * nothing more than German, is stored as "accept-language=de", and every
 * request that wants nothing more finds it: what else it would have taken, and
 * how much less, has no meaning then (RFC 9110, 12.5.4).
 *
 * What an origin sees is not always what a client sent.  A field that we write
 * ourselves, or drop unless the peer is trusted (X-Forwarded-For, Client-Cert),
 * can't be compared: what varies by it varies by anything.
 */
#include "worker/cache/vary.h"

#include <stdlib.h>

#include "worker/cache/codings.h"
#include "worker/cache/wishes.h"
#include "worker/http/field.h"

#define LANGUAGE STR("accept-language")

/* ---- specs ---- */

struct names {
	unsigned count;
	struct str list[VARY_NAMES_MAX];
};

/* Told apart by the key, or answered by the cache itself. */
static bool is_settled(enum field_id id)
{
	switch (id) {
	case FIELD_host:
	case FIELD_x_forwarded_host:
	case FIELD_x_forwarded_proto:
	case FIELD_range:
	case FIELD_if_range:
	case FIELD_if_match:
	case FIELD_if_none_match:
	case FIELD_if_modified_since:
	case FIELD_if_unmodified_since:
		return true;
	default:
		return false;
	}
}

static enum vary add_name(struct names *names, struct str name)
{
	enum field_id id;

	if (str_eq(name, STR("*")) || !str_is_token(name))
		return VARY_ANY;
	id = field_identify(name);
	if (is_settled(id))
		return VARY_NOTHING;
	if (id == FIELD_DISGUISED || (field_flags(id) & FIELD_CLAIM))
		return VARY_ANY;
	for (unsigned i = 0; i < names->count; i++)
		if (str_eq_nocase(names->list[i], name))
			return VARY_FIELDS;
	if (names->count == VARY_NAMES_MAX)
		return VARY_HARD;
	names->list[names->count++] = name;
	return VARY_FIELDS;
}

static int compare(const void *a, const void *b)
{
	return wishes_compare(*(const struct str *)a, *(const struct str *)b);
}

enum vary vary_read(const struct message *reply, struct out *spec)
{
	struct names names = {.count = 0};
	enum vary all = VARY_NOTHING;
	size_t start = spec->n;

	for (unsigned i = 0; i < reply->field_count; i++) {
		struct str value = field_value(&reply->fields[i]);
		struct str name;

		if (reply->fields[i].id != FIELD_vary)
			continue;
		while (str_next_token(&value, &name)) {
			enum vary one = add_name(&names, name);

			if (one == VARY_ANY)
				return VARY_ANY;
			if (one > all)
				all = one;
		}
	}
	if (all != VARY_FIELDS)
		return all;
	qsort(names.list, names.count, sizeof(names.list[0]), compare);
	for (unsigned i = 0; i < names.count; i++) {
		if (i > 0)
			out_char(spec, '\n');
		out_lower(spec, names.list[i]);
	}
	return out_ok(spec) && spec->n - start <= VARY_SPEC_MAX ? VARY_FIELDS
								: VARY_HARD;
}

bool vary_next(struct str *spec, struct str *name_r)
{
	return str_next_part(spec, '\n', name_r);
}

/* ---- values ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* VALUE, which ends with no blank, without those around each SEPARATOR outside
 * of quoted strings. */
static void write_tight(struct out *o, struct str value, char separator)
{
	bool quoted = false;
	size_t blanks = 0;

	if (value.n == 0 || memchr(value.p, separator, value.n) == NULL) {
		out_str(o, value);
		return;
	}
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (!quoted && is_blank(c)) {
			blanks++;
			continue;
		}
		if (blanks > 0 && (c != separator || quoted))
			out_bytes(o, value.p + i - blanks, blanks);
		blanks = 0;
		out_char(o, c);
		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\' && i + 1 < value.n)
			out_char(o, value.p[++i]);
		while (c == separator && !quoted && i + 1 < value.n &&
		    is_blank(value.p[i + 1]))
			i++;
	}
}

bool vary_write_value(const struct message *request, struct str name,
    struct out *o)
{
	char separator = str_eq_nocase(name, STR("Cookie")) ? ';' : ',';
	bool found = false;

	for (unsigned i = 0; i < request->field_count; i++) {
		const struct field *f = &request->fields[i];

		if (f->drop || !str_eq_nocase(field_name(f), name))
			continue;
		if (found)
			out_char(o, separator);
		found = true;
		write_tight(o, field_value(f), separator);
	}
	return found;
}

/* ---- texts ---- */

static bool has_field(const struct message *m, struct str name)
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (!m->fields[i].drop &&
		    str_eq_nocase(field_name(&m->fields[i]), name))
			return true;
	return false;
}

/* ":" and what can be compared; "?" and a list that is none. */
static void write_languages(struct out *o, const struct message *request)
{
	struct wishes wishes;

	if (wishes_read(request, LANGUAGE, &wishes)) {
		out_char(o, ':');
		wishes_write(&wishes, o);
	} else {
		out_char(o, '?');
		(void)vary_write_value(request, LANGUAGE, o);
	}
}

static void write_field(struct out *o, struct str name,
    const struct message *request)
{
	if (str_eq(name, STR("accept-encoding"))) {
		codings_write(request, o);
	} else if (str_eq(name, LANGUAGE)) {
		write_languages(o, request);
	} else {
		out_char(o, ':');
		(void)vary_write_value(request, name, o);
	}
}

/* LANGUAGE "": the request's own text. */
static bool write_text(struct str spec, const struct message *request,
    struct str language, struct out *o)
{
	struct str name;

	while (vary_next(&spec, &name)) {
		out_str(o, name);
		if (language.n > 0 && str_eq(name, LANGUAGE)) {
			out_char(o, '=');
			out_lower(o, language);
		} else if (has_field(request, name)) {
			write_field(o, name, request);
		}
		out_char(o, '\n');
	}
	return out_ok(o);
}

/* The languages that REQUEST likes best and equally: how many, or 0 if they
 * are too many, or it takes any. */
static unsigned best_languages(struct str spec, const struct message *request,
    struct str best_r[VARY_TEXTS_MAX - 1])
{
	struct wishes w;
	struct str name;
	unsigned n = 0;

	do {
		if (!vary_next(&spec, &name))
			return 0;
	} while (!str_eq(name, LANGUAGE));
	if (!wishes_read(request, LANGUAGE, &w))
		return 0;
	for (; n < w.count && w.list[n].quality == w.list[0].quality; n++) {
		if (n == VARY_TEXTS_MAX - 1 || w.list[n].quality == 0 ||
		    str_eq(w.list[n].what, STR("*")))
			return 0;
		best_r[n] = w.list[n].what;
	}
	return n;
}

/* The one language that REPLY says it is in; "": it does not, or in several. */
static struct str language_of(const struct message *reply)
{
	struct str found = STR("");

	for (unsigned i = 0; i < reply->field_count; i++) {
		const struct field *f = &reply->fields[i];

		if (!str_eq_nocase(field_name(f), STR("Content-Language")))
			continue;
		if (found.n > 0 || !str_is_token(field_value(f)))
			return STR("");
		found = field_value(f);
	}
	return found;
}

bool vary_of_reply(struct str spec, const struct message *request,
    const struct message *reply, struct out *o)
{
	struct str best[VARY_TEXTS_MAX - 1];
	unsigned count = best_languages(spec, request, best);
	struct str language = count > 0 ? language_of(reply) : STR("");

	for (unsigned i = 0; i < count; i++)
		if (str_eq_nocase(best[i], language))
			return write_text(spec, request, language, o);
	return write_text(spec, request, STR(""), o);
}

unsigned vary_of_request(struct str spec, const struct message *request,
    struct out *o, struct str texts_r[VARY_TEXTS_MAX])
{
	struct str best[VARY_TEXTS_MAX - 1];
	unsigned count = best_languages(spec, request, best);

	for (unsigned i = 0; i <= count; i++) {
		size_t start = o->n;

		if (!write_text(spec, request, i > 0 ? best[i - 1] : STR(""),
			o))
			return 0;
		texts_r[i] = str_make(o->p + start, o->n - start);
	}
	return count + 1;
}

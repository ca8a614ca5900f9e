/*
 * codings.c - Accept-Encoding, as a text that can be compared.
 *
 * Runs in workers, at each hit of what varies by it, which is most of what is
 * text.  RFC 9110, 12.5.3.
 *
 * There are few browsers, and each says the same all day.  So what a value came
 * to is remembered: one place for each of a few values, by their lengths and
 * some of their bytes, where the last one that came stands beside its text.
 */
#include "worker/cache/codings.h"

#include "worker/cache/vary.h"
#include "worker/cache/wishes.h"

#define NAME STR("Accept-Encoding")
#define PLACES 16
#define TEXT_MAX 64

static struct {
	uint8_t value_n; /* 0: free */
	uint8_t text_n;
	char value[TEXT_MAX];
	char text[TEXT_MAX];
} places[PLACES];

/* ---- what it means ---- */

static int find(const struct wishes *w, struct str what)
{
	for (unsigned i = 0; i < w->count; i++)
		if (str_eq_nocase(w->list[i].what, what))
			return (int)i;
	return -1;
}

/* Does the wish at AT come before another that may be granted? */
static bool is_above_any(const struct wishes *w, int at)
{
	for (unsigned i = (unsigned)at + 1; i < w->count; i++)
		if (w->list[i].quality > 0 &&
		    w->list[i].quality < w->list[at].quality)
			return true;
	return false;
}

/*
 * No coding at all may always be granted, unless it is ruled out; to name it
 * says nothing then, but where it is liked better than a coding.  And what is
 * not named is not granted, unless "*" is.
 */
static void settle(struct wishes *w)
{
	int identity = find(w, STR("identity"));
	int any = find(w, STR("*"));
	bool others = any >= 0 && w->list[any].quality > 0;
	bool plain = identity >= 0 && w->list[identity].quality > 0;

	for (unsigned i = w->count; i-- > 0;) {
		bool is_any = (int)i == any, is_identity = (int)i == identity;
		bool refused = w->list[i].quality == 0;

		if (refused && is_any ? plain
				      : refused && !others && !is_identity)
			wishes_drop(w, i);
	}
	identity = find(w, STR("identity"));
	if (plain && !is_above_any(w, identity))
		wishes_drop(w, (unsigned)identity);
}

static void write(const struct message *request, struct out *o)
{
	struct wishes wishes;

	if (wishes_read(request, NAME, &wishes)) {
		settle(&wishes);
		out_char(o, ':');
		wishes_write(&wishes, o);
	} else {
		out_char(o, '?');
		(void)vary_write_value(request, NAME, o);
	}
}

/* ---- what it meant the last time ---- */

/* The one field; "": there are several, or it is nothing to remember. */
static struct str value_of(const struct message *request)
{
	struct str found = STR("");

	for (unsigned i = 0; i < request->field_count; i++) {
		const struct field *f = &request->fields[i];

		if (f->id != FIELD_accept_encoding || f->drop)
			continue;
		if (found.n > 0 || f->value_len > TEXT_MAX)
			return STR("");
		found = field_value(f);
	}
	return found;
}

static unsigned place_of(struct str value)
{
	unsigned sum = (unsigned)value.n * 5 +
	    (unsigned char)value.p[value.n / 2] +
	    (unsigned char)value.p[value.n - 1];

	return sum % PLACES;
}

void codings_write(const struct message *request, struct out *o)
{
	struct str value = value_of(request);
	unsigned at = value.n > 0 ? place_of(value) : 0;
	size_t start = o->n;

	if (value.n > 0 &&
	    str_eq(value, str_make(places[at].value, places[at].value_n))) {
		out_bytes(o, places[at].text, places[at].text_n);
		return;
	}
	write(request, o);
	if (value.n == 0 || !out_ok(o) || o->n - start > TEXT_MAX)
		return;
	places[at].value_n = (uint8_t)value.n;
	places[at].text_n = (uint8_t)(o->n - start);
	memcpy(places[at].value, value.p, value.n);
	memcpy(places[at].text, o->p + start, o->n - start);
}

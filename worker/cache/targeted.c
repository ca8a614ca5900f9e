/*
 * targeted.c - what a reply says to caches such as ours, and not to all.
 *
 * Runs in workers: of each reply that might be kept.
 *
 *	Cache-Control: no-store		    browsers, and who else reads it
 *	CDN-Cache-Control: max-age=600	    us: RFC 9213, and it alone counts
 *	Surrogate-Control: max-age=3600+60;sluice, max-age=60, no-store;other
 *					    us: by our name, or for all
 *
 * The first is passed on, as others behind us may be of its kind; the second
 * is meant for who speaks to its origin, and goes no further.
 *
 * Of a dictionary the last member of a key counts.  A directive with a value
 * of a wrong type is as one written wrongly in Cache-Control (control.c): what
 * restricts counts, seconds are unclear.
 */
#include "worker/cache/targeted.h"

#include "worker/cache/dictionary.h"

static bool is_surrogate(struct str name)
{
	return str_eq_nocase(name, STR("Surrogate-Control"));
}

bool targeted_is_surrogate(const struct field *f)
{
	return f->id == FIELD_OTHER && is_surrogate(field_name(f));
}

/* ---- RFC 9213 ---- */

/* The last members of what we know. */
struct members {
	struct dictionary_member of[CONTROL_END];
	bool there[CONTROL_END];
};

static bool collect(const struct message *m, struct str name,
    struct members *members)
{
	struct dictionary d = dictionary_make(m, name);
	struct dictionary_member member;
	enum dictionary_result result;
	unsigned count = 0;

	*members = (struct members){0};
	for (; (result = dictionary_next(&d, &member)) == DICTIONARY_MEMBER;
	     count++) {
		enum control_directive which = control_identify(member.key);

		if (which == CONTROL_END)
			continue;
		members->of[which] = member;
		members->there[which] = true;
	}
	return result == DICTIONARY_DONE && count > 0;
}

static void take_member(const struct dictionary_member *m,
    enum control_directive which, struct control *c)
{
	struct control_item item = {.name = m->key};

	if (m->type == DICTIONARY_BOOLEAN && m->integer == 0)
		return;
	if (m->type == DICTIONARY_INTEGER && which >= CONTROL_MAX_AGE &&
	    m->integer >= 0) {
		control_take_seconds(c, which,
		    m->integer < CONTROL_SECONDS_MAX ? (uint32_t)m->integer
						     : CONTROL_SECONDS_MAX);
		return;
	}
	if (m->type == DICTIONARY_STRING && which < CONTROL_MAX_AGE)
		item.value = m->text;
	else
		item.malformed = m->type != DICTIONARY_BOOLEAN;
	control_take(c, &item);
}

static bool read_dictionary(const struct message *m, struct str name,
    struct control *c)
{
	struct members members;

	if (!collect(m, name, &members))
		return false;
	for (unsigned i = 0; i < CONTROL_END; i++)
		if (members.there[i])
			take_member(&members.of[i], i, c);
	return true;
}

/* ---- Surrogate-Control ---- */

/* What is said to all, and what to us by name: that comes first. */
struct surrogate {
	struct control all, us;
};

/* "3600+600": fresh so long, and usable for so long after that. */
static bool take_max_age(struct str value, struct control *c)
{
	const char *plus = memchr(value.p, '+', value.n);
	size_t n = plus != NULL ? (size_t)(plus - value.p) : value.n;
	uint32_t fresh, more = 0;

	if (!control_read_seconds(str_make(value.p, n), &fresh) ||
	    (plus != NULL &&
		!control_read_seconds(str_behind(value, n + 1), &more)))
		return false;
	control_take_seconds(c, CONTROL_MAX_AGE, fresh);
	control_take_seconds(c, CONTROL_STALE_WHILE_REVALIDATE, more);
	control_take_seconds(c, CONTROL_STALE_IF_ERROR, more);
	return true;
}

/* content=... asks for processing that we don't do and didn't offer;
 * no-store-remote is for who is far from its origin. */
static void take_directive(struct str text, struct control *c)
{
	struct control_item item;

	control_read_item(text, &item);
	if (str_eq_nocase(item.name, STR("no-store"))) {
		c->there = true;
		control_take(c, &item);
	} else if (str_eq_nocase(item.name, STR("max-age")) &&
	    !item.malformed && item.value.p != NULL &&
	    take_max_age(item.value, c)) {
		c->there = true;
	}
}

/* "max-age=60", "max-age=60;sluice" */
static void take_element(struct str element, struct surrogate *s)
{
	struct str directive, device;

	if (!control_next_part(&element, ';', &directive))
		return;
	if (!control_next_part(&element, ';', &device))
		take_directive(directive, &s->all);
	else if (str_eq_nocase(device, STR(TARGETED_DEVICE)))
		take_directive(directive, &s->us);
}

static bool read_surrogate(const struct message *m, struct control *c)
{
	struct surrogate s = {0};

	for (unsigned i = 0; i < m->field_count; i++) {
		struct str list = field_value(&m->fields[i]);
		struct str element;

		if (!targeted_is_surrogate(&m->fields[i]))
			continue;
		while (control_next_part(&list, ',', &element))
			take_element(element, &s);
	}
	*c = s.us.there ? s.us : s.all;
	return c->there;
}

/* ---- which of them ---- */

static bool read_target(struct str name, const struct message *m,
    struct control *c)
{
	*c = (struct control){.there = true};
	return is_surrogate(name) ? read_surrogate(m, c)
				  : read_dictionary(m, name, c);
}

bool targeted_read(const struct conf_cache_names *targets,
    const struct message *reply, struct control *c)
{
	for (unsigned i = 0; i < targets->count; i++)
		if (read_target(targets->at[i], reply, c))
			return true;
	control_read(reply, c);
	return false;
}

bool targeted_is_told(const struct conf_cache_names *targets)
{
	for (unsigned i = 0; i < targets->count; i++)
		if (is_surrogate(targets->at[i]))
			return true;
	return false;
}

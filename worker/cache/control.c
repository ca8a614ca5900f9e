/*
 * control.c - Cache-Control, of requests and of replies.
 *
 * Runs in workers: of each reply that might be kept, and of requests that say
 * something.  RFC 9111, 5.2:
 *
 *	max-age=60, no-cache="Set-Cookie, X-User", ext="a, no-store"
 *	'--------'  '----------------------------' '----------------'
 *	 element     a list for private users       one element, of no interest
 *
 * What is written wrongly is taken for what harms nobody:
 *
 *	restricts (no-store, private, ...)    counts, whatever follows the name
 *	permits (public, immutable, ...)      does not count
 *	seconds                               unclear: no freshness (4.2.1)
 *	a quote that nothing closes           quotes of that line mean nothing,
 *	                                      and its seconds are unclear
 *
 * Seconds said twice, and not the same, are unclear, too.
 */
#include "worker/cache/control.h"

#include "worker/http/scan.h"

enum kind {
	RESTRICTS,
	PERMITS,
	QUALIFIED, /* restricts; with a list of names only these */
	SECONDS,
	SECONDS_OR_NOT /* without them: any */
};

static const struct row {
	struct str name;
	enum kind kind;
} rows[CONTROL_END] = {
    [CONTROL_NO_STORE] = {STR("no-store"), RESTRICTS},
    [CONTROL_NO_CACHE] = {STR("no-cache"), QUALIFIED},
    [CONTROL_PRIVATE] = {STR("private"), QUALIFIED},
    [CONTROL_PUBLIC] = {STR("public"), PERMITS},
    [CONTROL_MUST_REVALIDATE] = {STR("must-revalidate"), RESTRICTS},
    [CONTROL_PROXY_REVALIDATE] = {STR("proxy-revalidate"), RESTRICTS},
    [CONTROL_MUST_UNDERSTAND] = {STR("must-understand"), RESTRICTS},
    [CONTROL_IMMUTABLE] = {STR("immutable"), PERMITS},
    [CONTROL_ONLY_IF_CACHED] = {STR("only-if-cached"), PERMITS},
    [CONTROL_MAX_AGE] = {STR("max-age"), SECONDS},
    [CONTROL_S_MAXAGE] = {STR("s-maxage"), SECONDS},
    [CONTROL_MAX_STALE] = {STR("max-stale"), SECONDS_OR_NOT},
    [CONTROL_MIN_FRESH] = {STR("min-fresh"), SECONDS},
    [CONTROL_STALE_WHILE_REVALIDATE] = {STR("stale-while-revalidate"), SECONDS},
    [CONTROL_STALE_IF_ERROR] = {STR("stale-if-error"), SECONDS},
};

static uint32_t bit_of(enum control_directive d)
{
	return UINT32_C(1) << d;
}

/* ---- elements ---- */

/* How long the quoted string at the start of S is; 0: it has no end. */
static size_t quoted_length(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

bool control_next_part(struct str *list, char separator, struct str *part_r)
{
	size_t n = 0;

	if (list->n == 0)
		return false;
	while (n < list->n && list->p[n] != separator) {
		size_t quoted = 1;

		if (list->p[n] == '"')
			quoted = quoted_length(str_behind(*list, n));
		n = quoted > 0 ? n + quoted : list->n;
	}
	*part_r = str_trim(str_make(list->p, n));
	*list = str_behind(*list, n + (n < list->n));
	return true;
}

/* Is there a quote in S that nothing closes? */
static bool is_torn(struct str s)
{
	size_t n;

	for (size_t i = 0; i < s.n; i += n) {
		n = s.p[i] == '"' ? quoted_length(str_behind(s, i)) : 1;
		if (n == 0)
			return true;
	}
	return false;
}

static size_t token_length(struct str s)
{
	return (size_t)(scan_token(s.p, s.p + s.n) - s.p);
}

static void read_value(struct str value, struct control_item *item)
{
	item->quoted = value.n > 0 && value.p[0] == '"';
	if (item->quoted) {
		item->malformed = quoted_length(value) != value.n;
		item->value = item->malformed
		    ? value
		    : str_make(value.p + 1, value.n - 2);
	} else {
		item->malformed = !str_is_token(value);
		item->value = value;
	}
}

void control_read_item(struct str element, struct control_item *item)
{
	size_t n = token_length(element);
	struct str rest = str_behind(element, n);

	*item = (struct control_item){.name = str_make(element.p, n)};
	if (rest.n > 0 && rest.p[0] == '=')
		read_value(str_behind(rest, 1), item);
	else
		item->malformed = rest.n > 0;
}

/* ---- what they say ---- */

bool control_read_seconds(struct str text, uint32_t *seconds_r)
{
	uint64_t value = 0;

	if (text.n == 0)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (!char_is_digit(text.p[i]))
			return false;
		value = value * 10 + (uint64_t)(text.p[i] - '0');
		if (value > CONTROL_SECONDS_MAX)
			value = CONTROL_SECONDS_MAX;
	}
	*seconds_r = (uint32_t)value;
	return true;
}

static void say(struct control *c, enum control_directive d)
{
	c->said |= bit_of(d);
}

void control_take_unclear(struct control *c, enum control_directive d)
{
	say(c, d);
	c->unclear |= bit_of(d);
	c->seconds[d] = 0;
}

void control_take_seconds(struct control *c, enum control_directive d,
    uint32_t seconds)
{
	if (control_is_unclear(c, d))
		return;
	if (control_has(c, d) && c->seconds[d] != seconds) {
		control_take_unclear(c, d);
		return;
	}
	say(c, d);
	c->seconds[d] = seconds;
}

static bool is_list_of_names(struct str list)
{
	unsigned count = 0;
	struct str name;

	for (; str_next_token(&list, &name); count++)
		if (!str_is_token(name))
			return false;
	return count > 0;
}

static void take_qualified(struct control *c, enum control_directive d,
    const struct control_item *item)
{
	if (item->malformed || item->value.p == NULL ||
	    !is_list_of_names(item->value) || c->list_count == CONTROL_LISTS_MAX)
		say(c, d);
	else
		c->lists[c->list_count++] = item->value;
}

static void take_text(struct control *c, enum control_directive d,
    const struct control_item *item)
{
	uint32_t seconds;

	if (rows[d].kind == SECONDS_OR_NOT && item->value.p == NULL &&
	    !item->malformed)
		control_take_seconds(c, d, CONTROL_ANY);
	else if (item->malformed || !control_read_seconds(item->value, &seconds))
		control_take_unclear(c, d);
	else
		control_take_seconds(c, d, seconds);
}

enum control_directive control_identify(struct str name)
{
	unsigned d = 0;

	while (d < CONTROL_END && !str_eq_nocase(name, rows[d].name))
		d++;
	return (enum control_directive)d;
}

void control_take(struct control *c, const struct control_item *item)
{
	enum control_directive d = control_identify(item->name);

	if (d == CONTROL_END)
		return;
	switch (rows[d].kind) {
	case RESTRICTS:
		say(c, d);
		break;
	case PERMITS:
		if (!item->malformed && item->value.p == NULL)
			say(c, d);
		break;
	case QUALIFIED:
		take_qualified(c, d, item);
		break;
	case SECONDS:
	case SECONDS_OR_NOT:
		take_text(c, d, item);
	}
}

static void read_line(struct str line, struct control *c)
{
	bool torn = is_torn(line);
	struct str element;

	while (torn ? str_next_part(&line, ',', &element)
		    : control_next_part(&line, ',', &element)) {
		struct control_item item;

		control_read_item(str_trim(element), &item);
		item.malformed |= torn;
		control_take(c, &item);
	}
}

void control_read(const struct message *m, struct control *c)
{
	*c = (struct control){0};
	if (!(m->present & FIELD_BIT(FIELD_cache_control)))
		return;
	c->there = true;
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == FIELD_cache_control)
			read_line(field_value(&m->fields[i]), c);
}

/* A list of names is nothing that a request can mean. */
void control_read_request(const struct message *m, struct control *c)
{
	const struct field *pragma = message_find(m, FIELD_pragma);
	struct str element;

	control_read(m, c);
	if (c->list_count > 0)
		say(c, CONTROL_NO_CACHE);
	if (c->there || pragma == NULL)
		return;
	for (struct str list = field_value(pragma);
	     control_next_part(&list, ',', &element);)
		if (str_eq_nocase(element, STR("no-cache")))
			say(c, CONTROL_NO_CACHE);
}

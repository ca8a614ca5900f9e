/*
 * dictionary.c - Structured Fields: dictionaries.
 *
 * Runs in workers: of replies that might be kept, when they have a targeted
 * field.  RFC 9651, 4.2, to the letter: one byte that does not belong, and
 * nothing of the field counts.
 *
 *	max-age=60;x=1, no-cache="Set-Cookie", a=(1 "b" c), must-revalidate
 *	'-----''-''--'                           '-------'
 *	 key  item '- parameters: read over       inner list: read over
 *
 * Several lines are one text, joined by ", ": so none may be empty, end in a
 * comma, or end within a member.
 */
#include "worker/cache/dictionary.h"

#include "worker/http/scan.h"

#define INTEGER_DIGITS 15
#define DECIMAL_DIGITS 12
#define FRACTION_DIGITS 3

static bool starts_with(struct str s, char c)
{
	return s.n > 0 && s.p[0] == c;
}

static bool take(struct str *s, char c)
{
	if (!starts_with(*s, c))
		return false;
	*s = str_behind(*s, 1);
	return true;
}

static void skip_blanks(struct str *s)
{
	while (take(s, ' '))
		;
}

/* OWS has tabs, too. */
static void skip_space(struct str *s)
{
	while (take(s, ' ') || take(s, '\t'))
		;
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alpha(char c)
{
	return is_lower(char_lower(c));
}

static bool is_key_char(char c)
{
	return is_lower(c) || char_is_digit(c) || c == '_' || c == '-' ||
	    c == '.' || c == '*';
}

static bool take_key(struct str *s, struct str *key_r)
{
	size_t n = 0;

	if (s->n == 0 || (!is_lower(s->p[0]) && s->p[0] != '*'))
		return false;
	while (n < s->n && is_key_char(s->p[n]))
		n++;
	*key_r = str_make(s->p, n);
	*s = str_behind(*s, n);
	return true;
}

/* ---- bare items: RFC 9651, 4.2.3.1 ---- */

/* At least one and at most MAX digits. */
static bool take_digits(struct str *s, unsigned max, int64_t *value_r)
{
	unsigned n = 0;

	*value_r = 0;
	for (; n < s->n && char_is_digit(s->p[n]); n++) {
		if (n == max)
			return false;
		*value_r = *value_r * 10 + (s->p[n] - '0');
	}
	*s = str_behind(*s, n);
	return n > 0;
}

static bool take_number(struct str *s, struct dictionary_member *m)
{
	bool negative = take(s, '-');
	size_t before = s->n;
	int64_t fraction;

	m->type = DICTIONARY_INTEGER;
	if (!take_digits(s, INTEGER_DIGITS, &m->integer))
		return false;
	if (negative)
		m->integer = -m->integer;
	before -= s->n;
	if (!take(s, '.'))
		return true;
	m->type = DICTIONARY_DECIMAL;
	return before <= DECIMAL_DIGITS &&
	    take_digits(s, FRACTION_DIGITS, &fraction);
}

static bool take_string(struct str *s, struct dictionary_member *m)
{
	size_t i = 1;

	m->type = DICTIONARY_STRING;
	for (; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\' &&
		    (++i == s->n || (s->p[i] != '"' && s->p[i] != '\\')))
			return false;
		if (s->p[i] < ' ' || s->p[i] > '~')
			return false;
	}
	if (i >= s->n)
		return false;
	m->text = str_make(s->p + 1, i - 1);
	*s = str_behind(*s, i + 1);
	return true;
}

static bool take_token(struct str *s, struct dictionary_member *m)
{
	size_t n = 1;

	m->type = DICTIONARY_TOKEN;
	while (n < s->n && (scan_is(s->p[n], SCAN_TOKEN) || s->p[n] == ':' ||
			       s->p[n] == '/'))
		n++;
	m->text = str_make(s->p, n);
	*s = str_behind(*s, n);
	return true;
}

static bool is_base64(char c)
{
	return is_alpha(c) || char_is_digit(c) || c == '+' || c == '/' ||
	    c == '=';
}

static bool take_bytes(struct str *s, struct dictionary_member *m)
{
	size_t n = 1;

	m->type = DICTIONARY_BYTES;
	while (n < s->n && is_base64(s->p[n]))
		n++;
	*s = str_behind(*s, n);
	return take(s, ':');
}

static bool take_boolean(struct str *s, struct dictionary_member *m)
{
	m->type = DICTIONARY_BOOLEAN;
	if (s->n < 2 || (s->p[1] != '0' && s->p[1] != '1'))
		return false;
	m->integer = s->p[1] - '0';
	*s = str_behind(*s, 2);
	return true;
}

static bool take_date(struct str *s, struct dictionary_member *m)
{
	*s = str_behind(*s, 1);
	if (!take_number(s, m) || m->type != DICTIONARY_INTEGER)
		return false;
	m->type = DICTIONARY_DATE;
	return true;
}

static bool is_lower_hex(char c)
{
	return char_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* Whether it is UTF-8 is nothing to us: no directive has one. */
static bool take_display(struct str *s, struct dictionary_member *m)
{
	size_t i = 2;

	m->type = DICTIONARY_DISPLAY;
	if (s->n < 2 || s->p[1] != '"')
		return false;
	for (; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] < ' ' || s->p[i] > '~')
			return false;
		if (s->p[i] != '%')
			continue;
		if (s->n - i < 3 || !is_lower_hex(s->p[i + 1]) ||
		    !is_lower_hex(s->p[i + 2]))
			return false;
		i += 2;
	}
	if (i >= s->n)
		return false;
	*s = str_behind(*s, i + 1);
	return true;
}

static bool take_bare(struct str *s, struct dictionary_member *m)
{
	char c = s->n > 0 ? s->p[0] : '\0';

	if (c == '-' || char_is_digit(c))
		return take_number(s, m);
	if (c == '"')
		return take_string(s, m);
	if (c == '*' || is_alpha(c))
		return take_token(s, m);
	if (c == ':')
		return take_bytes(s, m);
	if (c == '?')
		return take_boolean(s, m);
	if (c == '@')
		return take_date(s, m);
	return c == '%' && take_display(s, m);
}

/* ---- what is made of them ---- */

/* What they say is nothing to us (RFC 9213, 2.1). */
static bool take_parameters(struct str *s)
{
	while (take(s, ';')) {
		struct dictionary_member value;
		struct str key;

		skip_blanks(s);
		if (!take_key(s, &key) ||
		    (take(s, '=') && !take_bare(s, &value)))
			return false;
	}
	return true;
}

/* Behind its "(". */
static bool take_inner_list(struct str *s, struct dictionary_member *m)
{
	for (;;) {
		struct dictionary_member item;

		skip_blanks(s);
		if (take(s, ')'))
			break;
		if (!take_bare(s, &item) || !take_parameters(s))
			return false;
		if (!starts_with(*s, ' ') && !starts_with(*s, ')'))
			return false;
	}
	m->type = DICTIONARY_LIST;
	return true;
}

static bool take_member(struct str *s, struct dictionary_member *m)
{
	*m = (struct dictionary_member){.type = DICTIONARY_BOOLEAN,
	    .integer = 1};
	if (!take_key(s, &m->key))
		return false;
	if (take(s, '=') &&
	    !(take(s, '(') ? take_inner_list(s, m) : take_bare(s, m)))
		return false;
	if (!take_parameters(s))
		return false;
	skip_space(s);
	return true;
}

/* ---- lines ---- */

static bool next_line(struct dictionary *d)
{
	const struct message *m = d->message;

	for (; d->next < m->field_count; d->next++)
		if (str_eq_nocase(field_name(&m->fields[d->next]), d->name)) {
			d->rest = str_trim(field_value(&m->fields[d->next++]));
			return true;
		}
	return false;
}

struct dictionary dictionary_make(const struct message *m, struct str name)
{
	return (struct dictionary){.message = m, .name = name};
}

enum dictionary_result dictionary_next(struct dictionary *d,
    struct dictionary_member *member_r)
{
	bool first = !d->begun;

	d->begun = true;
	if (d->rest.n > 0) {
		if (!take(&d->rest, ','))
			return DICTIONARY_INVALID;
		skip_space(&d->rest);
	} else {
		if (!next_line(d))
			return DICTIONARY_DONE;
		if (first && d->rest.n == 0)
			return next_line(d) ? DICTIONARY_INVALID
					    : DICTIONARY_DONE;
	}
	return take_member(&d->rest, member_r) ? DICTIONARY_MEMBER
					       : DICTIONARY_INVALID;
}

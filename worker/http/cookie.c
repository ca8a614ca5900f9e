/*
 * cookie.c - the cookies of a request: RFC 6265bis, 4.2.
 *
 * Runs in workers.  A cookie that goes takes the semicolon behind it along,
 * or if it was the last the one before it:
 *
 *	srv=x; a=1; b=2		a=1; b=2
 *	a=1; srv=x; b=2		a=1; b=2
 *	a=1; b=2; srv=x		a=1; b=2
 */
#include "worker/http/cookie.h"

/* Before and behind the first "="; no "=": an empty value. */
static void cut(struct str pair, struct str *name_r, struct str *value_r)
{
	const char *sign = pair.n > 0 ? memchr(pair.p, '=', pair.n) : NULL;
	size_t n = sign != NULL ? (size_t)(sign - pair.p) : pair.n;

	*name_r = str_trim(str_make(pair.p, n));
	*value_r = sign != NULL ? str_behind(pair, n + 1)
				: str_make(pair.p + n, 0);
}

bool cookie_next(struct str *list, struct str wanted, struct str *value_r)
{
	struct str pair, name;

	while (str_next_part(list, ';', &pair)) {
		cut(str_trim(pair), &name, value_r);
		if (str_eq(name, wanted))
			return true;
	}
	return false;
}

static bool is_one_of(struct str pair, const struct str *names, unsigned count)
{
	struct str name, value;

	cut(str_trim(pair), &name, &value);
	for (unsigned i = 0; i < count; i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

bool cookie_strip(struct str list, const struct str *names, unsigned count,
    struct out *o)
{
	size_t start = o->n;
	bool stripped = false, last = false;

	while (list.n > 0) {
		const char *end = memchr(list.p, ';', list.n);
		size_t n = end != NULL ? (size_t)(end - list.p) : list.n;
		size_t step = end != NULL ? n + 1 : n;

		last = is_one_of(str_make(list.p, n), names, count);
		stripped = stripped || last;
		if (!last && o->n == start)
			for (; n > 0 && (*list.p == ' ' || *list.p == '\t');
			     n--, step--)
				list = str_behind(list, 1);
		if (!last)
			out_bytes(o, list.p, step);
		last = last && end == NULL;
		list = str_behind(list, step);
	}
	if (!stripped || (last && o->n > start))
		o->n = stripped ? o->n - 1 : start;
	return stripped;
}

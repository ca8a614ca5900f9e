/*
 * condition.c - what a route asks for besides its path.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  Parameters of
 * the query are compared decoded: %61=1 is a=1, so nobody gets around a route
 * by spelling.
 */
#include "worker/proxy/condition.h"

#include "common/base/insist.h"
#include "common/conf/network.h"
#include "worker/http/cookie.h"
#include "worker/http/field.h"

static bool is_wanted(const struct conf_condition *c, struct str value)
{
	for (unsigned i = 0; i < c->value_count; i++)
		if (str_eq(c->values[i], value))
			return true;
	return c->value_count == 0;
}

static bool method_holds(const struct exchange *x,
    const struct conf_condition *c)
{
	return is_wanted(c, x->request.method_text);
}

bool condition_sees(const struct exchange *x, const struct field *f)
{
	return f->id == FIELD_OTHER || x->identity.believed ||
	    !(field_flags(f->id) & FIELD_CLAIM);
}

static bool header_holds(const struct exchange *x,
    const struct conf_condition *c)
{
	const struct message *m = &x->request;

	for (unsigned i = 0; i < m->field_count; i++)
		if (str_eq_nocase(field_name(&m->fields[i]), c->name) &&
		    is_wanted(c, field_value(&m->fields[i])) &&
		    condition_sees(x, &m->fields[i]))
			return true;
	return false;
}

/* ---- the query ---- */

/* Before and behind the first "="; no "=": an empty value. */
static void cut(struct str pair, struct str *name_r, struct str *value_r)
{
	const char *equals = memchr(pair.p, '=', pair.n);
	const char *end = pair.p + pair.n;

	if (equals == NULL)
		equals = end;
	*name_r = str_make(pair.p, (size_t)(equals - pair.p));
	*value_r = equals < end
	    ? str_make(equals + 1, (size_t)(end - equals - 1))
	    : str_make(end, 0);
}

/* The character at the front of *S, decoded; *S moves behind it. */
static char decode_one(struct str *s)
{
	int high = s->n > 2 && s->p[0] == '%' ? char_hex(s->p[1]) : -1;
	int low = high >= 0 ? char_hex(s->p[2]) : -1;
	char c = s->p[0] == '+' ? ' ' : s->p[0];
	size_t used = 1;

	if (low >= 0) {
		c = (char)(high * 16 + low);
		used = 3;
	}
	s->p += used;
	s->n -= used;
	return c;
}

static bool is_decoded(struct str coded, struct str plain)
{
	for (size_t i = 0; i < plain.n; i++)
		if (coded.n == 0 || decode_one(&coded) != plain.p[i])
			return false;
	return coded.n == 0;
}

static bool is_wanted_decoded(const struct conf_condition *c, struct str value)
{
	for (unsigned i = 0; i < c->value_count; i++)
		if (is_decoded(value, c->values[i]))
			return true;
	return c->value_count == 0;
}

static bool query_holds(const struct exchange *x,
    const struct conf_condition *c)
{
	struct str rest = x->request.query;
	struct str pair, name, value;

	while (str_next_part(&rest, '&', &pair)) {
		cut(pair, &name, &value);
		if (is_decoded(name, c->name) && is_wanted_decoded(c, value))
			return true;
	}
	return false;
}

/* ---- cookies ---- */

struct str condition_cookie(const struct message *request, struct str name)
{
	for (unsigned i = 0; i < request->field_count; i++) {
		const struct field *f = &request->fields[i];
		struct str list = field_value(f), value;

		if (f->id == FIELD_cookie && cookie_next(&list, name, &value))
			return value;
	}
	return STR_NONE;
}

static bool cookie_holds(const struct exchange *x,
    const struct conf_condition *c)
{
	struct str value = condition_cookie(&x->request, c->name);

	return value.p != NULL && is_wanted(c, value);
}

bool condition_holds(const struct exchange *x, const struct conf_condition *c)
{
	switch (c->kind) {
	case CONF_WHEN_METHOD:
		return method_holds(x, c);
	case CONF_WHEN_HEADER:
		return header_holds(x, c);
	case CONF_WHEN_QUERY:
		return query_holds(x, c);
	case CONF_WHEN_COOKIE:
		return cookie_holds(x, c);
	case CONF_WHEN_FROM:
		return conf_networks_hold(&c->networks, &x->identity.client);
	}
	INSIST(c->kind <= CONF_WHEN_FROM);
	return false;
}

/*
 * split_cookie.c - the cookie by which a split knows its visitors.
 *
 * Runs on the exchange's fiber; waits for nothing.
 *
 *	new-checkout=0123456789abcdef		a random number
 *	new-checkout=0123456789abcdef.beta	the same; a tester, who came with
 *						force = "?arm=beta" once
 *
 * Anything else in a cookie of that name was not made here, and is replaced.
 */
#include "worker/proxy/split_cookie.h"

#include "common/base/random.h"
#include "worker/proxy/condition.h"
#include "worker/proxy/cookies.h"

#define ID_SIZE 16

static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (char_hex(id.p[i]) < 0 || char_lower(id.p[i]) != id.p[i])
			return false;
	return id.n == ID_SIZE;
}

/* Only what could be forced anyway is held. */
static const struct conf_arm *find_held(const struct conf_split *s,
    struct str name)
{
	for (unsigned i = 0; i < s->arm_count; i++)
		if (s->arms[i].force != NULL &&
		    str_eq(str_from(s->arms[i].name), name))
			return &s->arms[i];
	return NULL;
}

struct split_cookie split_cookie_read(const struct exchange *x,
    const struct conf_split *s)
{
	struct str value = condition_cookie(&x->request, str_from(s->name));
	struct split_cookie none = {.held = NULL};
	struct split_cookie v = none;

	if (value.n < ID_SIZE || !is_id(str_make(value.p, ID_SIZE)))
		return none;
	v.id = str_make(value.p, ID_SIZE);
	value = str_behind(value, ID_SIZE);
	if (value.n == 0)
		return v;
	if (value.p[0] == '.')
		v.held = find_held(s, str_behind(value, 1));
	return v.held != NULL ? v : none;
}

bool split_cookie_set(struct exchange *x, const struct conf_split *s,
    const struct split_cookie *v)
{
	struct str before = x->cookies;
	struct out o = exchange_out(x, before.n + ID_SIZE +
	    2 * CONF_ARM_NAME_MAX + sizeof("Set-Cookie: =.\r\n") +
	    COOKIE_OURS_MAX);

	out_str(&o, before);
	out_lit(&o, "Set-Cookie: ");
	out_str(&o, str_from(s->name));
	out_char(&o, '=');
	out_str(&o, v->id);
	if (v->held != NULL) {
		out_char(&o, '.');
		out_str(&o, str_from(v->held->name));
	}
	cookie_write_ours(x->scope->cookies,
	    str_eq(x->identity.proto, STR("https")), s->ttl, &o);
	out_lit(&o, "\r\n");
	if (!out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	arena_trim(&x->arena, o.p, o.n);
	x->cookies = out_text(&o);
	return true;
}

bool split_cookie_make(struct exchange *x, struct split_cookie *v_r)
{
	char *id = arena_alloc(&x->arena, ID_SIZE);

	if (id == NULL) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	random_hex(id, ID_SIZE);
	*v_r = (struct split_cookie){.id = str_make(id, ID_SIZE)};
	return true;
}

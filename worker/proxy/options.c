/*
 * options.c - the OPTIONS requests that end here.
 *
 * Runs on the exchange's fiber.  RFC 9110, 9.3.7: "*" is about the server that
 * the client sees, which is us, and we say so with 204.  And 7.6.2: who sends
 * Max-Forwards looks for one in a row of proxies; at 0 it is us.  That field
 * means something in TRACE too, which is refused, and is left alone in all
 * other requests.
 */
#include "worker/proxy/options.h"

#include "worker/proxy/ours.h"

/* What a larger Max-Forwards counts as. */
#define FORWARDS_MAX UINT32_MAX

/* 1*DIGIT, however many. */
static bool read_forwards(struct str text, uint64_t *forwards_r)
{
	for (size_t i = 0; i < text.n; i++)
		if (!char_is_digit(text.p[i]))
			return false;
	if (text.n > 0 && !str_to_u64(text, FORWARDS_MAX, forwards_r))
		*forwards_r = FORWARDS_MAX;
	return text.n > 0;
}

/* The message points into what was received: a new value is the arena's. */
static void set_forwards(struct exchange *x, uint64_t forwards)
{
	struct out out = exchange_out(x, sizeof("4294967295"));
	struct message *m = &x->request;

	out_u64(&out, forwards);
	if (!out_ok(&out)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	for (unsigned i = 0; i < m->field_count; i++) {
		if (m->fields[i].id != FIELD_max_forwards)
			continue;
		m->fields[i].value = out.p;
		m->fields[i].value_len = (uint32_t)out.n;
	}
}

/* Does Max-Forwards end the way of the request here? */
static bool ends_here(struct exchange *x)
{
	const struct field *f = message_find(&x->request, FIELD_max_forwards);
	uint64_t forwards;

	if (f == NULL)
		return false;
	if (!read_forwards(field_value(f), &forwards)) {
		exchange_refuse(x, FAULT_max_forwards);
		return false;
	}
	if (forwards > 0)
		set_forwards(x, forwards - 1);
	return forwards == 0;
}

static void answer(struct exchange *x, struct reply *reply)
{
	struct h1_field allow = {STR("Allow"), STR(OPTIONS_ALLOW)};
	struct h1_simple simple = {.status = 204,
	    .extra = &allow,
	    .extra_count = 1};

	ours_make(x, &simple, reply);
}

bool options_answer(struct exchange *x, struct reply *reply)
{
	if (x->request.method != METHOD_OPTIONS)
		return false;
	if (!str_eq(x->request.path, STR("*")) && !ends_here(x))
		return false;
	answer(x, reply);
	return true;
}

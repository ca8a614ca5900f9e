/*
 * caching_status.c - what the cache did, told to the client: RFC 9211.
 *
 * Runs on the exchange's fiber, when the reply's head is complete.
 */
#include "worker/proxy/caching_status.h"

#include "common/base/insist.h"
#include "worker/cache/reason.h"
#include "worker/cache/status_field.h"
#include "worker/proxy/headers.h"

static struct cache_status status_of(const struct exchange *x,
    const struct reply *reply)
{
	const struct caching *c = x->caching;
	struct cache_status s = {.forward = c->forward,
	    .stored = c->stored,
	    .collapsed = c->collapsed,
	    .has_ttl = c->has_found,
	    .detail = cache_reason_name(c->reason)};

	if (c->origin_status != reply->head.status)
		s.origin_status = c->origin_status;
	if (c->has_found)
		s.ttl = c->found.meta.fresh_until - loop_now();
	return s;
}

void caching_status(struct exchange *x, struct reply *reply)
{
	struct cache_status s;
	struct out o;

	if (!x->caching->conf->status_header ||
	    !headers_leave(x, STR(STATUS_FIELD_NAME)))
		return;
	s = status_of(x, reply);
	o = exchange_out(x, STATUS_FIELD_MAX);
	status_field_write(&s, &o);
	if (out_ok(&o))
		reply_add(reply, STR(STATUS_FIELD_NAME), out_text(&o));
	else
		exchange_fail(x, END_overloaded);
}

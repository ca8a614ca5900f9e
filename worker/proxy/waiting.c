/*
 * waiting.c - what an exchange waited for when its client left.
 *
 * Nothing is noted for it on the way of a request: how far an exchange came
 * says it.
 */
#include "worker/proxy/waiting.h"

#include "common/base/insist.h"
#include "worker/proxy/caching.h"

const char *waiting_name(enum waiting w)
{
	static const char *const names[] = {
#define WAITING(name, meaning) #name,
#include "common/tbl/waiting.h"
#undef WAITING
	};

	INSIST(w < WAITING_COUNT);
	return names[w];
}

/* X has not asked an origin itself: somebody else does. */
static bool is_collapsed(const struct exchange *x)
{
	return x->attempts == 0 && x->caching != NULL &&
	    (!x->head_sent || x->caching->found.growing);
}

enum waiting waiting_of(const struct exchange *x)
{
	if (x->request.method_text.n == 0 && !x->passes)
		return WAITING_request_head;
	if (x->unsent)
		return WAITING_client;
	if (is_collapsed(x))
		return WAITING_fetch;
	if (x->attempts > 0 && x->server == NULL)
		return WAITING_queue;
	if (x->attempts > 0 && x->connected == 0)
		return WAITING_origin_connect;
	if (!x->body.done)
		return WAITING_request_body;
	if (x->attempts > 0 && x->first_byte == 0)
		return WAITING_origin_first_byte;
	return x->attempts > 0 ? WAITING_origin_body : WAITING_client;
}

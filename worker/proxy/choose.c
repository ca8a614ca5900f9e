/*
 * choose.c - which server an exchange goes to.
 *
 * Runs on the exchange's fiber, between the request and the balancer, which
 * knows nothing of requests.
 */
#include "worker/proxy/choose.h"

#include <errno.h>

#include "worker/origin/queue.h"
#include "worker/proxy/key.h"

bool choose_begin(struct exchange *x, struct pick *pick)
{
	if (x->pool->balance != CONF_BALANCE_hash)
		return true;
	return key_hash(x, &x->pool->key, &pick->key);
}

static void fail(struct exchange *x, int err)
{
	if (err == -ECANCELED)
		exchange_fail_client(x, err, END_stopped);
	else if (err == -ETIMEDOUT)
		exchange_fail(x, END_queue_deadline);
	else if (err == -ENOBUFS)
		exchange_fail(x, END_queue_full);
	else
		exchange_fail(x, END_no_server);
}

struct server *choose_server(struct exchange *x, struct pick *pick)
{
	struct server *server;
	usec_t began = loop_now();
	int err = queue_pick(pool_find(x->pool), pick, x->identity.address,
	    &server);

	x->queued += loop_now() - began;
	if (err < 0) {
		fail(x, err);
		return NULL;
	}
	x->server = server->conf;
	balance_tried(pick, server);
	return server;
}

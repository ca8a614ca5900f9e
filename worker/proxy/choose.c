/*
 * choose.c - which server an exchange goes to.
 *
 * Runs on the exchange's fiber, between the request and the balancer, which
 * knows nothing of requests.
 */
#include "worker/proxy/choose.h"

#include <errno.h>

#include "worker/origin/breaker.h"
#include "worker/origin/queue.h"
#include "worker/proxy/key.h"
#include "worker/proxy/stay.h"

bool choose_begin(struct exchange *x, struct pick *pick)
{
	if (!stay_begin(x, pick))
		return false;
	if (x->pool->balance != CONF_BALANCE_hash)
		return true;
	return key_hash(x, &x->pool->key, &pick->key);
}

bool choose_enter(struct exchange *x)
{
	if (breaker_enter(pool_find(x->pool), &x->probe))
		return true;
	exchange_fail(x, END_breaker_open);
	return false;
}

void choose_leave(struct exchange *x)
{
	if (x->probe != 0)
		breaker_leave(pool_find(x->pool), &x->probe);
}

static void fail(struct exchange *x, const struct pick *pick, int err)
{
	if (err == -ECANCELED)
		exchange_fail_client(x, err, END_stopped);
	else if (err == -ETIMEDOUT)
		exchange_fail(x, END_queue_deadline);
	else if (err == -ENOBUFS)
		exchange_fail(x, END_queue_full);
	else if (pick->wanted != 0 && pick->only_wanted)
		exchange_fail(x, END_sticky_down);
	else
		exchange_fail(x, END_no_server);
}

/* What names are resolved to may be gone before the exchange is logged. */
void choose_took(struct exchange *x, const struct server *s)
{
	struct out o = out_make(x->server_text, sizeof(x->server_text));

	x->server = s->conf;
	x->server_id = s->id;
	x->server_address = str_from(s->conf->address.text);
	if (s->conf->name == NULL)
		return;
	out_str(&o, str_from(s->address.text));
	x->server_address = out_text(&o);
}

/* "-": there is no memory for it. */
static struct str copy(struct exchange *x, struct str address)
{
	char *p = arena_strdup(&x->arena, address);

	return p != NULL ? str_make(p, address.n) : STR("-");
}

struct chosen choose_describe(struct exchange *x, const struct server *s)
{
	return (struct chosen){.conf = s->conf,
	    .id = s->id,
	    .address = s->conf->name != NULL
		? copy(x, str_from(s->address.text))
		: str_from(s->conf->address.text)};
}

struct chosen choose_describe_taken(struct exchange *x)
{
	return (struct chosen){.conf = x->server,
	    .id = x->server_id,
	    .address = x->server_address.p == x->server_text
		? copy(x, x->server_address) : x->server_address};
}

void choose_take_again(struct exchange *x, const struct chosen *chosen)
{
	x->server = chosen->conf;
	x->server_id = chosen->id;
	x->server_address = chosen->address;
}

struct server *choose_server(struct exchange *x, struct pick *pick)
{
	struct server *server;
	usec_t began = loop_now();
	int err = queue_pick(pool_find(x->pool), pick, x->identity.address,
	    &server);

	x->queued += loop_now() - began;
	if (err < 0) {
		fail(x, pick, err);
		return NULL;
	}
	choose_took(x, server);
	balance_tried(pick, server);
	return server;
}

struct server *choose_another(struct exchange *x, struct pick *pick)
{
	struct pool *pool = pool_find(x->pool);
	struct server *server =
	    queue_is_waited(pool) ? NULL : balance_pick(pool, pick);

	if (server == NULL)
		return NULL;
	for (unsigned i = 0; i < pick->tried_count; i++) {
		if (pick->tried[i] != server->id)
			continue;
		server_release(server);
		return NULL;
	}
	return server;
}

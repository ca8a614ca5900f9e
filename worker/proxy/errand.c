/*
 * errand.c - an exchange of our own, which no client waits for.
 *
 * Runs in workers.  The copy is made on the fiber of the exchange that wants
 * it, the rest on the errand's own.  Its client is a struct client without a
 * connection: never in a list of client.c, never closed by it.  What a request
 * tells its origin of its client (addresses, certificate, what templates say)
 * is written while that client is there, and kept as text.
 */
#include "worker/proxy/errand.h"

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/proxy/choose.h"
#include "worker/proxy/failover.h"
#include "worker/proxy/forward.h"
#include "worker/proxy/limits.h"
#include "worker/proxy/relay.h"
#include "worker/proxy/split.h"

#define ERRAND_MAGIC 0x45525241u
#define ERRANDS_MAX 4096

struct errand {
	uint32_t magic;
	struct exchange x;
	struct client nobody; /* its LINK: all errands */
	struct proxy_header ends; /* for a pool that wants to be told them */
	struct str told;	  /* field lines for origins */
	errand_hear *hear;
	void *hear_arg;
};

_Static_assert(sizeof(struct errand) <= BLOCK_HEAD_SIZE / 4,
    "leave room for the request");

static struct list errands = {&errands, &errands};
static unsigned errand_count;

static struct errand *errand_of(struct exchange *x)
{
	struct errand *e = container_of(x, struct errand, x);

	INSIST_MAGIC(e, ERRAND_MAGIC);
	return e;
}

/* ---- the copy ---- */

/* *S lies in X's arena from now on.  False: there is no room for it. */
static bool keep(struct exchange *x, struct str *s)
{
	char *p;

	if (s->n == 0)
		return true;
	p = arena_strdup(&x->arena, *s);
	s->p = p;
	return p != NULL;
}

static bool keep_identity(struct exchange *x, const struct exchange *of)
{
	struct identity *who = &x->identity;

	*who = of->identity;
	x->id = of->id;
	return keep(x, &who->address) && keep(x, &who->chain) &&
	    keep(x, &who->host) && keep(x, &who->port) &&
	    keep(x, &who->trace) && keep(x, &x->id);
}

/* The request lies in the window, as if it had been received there. */
static bool keep_request(struct exchange *x, const struct exchange *of)
{
	struct conn *conn = &x->client->conn;
	size_t n = message_size(&of->request);

	conn->window = arena_alloc(&x->arena, n);
	if (conn->window == NULL)
		return false;
	message_copy(&of->request, conn->window, &x->request);
	conn->cap = conn->end = (uint32_t)n;
	x->head_len = n;
	body_begin(&x->body, &x->request.framing);
	return true;
}

static bool keep_way(struct exchange *x, const struct exchange *of)
{
	x->scope = of->scope;
	x->vhost = of->vhost;
	x->route = of->route;
	x->pool = of->pool;
	x->early = of->early;
	x->began = of->began;
	x->routed = of->routed;
	x->stay.hidden = of->stay.hidden;
	if (of->choices != NULL) {
		x->choices = ARENA_ARRAY(&x->arena, struct split_choice,
		    of->route->splits.count);
		if (x->choices == NULL)
			return false;
		memcpy(x->choices, of->choices,
		    of->route->splits.count * sizeof(*x->choices));
	}
	return keep(x, &x->routed) && keep(x, &x->stay.hidden);
}

/* What origins are told; the memory of OF that it takes is given back. */
static bool keep_lines(struct exchange *x, struct exchange *of,
    struct str lines)
{
	struct arena mark = of->arena;
	struct str told = relay_lines(of);
	struct out o = exchange_out(x, told.n + lines.n);

	out_str(&o, told);
	out_str(&o, lines);
	errand_of(x)->told = out_text(&o);
	of->end = END_NONE; /* if it was too little, OF will find that out */
	arena_rewind(&of->arena, &mark);
	return told.p != NULL && out_ok(&o);
}

static void make_client(struct errand *e, const struct exchange *of)
{
	struct client *c = &e->nobody;

	c->peer = of->client->peer;
	c->listener = of->client->listener;
	c->vhost = of->client->vhost;
	c->conn.watch.fd = -1;
	list_init(&c->link);
	if (of->pool->proxy_protocol == 0)
		return;
	forward_ends(of, &e->ends);
	c->said = &e->ends;
}

static struct exchange *begin(struct errand *e, const struct exchange *of)
{
	struct exchange *x = &e->x;

	memset(e, 0, sizeof(*e));
	e->magic = ERRAND_MAGIC;
	make_client(e, of);
	x->client = &e->nobody;
	x->unattended = true;
	arena_init_bounded(&x->arena, e + 1, BLOCK_HEAD_SIZE - sizeof(*e),
	    EXCHANGE_MORE);
	list_add_tail(&errands, &e->nobody.link);
	errand_count++;
	count_add(COUNT_cache_fetches, 1);
	return x;
}

struct exchange *errand_make(struct exchange *of, struct str lines)
{
	struct errand *e;
	struct exchange *x;

	INSIST(of->end == END_NONE && !body_expected(&of->request.framing));
	if (errand_count == ERRANDS_MAX || fiber_count() >= FIBER_MAX / 4 * 3)
		return NULL;
	e = block_take_head();
	if (e == NULL)
		return NULL;
	x = begin(e, of);
	if (!keep_lines(x, of, lines) || !keep_request(x, of) ||
	    !keep_identity(x, of) || !keep_way(x, of))
		errand_free(&x);
	return x;
}

/* ---- its life ---- */

struct str errand_told(struct exchange *x)
{
	return errand_of(x)->told;
}

void errand_say_less(struct exchange *x, size_t n)
{
	struct errand *e = errand_of(x);

	INSIST(n <= e->told.n);
	e->told.n -= n;
}

void errand_begin(struct exchange *x)
{
	errand_of(x)->nobody.fiber = fiber_self();
}

void errand_end(struct exchange *x)
{
	errand_of(x)->nobody.fiber = NULL;
}

void errand_listen(struct exchange *x, errand_hear *hear, void *arg)
{
	errand_of(x)->hear = hear;
	errand_of(x)->hear_arg = arg;
}

void errand_tell_interim(struct exchange *x, const struct message *head,
    size_t head_len)
{
	const struct errand *e = errand_of(x);

	if (e->hear != NULL)
		e->hear(e->hear_arg, head, head_len);
}

/* What names are resolved to may lie in X itself. */
static void tell_server(const struct exchange *x, struct exchange *of)
{
	of->server = x->server;
	of->server_id = x->server_id;
	of->server_address = x->server_address;
	if (x->server_address.p != x->server_text)
		return;
	memcpy(of->server_text, x->server_text, sizeof(of->server_text));
	of->server_address.p = of->server_text;
}

/* Cookies of ours for who asked, which are never stored: where it stays. */
static void tell_stay(const struct exchange *x, struct exchange *of)
{
	struct out o;

	of->stay.state = x->stay.state;
	if (x->cookies.n == 0)
		return;
	o = exchange_out(of, of->cookies.n + x->cookies.n);
	out_str(&o, of->cookies);
	out_str(&o, x->cookies);
	if (out_ok(&o))
		of->cookies = out_text(&o);
}

void errand_tell(const struct exchange *x, struct exchange *of)
{
	tell_server(x, of);
	tell_stay(x, of);
	failover_tell(x, of);
	of->pool = x->pool;
	of->attempts += x->attempts;
	of->queued += x->queued;
	of->connected = x->connected;
	of->first_byte = x->first_byte;
	if (x->choices != NULL)
		memcpy(of->choices, x->choices,
		    of->route->splits.count * sizeof(*of->choices));
}

void errand_free(struct exchange **xp)
{
	struct exchange *x = *xp;
	struct errand *e = errand_of(x);

	*xp = NULL;
	limits_end_total(x);
	choose_leave(x);
	list_del(&e->nobody.link);
	arena_free(&x->arena);
	e->magic = 0;
	INSIST(errand_count > 0);
	errand_count--;
	count_down(cache_fetches);
	block_give_head(e);
}

/* ---- all of them ---- */

unsigned errands_open(void)
{
	return errand_count;
}

void errands_cancel(void)
{
	LIST_FOREACH(link, &errands) {
		struct client *c = container_of(link, struct client, link);

		if (c->fiber != NULL)
			fiber_cancel(c->fiber);
	}
}

/*
 * origin.c - connections to servers: borrowed, given back, idle.
 *
 * Runs in workers.
 *
 * An idle connection owns no fiber.  An event on it ends it: an origin that
 * speaks unasked or hangs up can't be used again.  Only under TLS it may speak
 * for TLS itself: tickets for the next session, new keys.  Besides, it is
 * peeked just before it is borrowed, because the event may still be on its way
 * (unless it was given back only a moment ago: see is_stale).
 *
 *   server.idle   newest <-> ... <-> oldest     borrowed and given at the
 *                                               front
 *
 * Each may lie idle for as long as its origin said that it keeps it, or else
 * for keepalive.timeout of the pool.  One timer a server is enough: it looks
 * through the list, which is short, at most once a moment; borrowing does not
 * touch it, nor does giving, unless what is given has to go earlier.
 * keepalive.idle bounds those that lie idle for longer than a moment: a worker
 * that gets sixty replies in one turn and sixty requests in the next needs
 * them all.
 */
#include "worker/origin/origin.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/tls.h"
#include "worker/origin/greet.h"
#include "worker/origin/origin_inside.h"
#include "worker/origin/race.h"
#include "worker/origin/shared.h"

#define ORIGIN_MAGIC 0x4f524947u

static void idle_expire(struct timer *t);

void origin_init_server(struct server *s)
{
	list_init(&s->idle);
	timer_init(&s->idle_timer, idle_expire);
}

/* ---- idle connections ---- */

static struct origin *origin_of(struct list *link)
{
	struct origin *o = container_of(link, struct origin, link);

	INSIST_MAGIC(o, ORIGIN_MAGIC);
	return o;
}

static void leave_idle(struct origin *o)
{
	INSIST(o->server->pool->idle_count > 0);
	list_del(&o->link);
	o->server->pool->idle_count--;
	count_down(origin_idle);
}

void origin_end(struct origin *o)
{
	INSIST_MAGIC(o, ORIGIN_MAGIC);
	INSIST(list_empty(&o->link) && o->stream == NULL);
	conn_close(&o->conn);
	o->magic = 0;
	free(o);
}

static void drop_idle(struct origin *o)
{
	leave_idle(o);
	origin_end(o);
}

/* An edge on a connection: while it is lent its fiber sees to it. */
static void on_event(struct watch *w, unsigned events)
{
	struct origin *o = container_of(w, struct origin, conn.watch);

	INSIST_MAGIC(o, ORIGIN_MAGIC);
	if (!list_empty(&o->link) &&
	    ((events & WATCH_HANGUP) || conn_is_stale(&o->conn)))
		drop_idle(o);
}

/* When O has to go: before its time if there are too many. */
static usec_t due_of(const struct origin *o)
{
	const struct pool *p = o->server->pool;
	usec_t moment = o->idle_since + ORIGIN_FRESH;

	if (p->idle_count <= p->conf->idle_max || o->idle_until < moment)
		return o->idle_until;
	return moment;
}

/* From the oldest on. */
static void idle_expire(struct timer *t)
{
	struct server *s = container_of(t, struct server, idle_timer);
	usec_t next = DEADLINE_NEVER;
	struct list *link, *before;

	for (link = s->idle.prev; link != &s->idle; link = before) {
		struct origin *o = origin_of(link);
		usec_t due = due_of(o);

		before = link->prev;
		if (due <= loop_now())
			drop_idle(o);
		else if (due < next)
			next = due;
	}
	if (next != DEADLINE_NEVER)
		timer_set(t, next);
}

void origin_close_idle(struct server *s)
{
	while (!list_empty(&s->idle))
		drop_idle(origin_of(s->idle.next));
	timer_clear(&s->idle_timer);
}

/* ---- borrow, give, drop ---- */

/*
 * Has the origin closed it?  Epoll has told what happened before this turn.
 * What may be repeated takes a connection that was given back a moment ago as
 * it is: if it was closed since then, a new one takes the request.  But not
 * while something may be left to read: that is not the reply to this request.
 */
static bool is_stale(struct origin *o, usec_t idle_at_most)
{
	if (idle_at_most > ORIGIN_FRESH &&
	    !conn_may_read(&o->conn) &&
	    loop_now() - o->idle_since < ORIGIN_MOMENT)
		return false;
	return conn_is_stale(&o->conn);
}

const struct proxy_header *origin_client(const struct server *s,
    const struct origin_want *want)
{
	return s->pool->conf->proxy_protocol != 0 ? want->client : NULL;
}

bool origin_is_for(const struct origin *o, const struct proxy_header *client)
{
	const struct proxy_header *h = &o->client;

	if (client == NULL || !client->tells)
		return !h->tells;
	return h->tells && ip_eq(&h->from, &client->from) &&
	    ip_eq(&h->to, &client->to) && h->from_port == client->from_port &&
	    h->to_port == client->to_port;
}

/* The newest that is CLIENT's, or NULL. */
static struct origin *find_idle(struct server *s,
    const struct proxy_header *client)
{
	LIST_FOREACH(at, &s->idle)
		if (likely(origin_is_for(origin_of(at), client)))
			return origin_of(at);
	return NULL;
}

/* The newest idle connection of CLIENT's that is neither too old nor stale, or
 * NULL. */
static struct origin *take_idle(struct server *s,
    const struct proxy_header *client, usec_t idle_at_most)
{
	struct origin *o;

	while ((o = find_idle(s, client)) != NULL) {
		if (loop_now() - o->idle_since > idle_at_most)
			return NULL;
		if (o->idle_until <= loop_now() || is_stale(o, idle_at_most)) {
			drop_idle(o);
			continue;
		}
		leave_idle(o);
		o->reused = true;
		count(origin_reuses);
		return o;
	}
	return NULL;
}

struct origin *origin_make(struct server *s)
{
	struct origin *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->magic = ORIGIN_MAGIC;
	o->server = s;
	o->conn = (struct conn){.magic = CONN_MAGIC, .watch.fd = -1};
	list_init(&o->link);
	return o;
}

/* Another address of S's name, of the other family if there is one. */
static struct server *find_sibling(const struct server *s)
{
	const struct pool *p = s->pool;
	struct server *best = NULL;

	for (unsigned i = 0; i < p->count; i++) {
		struct server *t = p->at[i];

		if (t == s || t->conf != s->conf ||
		    !server_is_usable(t, false, loop_now()))
			continue;
		if (best == NULL || t->address.addr.ss_family !=
			s->address.addr.ss_family)
			best = t;
	}
	return best;
}

/*
 * One to SIBLING, which is reserved, beside that of *O_P, which has had its head
 * start.  *O_P becomes the one that is there, or stays what it is, closed.
 */
static int await_two(struct origin **o_p, struct server *sibling,
    usec_t deadline)
{
	struct origin *loser = origin_make(sibling);
	int winner;

	if (loser == NULL) {
		server_release(sibling);
		return conn_await(&(*o_p)->conn, deadline);
	}
	winner = race_run(&(*o_p)->conn, &loser->conn, &sibling->address,
	    deadline);
	if (winner == 1) {
		struct origin *first = *o_p;

		*o_p = loser;
		loser = first;
	}
	server_release(loser->server);
	free(loser);
	return winner < 0 ? winner : 0;
}

static int await(struct origin **o_p, usec_t deadline)
{
	struct origin *o = *o_p;
	usec_t head_start = loop_now() + RACE_HEAD_START;
	struct server *sibling;
	int err;

	if (head_start >= deadline || o->server->conf->name == NULL)
		return conn_await(&o->conn, deadline);
	err = conn_await(&o->conn, head_start);
	if (err != -ETIMEDOUT)
		return err;
	sibling = find_sibling(o->server);
	if (sibling != NULL && server_reserve(sibling, true))
		return await_two(o_p, sibling, deadline);
	return conn_await(&o->conn, deadline);
}

/* A pool may insist on one version; else the server chooses. */
static struct str offer(const struct server *s,
    const struct origin_want *want)
{
	enum conf_pool_http http = s->pool->conf->http;

	if (http == CONF_POOL_HTTP_2)
		return ORIGIN_TLS_HTTP2;
	if (http == CONF_POOL_HTTP_1 || want->version == ORIGIN_HTTP1)
		return ORIGIN_TLS_HTTP1;
	return ORIGIN_TLS_ANY;
}

int origin_connect(struct server *s, const struct origin_want *want,
    usec_t deadline, struct origin **origin_r)
{
	struct greet greet = {.client = origin_client(s, want),
	    .alpn = offer(s, want)};
	const struct conf_address *a = &s->address;
	struct origin *o = origin_make(s);
	int err;

	if (o == NULL)
		return -ENOMEM;
	err = conn_begin(&o->conn, (const struct sockaddr *)&a->addr, a->len,
	    deadline);
	if (err == -EINPROGRESS) {
		err = await(&o, deadline);
		if (err < 0)
			conn_close(&o->conn);
	}
	if (err == 0) {
		err = greet_server(&o->conn, o->server, &greet, deadline);
		if (err < 0)
			conn_close(&o->conn);
	}
	if (err < 0) {
		server_move(o->server, s);
		free(o);
		return err;
	}
	o->conn.watch.on_event = on_event;
	if (greet.client != NULL)
		o->client = *greet.client;
	count(origin_connects);
	*origin_r = o;
	return 0;
}

/* Of a server that may choose, what becomes a tunnel is HTTP/1. */
static bool wants_stream(const struct server *s,
    const struct origin_want *want)
{
	return shared_is_for(s) && (want->version == ORIGIN_ANY_VERSION ||
	    s->pool->conf->http == CONF_POOL_HTTP_2);
}

int origin_borrow_as(struct server *s, const struct origin_want *want,
    struct origin **origin_r)
{
	usec_t deadline = loop_now() + s->pool->conf->timeouts.connect;
	int err;

	INSIST(s->reserved > 0);
	if (wants_stream(s, want))
		return shared_borrow(s, want, origin_r);
	if (want->idle_at_most > 0) {
		*origin_r = take_idle(s, origin_client(s, want),
		    want->idle_at_most);
		if (*origin_r != NULL)
			return 0;
	}
	err = origin_connect(s, want, deadline, origin_r);
	if (err == 0 && (*origin_r)->conn.tls != NULL &&
	    want->version == ORIGIN_ANY_VERSION)
		err = shared_begin(s, deadline, origin_r);
	return err;
}

int origin_borrow(struct server *s, usec_t idle_at_most,
    struct origin **origin_r)
{
	struct origin_want want = {.idle_at_most = idle_at_most};

	return origin_borrow_as(s, &want, origin_r);
}

bool origin_was_refused(const struct origin *o)
{
	return greet_was_refused(
	    o->stream != NULL ? shared_conn(o) : &o->conn, o->server);
}

/* Has something come behind the reply, of which no event will tell? */
static bool has_more(struct origin *o)
{
	return o->conn.tls != NULL && tls_has_pending(&o->conn) &&
	    !tls_is_quiet(&o->conn);
}

void origin_give(struct origin **origin, usec_t patience)
{
	struct origin *o = *origin;
	struct server *s = o->server;
	usec_t look;

	INSIST_MAGIC(o, ORIGIN_MAGIC);
	INSIST(list_empty(&o->link));
	if (o->stream != NULL || o->conn.watch.seen_hup || patience <= 0 ||
	    s->retired || s->pool->conf->idle_max == 0 || has_more(o)) {
		origin_drop(origin);
		return;
	}
	*origin = NULL;
	o->idle_since = loop_now();
	o->idle_until = o->idle_since + patience;
	list_add_head(&s->idle, &o->link);
	s->pool->idle_count++;
	count_add(COUNT_origin_idle, 1);
	look = o->idle_since + (patience < ORIGIN_FRESH ? patience : ORIGIN_FRESH);
	if (!timer_is_set(&s->idle_timer) || look < s->idle_timer.due)
		timer_set(&s->idle_timer, look);
	server_release(s);
}

void origin_drop(struct origin **origin)
{
	struct origin *o = *origin;
	struct server *s = o->server;

	*origin = NULL;
	if (o->stream != NULL)
		shared_return(o);
	else
		origin_end(o);
	server_release(s);
}

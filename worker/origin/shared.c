/*
 * shared.c - HTTP/2 connections to servers, shared by exchanges.
 *
 * Runs in workers.
 *
 *   server.shares.conns   [100 streams] <-> [30 streams] <-> [parked]
 *
 * The first one that has room takes the next stream: so there is one connection
 * until it is full.  Its fiber is in h2_run for as long as it has a stream;
 * between them it is parked and owns no fiber: any byte that comes (a PING, a
 * GOAWAY, the end) starts one, the next stream does, and so does the end of its
 * patience, keepalive.timeout, which says goodbye.
 *
 * Who finds no room connects, for all who come meanwhile and find none: they
 * wait for that, SHARED_STREAMS_MAX for each that is being opened.
 *
 * A connection is there when the server's SETTINGS are.  So it is known how many
 * streams it takes, and that it is HTTP/2 that it speaks, before anything that
 * could do something was sent.
 */
#include "worker/origin/shared.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/shm/seat.h"
#include "worker/conn/tls.h"
#include "worker/http/h2.h"
#include "worker/origin/greet.h"
#include "worker/origin/origin_inside.h"
#include "worker/origin/view.h"

#define SHARED_MAGIC 0x53484152u
#define SAY_EVERY (10 * USEC_PER_SEC) /* that a server speaks something else */

struct shared {
	uint32_t magic;
	bool leaving; /* takes no more streams */
	bool parked;  /* and counted as idle */
	bool running; /* its fiber is about to run, or in h2_run */
	struct origin *carrier; /* the connection; holds no reservation */
	struct server *server;
	struct h2_session *session;
	struct h2_options options;
	struct list link; /* in server->shares.conns */
	struct cond settled; /* who opened it waits for SETTINGS */
	struct timer patience; /* while it is parked */
};

/* ---- its end ---- */

static void unpark(struct shared *sh)
{
	if (!sh->parked)
		return;
	sh->parked = false;
	timer_clear(&sh->patience);
	count_down(origin_idle);
}

static void end(struct shared *sh)
{
	INSIST_MAGIC(sh, SHARED_MAGIC);
	INSIST(!sh->running);
	unpark(sh);
	list_del(&sh->link);
	h2_free(&sh->session);
	origin_end(sh->carrier);
	sh->magic = 0;
	free(sh);
}

/* ---- its fiber ---- */

/* Nobody uses it now: is that all? */
static bool is_done(const struct shared *sh)
{
	const struct conf_pool *pool = sh->server->pool->conf;

	return sh->leaving || sh->server->retired || pool->idle_max == 0 ||
	    pool->idle_timeout == 0;
}

static void park(struct shared *sh)
{
	sh->parked = true;
	count_add(COUNT_origin_idle, 1);
	timer_set(&sh->patience,
	    loop_now() + sh->server->pool->conf->idle_timeout);
}

static void run(void *arg)
{
	struct shared *sh = arg;
	enum h2_next next;

	INSIST_MAGIC(sh, SHARED_MAGIC);
	next = h2_run(sh->session);
	if (next == H2_IDLE && is_done(sh)) {
		sh->leaving = true;
		h2_drain(sh->session);
		next = h2_run(sh->session);
	}
	sh->running = false;
	if (next == H2_OVER || sh->leaving)
		end(sh);
	else
		park(sh);
}

/* False: there is no fiber for it, and all stays as it is. */
static bool start(struct shared *sh)
{
	if (!sh->running)
		sh->running = fiber_start("h2 origin", run, sh);
	if (sh->running)
		unpark(sh);
	return sh->running;
}

static void on_event(struct watch *w, unsigned events)
{
	struct origin *o = container_of(w, struct origin, conn.watch);
	struct shared *sh = o->shared;

	(void)events;
	INSIST_MAGIC(sh, SHARED_MAGIC);
	if (sh->running)
		h2_wake(sh->session);
	else if (!start(sh))
		end(sh);
}

static void on_patience(struct timer *t)
{
	struct shared *sh = container_of(t, struct shared, patience);

	INSIST_MAGIC(sh, SHARED_MAGIC);
	sh->leaving = true;
	if (!start(sh))
		end(sh);
}

/* ---- lending its streams ---- */

static bool has_room(const struct shared *sh)
{
	return !sh->leaving && h2_is_settled(sh->session) &&
	    h2_has_room(sh->session) &&
	    h2_streams(sh->session) < SHARED_STREAMS_MAX;
}

/* What has come since it was parked may be its end: that is looked at first. */
static bool is_stale(struct shared *sh)
{
	if (!sh->parked || !conn_is_stale(&sh->carrier->conn))
		return false;
	if (!start(sh))
		end(sh);
	return true;
}

/* One that is CLIENT's, if that is told. */
static struct shared *find(struct server *s, const struct proxy_header *client)
{
	LIST_FOREACH(at, &s->shares.conns) {
		struct shared *sh = container_of(at, struct shared, link);

		INSIST_MAGIC(sh, SHARED_MAGIC);
		if (has_room(sh) && origin_is_for(sh->carrier, client) &&
		    !is_stale(sh))
			return sh;
	}
	return NULL;
}

static int lend(struct shared *sh, bool reused, struct origin **origin_r)
{
	struct origin *o = origin_make(sh->server);

	if (o == NULL)
		return -ENOMEM;
	o->shared = sh;
	o->reused = reused;
	o->stream = h2_stream_open(sh->session);
	if (o->stream == NULL || !start(sh)) {
		shared_return(o);
		return -ENOMEM;
	}
	*origin_r = o;
	return 0;
}

void shared_return(struct origin *o)
{
	if (o->stream != NULL)
		h2_release(&o->stream);
	origin_end(o);
}

void shared_distrust(struct origin *o)
{
	if (o->shared->leaving)
		return;
	o->shared->leaving = true;
	h2_drain(o->shared->session);
}

const struct conn *shared_conn(const struct origin *o)
{
	return &o->shared->carrier->conn;
}

bool shared_is_lost(const struct origin *o)
{
	return shared_conn(o)->watch.seen_hup;
}

/* ---- new ones ---- */

/* ALPN: what it chose, or "". */
static void say_other(struct server *s, struct str alpn)
{
	char subject[VIEW_SUBJECT_SIZE];

	if (loop_now() < s->say_next)
		return;
	s->say_next = loop_now() + SAY_EVERY;
	view_subject(subject, s);
	if (alpn.n > 0)
		log_warning("%s chose %" PRI_STR ", but http = \"2\"",
		    subject, ARG_STR(alpn));
	else
		log_warning("%s does not speak HTTP/2, but http = \"2\"",
		    subject);
}

/* Plain connections are only tried where it is known. */
static bool is_h2(const struct origin *o)
{
	return o->conn.tls == NULL || str_eq(tls_alpn(&o->conn), STR("h2"));
}

static void on_settled(struct h2_session *session)
{
	struct shared *sh = h2_owner(session);

	cond_signal(&sh->settled);
}

static void on_gone(struct h2_stream *st)
{
	on_settled(h2_session_of(st));
}

static const struct h2_events events = {.settled = on_settled,
    .gone = on_gone};

/* NULL: no memory, and O is ended. */
static struct shared *make(struct origin *o)
{
	const struct conf_pool *pool = o->server->pool->conf;
	struct shared *sh = calloc(1, sizeof(*sh));

	if (sh == NULL) {
		origin_end(o);
		return NULL;
	}
	sh->magic = SHARED_MAGIC;
	sh->carrier = o;
	sh->server = o->server;
	sh->options = (struct h2_options){
	    .fields = CONF_FIELDS_MAX,
	    .header = pool->header_max,
	    .head_patience = pool->timeouts.first_byte,
	    .min_rate = {.over = pool->timeouts.idle},
	    .events = &events};
	cond_init(&sh->settled);
	timer_init(&sh->patience, on_patience);
	o->shared = sh;
	o->conn.watch.on_event = on_event;
	sh->session = h2_open(&o->conn, &sh->options, sh);
	if (sh->session == NULL) {
		origin_end(o);
		free(sh);
		return NULL;
	}
	list_add_tail(&sh->server->shares.conns, &sh->link);
	return sh;
}

/* SH has ended before its SETTINGS came. */
static int why_unsettled(const struct shared *sh)
{
	return greet_was_refused(&sh->carrier->conn, sh->server)
	    ? -EPROTO : -EPROTONOSUPPORT;
}

/* Until the SETTINGS of SH are there, which has the stream ST. */
static int await_settings(struct shared *sh, const struct h2_stream *st,
    usec_t deadline)
{
	int err = 0;

	while (err == 0 && !h2_is_settled(sh->session)) {
		if (h2_is_reset(st))
			return why_unsettled(sh);
		err = cond_wait(&sh->settled, deadline);
	}
	return err;
}

/* O becomes one that is shared, *FIRST_R its first stream; or O is ended. */
static int begin(struct origin *o, usec_t deadline, struct origin **first_r)
{
	struct shared *sh = make(o);
	int err;

	if (sh == NULL)
		return -ENOMEM;
	err = lend(sh, false, first_r);
	if (err < 0) {
		end(sh);
		return err;
	}
	err = await_settings(sh, (*first_r)->stream, deadline);
	if (err == -EPROTONOSUPPORT)
		say_other(sh->server, STR(""));
	if (err < 0) {
		sh->leaving = true;
		shared_return(*first_r);
	}
	return err;
}

int shared_begin(struct server *s, usec_t deadline, struct origin **origin)
{
	struct origin *o = *origin;
	struct server *taken = o->server;
	int err;

	taken->shares.speaks_other = !is_h2(o);
	if (is_h2(o)) {
		err = begin(o, deadline, origin);
	} else if (s->pool->conf->http != CONF_POOL_HTTP_2) {
		return 0;
	} else {
		say_other(taken, tls_alpn(&o->conn));
		origin_end(o);
		err = -EPROTONOSUPPORT;
	}
	if (err < 0) {
		*origin = NULL;
		server_move(taken, s);
	}
	return err;
}

/* ---- from the outside ---- */

void shared_init_server(struct server *s)
{
	list_init(&s->shares.conns);
	cond_init(&s->shares.changed);
}

bool shared_is_for(const struct server *s)
{
	const struct conf_pool *pool = s->pool->conf;

	if (pool->http != CONF_POOL_HTTP_AUTO)
		return pool->http == CONF_POOL_HTTP_2;
	return s->conf->https && !s->shares.speaks_other;
}

static int open_one(struct server *s, const struct origin_want *want,
    usec_t deadline, struct origin **origin_r)
{
	int err;

	s->shares.connecting++;
	err = origin_connect(s, want, deadline, origin_r);
	if (err == 0)
		err = shared_begin(s, deadline, origin_r);
	s->shares.connecting--;
	cond_broadcast(&s->shares.changed);
	return err;
}

static int await(struct server *s, usec_t deadline)
{
	int err;

	s->shares.waiting++;
	err = cond_wait(&s->shares.changed, deadline);
	s->shares.waiting--;
	return err;
}

/* One that is being opened for others may have room; not if it is told whose
 * it is. */
static bool is_coming(const struct server *s)
{
	return s->pool->conf->proxy_protocol == 0 && s->shares.waiting <
	    s->shares.connecting * (SHARED_STREAMS_MAX - 1);
}

int shared_borrow(struct server *s, const struct origin_want *want,
    struct origin **origin_r)
{
	const struct proxy_header *client = origin_client(s, want);
	usec_t deadline = loop_now() + s->pool->conf->timeouts.connect;

	while (shared_is_for(s)) {
		struct shared *sh = find(s, client);
		int err;

		if (sh != NULL) {
			count(origin_reuses);
			return lend(sh, true, origin_r);
		}
		if (!is_coming(s))
			return open_one(s, want, deadline, origin_r);
		err = await(s, deadline);
		if (err < 0)
			return err;
	}
	return origin_borrow_as(s, want, origin_r);
}

/* It does not wait: who can't be told goodbye at once is not. */
void shared_leave(struct server *s)
{
	LIST_FOREACH(at, &s->shares.conns) {
		struct shared *sh = container_of(at, struct shared, link);

		sh->leaving = true;
		if (sh->parked)
			end(sh);
		else
			h2_drain(sh->session);
	}
}

bool shared_has_any(const struct server *s)
{
	return !list_empty(&s->shares.conns);
}

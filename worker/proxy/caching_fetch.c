/*
 * caching_fetch.c - a fetch: what the cache asks of an origin.
 *
 * Runs in workers, on a fiber of its own, from the claim in the store to the
 * last byte.  It is an errand (errand.h) whose reply goes into the store, where
 * whoever wants it reads it as it grows; so nobody's pace is its own, and it
 * goes on when the exchange that began it has left.
 *
 *	exchange   start --- await ------------> find it in the store, send it
 *	fetch        ask origin -> head: publish -> body ... -> finish
 *	                               | not storable: mark
 *	                               '-> hand over: the exchange has the source,
 *	                                   and the fetch lasts until it is closed
 *
 * A fetch belongs to two: its fiber, and the exchange that awaits it or reads
 * what it was handed.  Who leaves last frees it.
 */
#include "worker/proxy/caching_fetch.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/cache/wait.h"
#include "worker/proxy/access_log.h"
#include "worker/proxy/caching_rest.h"
#include "worker/proxy/caching_store.h"
#include "worker/proxy/errand.h"
#include "worker/proxy/hide.h"
#include "worker/proxy/limits.h"
#include "worker/proxy/serve.h"

#define FETCH_MAGIC 0x46455443u

static void free_fetch(struct caching_fetch *f)
{
	struct exchange *x = f->x;

	INSIST_MAGIC(f, FETCH_MAGIC);
	INSIST(!f->runs && !f->is_wanted);
	f->magic = 0;
	cache_release(&f->stale_object);
	errand_free(&x);
}

/* ---- handed over ---- */

static struct caching_fetch *fetch_of(struct source *s)
{
	struct caching_fetch *f = container_of(s, struct caching_fetch, handed);

	INSIST_MAGIC(f, FETCH_MAGIC);
	return f;
}

/* What ended the errand has ended the exchange that reads from it. */
static void fail_reader(struct caching_fetch *f)
{
	struct exchange *x = f->reader, *errand = f->x;

	x->unsent |= errand->unsent;
	x->must_close |= errand->must_close;
	if (fiber_is_cancelled())
		exchange_fail_client(x, -ECANCELED, END_client_deadline);
	if (x->end == END_NONE)
		x->fault = errand->fault;
	exchange_fail(x, errand->end);
}

static int handed_pull(struct source *s, struct str *piece_r)
{
	struct caching_fetch *f = fetch_of(s);
	struct source *inner = f->reply.source;
	int got = inner->pull(inner, piece_r);

	s->ended = inner->ended;
	s->trailers = inner->trailers;
	if (got < 0)
		fail_reader(f);
	return got;
}

static bool handed_is_ready(struct source *s)
{
	struct source *inner = fetch_of(s)->reply.source;

	return inner->is_ready(inner);
}

static int handed_pass(struct source *s, struct conn *to, struct pace *pace,
    uint64_t *moved)
{
	struct caching_fetch *f = fetch_of(s);
	struct source *inner = f->reply.source;
	int done = inner->pass(inner, to, pace, moved);

	if (done < 0)
		fail_reader(f);
	return done;
}

static void handed_close(struct source *s)
{
	struct caching_fetch *f = fetch_of(s);

	f->reply.source->close(f->reply.source);
	f->is_wanted = false;
	free_fetch(f);
}

/* X goes on with F's reply. */
static void hand_over(struct caching_fetch *f, struct exchange *x,
    struct reply *reply)
{
	struct source *inner = f->reply.source;

	INSIST(!f->runs);
	f->reader = x;
	f->handed = (struct source){.pull = handed_pull,
	    .is_ready = handed_is_ready,
	    .pass = inner->pass != NULL ? handed_pass : NULL,
	    .ended = inner->ended,
	    .trailers = inner->trailers,
	    .close = handed_close};
	*reply = f->reply;
	reply->source = &f->handed;
}

/* ---- on the fetch's own fiber ---- */

/* Who waits for it learns what has come of it. */
static void tell(struct caching_fetch *f, enum fetched came)
{
	INSIST(f->came == FETCH_GOES_ON);
	f->came = came;
	cond_signal(&f->told);
}

static void drop_reply(struct caching_fetch *f)
{
	if (f->reply.source == NULL)
		return;
	f->reply.source->close(f->reply.source);
	f->reply.source = NULL;
}

/* Those who wait for it have the same end, but for one that says only that
 * this process ends, or has no room. */
static void fail(struct caching_fetch *f)
{
	caching_store_fail(f);
	tell(f, FETCH_FAILED);
}

static void go_on_without(struct caching_fetch *f)
{
	limits_end_total(f->x);
	if (f->is_wanted) {
		tell(f, FETCH_HANDED);
		return;
	}
	tell(f, FETCH_LEFT);
	drop_reply(f);
}

/* Its head is in the store. */
static void keep(struct caching_fetch *f)
{
	tell(f, FETCH_STORED);
	caching_store_fill(f);
	drop_reply(f);
}

/* The head is there. */
static void decide(struct caching_fetch *f)
{
	if (f->validates && caching_store_is_error(f)) {
		drop_reply(f);
		fail(f);
	} else if (caching_store_publish(f)) {
		keep(f);
	} else {
		go_on_without(f);
	}
}

/* A 304 has no body; whose end has been seen leaves a connection that can be
 * used again. */
static void drop_head(struct caching_fetch *f)
{
	struct str nothing;

	(void)f->reply.source->pull(f->reply.source, &nothing);
	drop_reply(f);
}

static bool has_reply(const struct caching_fetch *f)
{
	return f->x->end == END_NONE && f->reply.source != NULL;
}

/* As if there was nothing, unless there can be no reply any more. */
static void ask_anew(struct caching_fetch *f)
{
	if (f->x->end != END_NONE)
		return;
	caching_store_begin_anew(f);
	serve_ask(f->x, &f->reply);
}

/* A 304 is no reply, but says that one is good; or that something is that we
 * do not have, and then it is asked for. */
static bool is_validated(struct caching_fetch *f)
{
	bool validated;

	if (!f->validates || !has_reply(f) || f->reply.head.status != 304)
		return false;
	validated = caching_store_validated(f);
	if (validated)
		tell(f, FETCH_VALIDATED);
	drop_head(f);
	if (!validated)
		ask_anew(f);
	return validated;
}

/* A part or none is an answer to what we asked beyond what was wanted: the rest
 * of what is here, or all is asked for. */
static bool is_joined(struct caching_fetch *f)
{
	if (!f->wants_rest || !has_reply(f) ||
	    (f->reply.head.status != 206 && f->reply.head.status != 416))
		return false;
	if (!caching_rest_publish(f)) {
		drop_reply(f);
		ask_anew(f);
		return false;
	}
	keep(f);
	return true;
}

static void ask(struct caching_fetch *f)
{
	if (limits_begin_total(f->x))
		serve_ask(f->x, &f->reply);
	if (is_validated(f) || is_joined(f))
		return;
	if (has_reply(f))
		decide(f);
	else
		fail(f);
}

/* What nobody else will tell of. */
static void log_failure(struct caching_fetch *f)
{
	if (f->is_wanted || f->x->end == END_NONE)
		return;
	count(cache_fetches_failed);
	access_log_write(f->x);
}

static void hear(void *arg, const struct message *head, size_t head_len)
{
	struct caching_fetch *f = arg;

	caching_interim_hear(&f->interim, head, head_len);
	cond_signal(&f->told);
}

static void run(void *arg)
{
	struct caching_fetch *f = arg;

	errand_begin(f->x);
	ask(f);
	log_failure(f);
	errand_end(f->x);
	f->runs = false;
	if (!f->is_wanted)
		free_fetch(f);
}

/* ---- from the outside ---- */

bool caching_fetch_start(struct exchange *x, struct cache_object *object,
    enum fetch_what what, struct caching_fetch **f_r)
{
	struct caching_fetch *f = caching_store_prepare(x, what);

	if (f != NULL) {
		f->magic = FETCH_MAGIC;
		f->object = *object;
		f->holds = true;
		f->runs = true;
		f->is_wanted = f_r != NULL;
		cond_init(&f->told);
		errand_listen(f->x, hear, f);
	}
	if (f != NULL && fiber_start("fetch", run, f)) {
		if (f_r != NULL)
			*f_r = f;
		return true;
	}
	cache_abort(object, END_NONE);
	wait_tell(x->caching->key.id);
	if (f != NULL) {
		f->runs = f->is_wanted = false;
		free_fetch(f);
	}
	return false;
}

static void leave(struct caching_fetch *f)
{
	f->is_wanted = false;
	if (!f->runs)
		free_fetch(f);
}

/* Where it has been, and how it went. */
static void tell_all(const struct caching_fetch *f, struct exchange *x)
{
	struct caching *c = x->caching;

	errand_tell(f->x, x);
	c->origin_status = f->reply.head.status;
	c->reason = f->reason;
	c->stored = f->came == FETCH_STORED;
	c->brought = f->brought;
	c->failed = f->x->end;
	c->failed_fault = f->x->fault;
	caching_own_copy(x, &f->own, &c->own);
}

/* Until it is decided; what X is to hear before that is sent on. */
static void await(struct caching_fetch *f, struct exchange *x)
{
	struct arena mark = x->arena;
	int err = 0;

	while (x->end == END_NONE) {
		if (!caching_interim_send(&f->interim) || f->came != FETCH_GOES_ON)
			return;
		arena_rewind(&x->arena, &mark);
		err = cond_wait(&f->told, DEADLINE_NEVER);
		if (err < 0 && f->came == FETCH_GOES_ON)
			exchange_fail_client(x, err, END_stopped);
	}
}

enum fetched caching_fetch_await(struct caching_fetch **fp,
    struct exchange *x, struct reply *reply)
{
	struct caching_fetch *f = *fp;
	enum fetched came;

	*fp = NULL;
	f->interim.to = x;
	await(f, x);
	f->interim.to = NULL;
	came = f->came;
	if (came != FETCH_GOES_ON)
		tell_all(f, x);
	if (x->end != END_NONE) {
		if (came == FETCH_HANDED)
			drop_reply(f);
		came = FETCH_LEFT;
	}
	if (came == FETCH_HANDED)
		hand_over(f, x, reply);
	else
		leave(f);
	return came;
}

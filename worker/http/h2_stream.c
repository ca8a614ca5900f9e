/*
 * h2_stream.c - what fibers do with their streams, but for writing: h2_write.c.
 *
 * Runs on the fibers that hold streams (but for making and closing one, which
 * the session does).  A fiber leaves word of what it wants in the stream, and
 * wakes the session; it never calls nghttp2, but to look at a window.
 *
 * A stream lives as long as nghttp2 knows it or a fiber holds it:
 *
 *	            h2_release
 *	open, held ------------> open      DATA that comes is forgotten
 *	    | closed               | closed
 *	    v       h2_release     v
 *	  held  ---------------> freed
 *
 * Streams are recycled: a free list of a worker, as deep as its busiest turn.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/conn/block.h"
#include "worker/fiber/sanitize.h"
#include "worker/http/h2_inside.h"

#define WINDOW (BLOCK_HEAD_SIZE / 2) /* of a server's; see h2_spare */
#define SPARE_STREAMS 512
#define CREDIT_AT (H2_STREAM_WINDOW / 2)

static struct list spare = {&spare, &spare};
static unsigned spare_count;

/* ---- making and closing ---- */

/* Of one that is spare nothing but its link is to be touched. */
static size_t behind_link(struct h2_stream *st)
{
	return sizeof(*st) - offsetof(struct h2_stream, link) -
	    sizeof(st->link);
}

static struct h2_stream *take_memory(void)
{
	struct list *link = list_pop(&spare);
	struct h2_stream *st;

	if (link == NULL)
		return malloc(sizeof(struct h2_stream));
	spare_count--;
	st = container_of(link, struct h2_stream, link);
	sanitize_show(&st->link + 1, behind_link(st));
	return st;
}

static void give_memory(struct h2_stream *st)
{
	st->magic = 0;
	if (spare_count == SPARE_STREAMS) {
		free(st);
		return;
	}
	list_add_head(&spare, &st->link);
	spare_count++;
	sanitize_hide(&st->link + 1, behind_link(st));
}

static void init(struct h2_stream *st, struct h2_session *s, char *block)
{
	*st = (struct h2_stream){.magic = H2_STREAM_MAGIC,
	    .session = s,
	    .block = block};
	cond_init(&st->readable);
	cond_init(&st->writable);
	list_init(&st->todo);
	list_init(&st->early);
	list_init(&st->link);
	list_add_tail(&s->streams, &st->link);
	st->head.p = block;
	st->head.cap = s->options->server ? WINDOW : BLOCK_HEAD_SIZE;
	st->head.most = s->options->header;
	st->head.fields_most = s->options->fields;
}

struct h2_stream *h2_stream_new(struct h2_session *s, int32_t id)
{
	char *block = block_take_head();
	struct h2_stream *st = block != NULL ? take_memory() : NULL;

	if (st == NULL) {
		if (block != NULL)
			block_give_head(block);
		return NULL;
	}
	init(st, s, block);
	st->id = id;
	s->open++;
	return st;
}

void h2_stream_drop_memory(struct h2_stream *st)
{
	struct list *link;

	while ((link = list_pop(&st->early)) != NULL)
		free(container_of(link, struct h2_early, link));
	h2_uncount(st->session, st->pieces.held);
	h2_pieces_drop(&st->pieces);
	if (st->tail.p != NULL)
		block_give_head(st->tail.p);
	if (st->block != NULL)
		block_give_head(st->block);
	free(st->large);
	st->tail.p = st->block = st->large = NULL;
}

static void drop(struct h2_stream *st)
{
	if (st->lingers)
		st->session->lingering--;
	h2_stream_drop_memory(st);
	list_del(&st->link);
	list_del(&st->todo);
	give_memory(st);
}

void h2_stream_close(struct h2_stream *st, enum h2_code code, bool lost)
{
	struct h2_session *s = st->session;

	if (st->closed) {
		st->lost |= lost;
		return;
	}
	st->closed = true;
	st->lost = lost;
	st->code = code;
	INSIST(s->open > 0);
	s->open--;
	if (!st->held) {
		drop(st);
		return;
	}
	cond_broadcast(&st->readable);
	cond_broadcast(&st->writable);
	if (h2_is_reset(st) && s->options->events->gone != NULL)
		s->options->events->gone(st);
}

struct h2_stream *h2_stream_open(struct h2_session *s)
{
	struct h2_stream *st = NULL;

	INSIST(!s->options->server);
	if (h2_has_room(s))
		st = h2_stream_new(s, 0);
	if (st == NULL)
		return NULL;
	st->held = true;
	s->held++;
	return st;
}

void h2_stream_wants(struct h2_stream *st, enum h2_want want)
{
	struct h2_session *s = st->session;

	if (st->closed)
		return;
	st->wants |= (uint8_t)want;
	if (!list_empty(&st->todo))
		return;
	list_add_tail(&s->todo, &st->todo);
	h2_wake(s);
}

void h2_stream_leave(struct h2_stream *st)
{
	if (st->id == 0) { /* never submitted: nghttp2 does not know it */
		h2_stream_close(st, H2_CANCEL, false);
		return;
	}
	if (st->done && st->whole)
		return;
	if (!(st->wants & H2_WANT_RESET))
		st->code = !st->session->options->server ? H2_CANCEL
		    : st->done ? H2_NO_ERROR : H2_INTERNAL_ERROR;
	h2_stream_wants(st, H2_WANT_RESET);
}

/* One that was never sent is gone with the first call. */
static void release_open(struct h2_stream *st)
{
	bool unsent = st->id == 0;

	h2_stream_leave(st);
	if (!unsent)
		h2_stream_drop_memory(st);
}

void h2_release(struct h2_stream **stp)
{
	struct h2_stream *st = *stp;
	struct h2_session *s = st->session;

	*stp = NULL;
	INSIST_MAGIC(st, H2_STREAM_MAGIC);
	INSIST(st->held && s->held > 0);
	if (s->heading == st->id)
		s->heading = 0; /* the rest of it has no place any more */
	st->held = false;
	s->held--;
	if (st->closed) {
		drop(st);
	} else if (!h2_linger_begin(st)) {
		st->fields = NULL;
		st->left = 0;
		release_open(st);
	}
	if (s->held == 0)
		h2_wake(s);
}

/* ---- what others ask ---- */

struct h2_session *h2_session_of(const struct h2_stream *st)
{
	return st->session;
}

void h2_set_user(struct h2_stream *st, void *user)
{
	st->user = user;
}

void *h2_user(const struct h2_stream *st)
{
	return st->user;
}

char *h2_spare(const struct h2_stream *st)
{
	INSIST(st->session->options->server);
	return st->block + WINDOW;
}

void h2_reset(struct h2_stream *st, enum h2_code code)
{
	st->left = 0;
	st->code = code;
	h2_stream_wants(st, H2_WANT_RESET);
}

size_t h2_head_size(const struct h2_stream *st)
{
	return st->head.n - st->head.begin + H2_HEAD_BESIDE;
}

bool h2_is_reset(const struct h2_stream *st)
{
	return st->closed && (st->lost || !st->done || !st->whole);
}

bool h2_is_reset_by_peer(const struct h2_stream *st)
{
	return st->closed && (st->lost || st->by_peer);
}

enum h2_code h2_reset_code(const struct h2_stream *st)
{
	return st->code;
}

bool h2_was_refused(const struct h2_stream *st)
{
	return st->closed && (st->id == 0 || st->code == H2_REFUSED_STREAM);
}

/* ---- reading ---- */

enum fault h2_request(struct h2_stream *st,
    const struct conf_head_limits *limits, struct arena *a, struct message *m)
{
	const struct h2_options *o = st->session->options;
	struct h2_head_how how = {.tls = o->tls,
	    .websocket = o->websocket,
	    .ended = st->ended,
	    .limits = limits};

	INSIST(st->has_head);
	st->has_head = false;
	return h2_head_request(&st->head, &how, a, m);
}

int h2_stream_wait(struct h2_stream *st, struct cond *c, usec_t deadline)
{
	if (st->closed)
		return -ECONNRESET;
	return cond_wait(c, deadline);
}

static enum fault read_early(struct h2_stream *st, enum method method,
    struct arena *a, struct message *m)
{
	struct h2_early *e =
	    container_of(list_pop(&st->early), struct h2_early, link);
	enum fault fault = h2_head_reply(&e->head, false, method, a, m);

	free(e);
	return fault;
}

int h2_reply(struct h2_stream *st, usec_t deadline, enum method method,
    struct arena *a, struct message *m, enum fault *fault_r)
{
	int err = 0;

	while (!st->has_head && list_empty(&st->early) && err == 0)
		err = h2_stream_wait(st, &st->readable, deadline);
	if (err < 0)
		return err;
	if (!list_empty(&st->early)) {
		*fault_r = read_early(st, method, a, m);
		return 0;
	}
	st->has_head = false;
	*fault_r = h2_head_reply(&st->head, st->ended, method, a, m);
	return 0;
}

bool h2_is_readable(const struct h2_stream *st)
{
	return st->pieces.held > 0 || st->whole || st->closed;
}

bool h2_is_whole(const struct h2_stream *st)
{
	return st->whole;
}

struct str h2_held(const struct h2_stream *st)
{
	return h2_pieces_window(&st->pieces);
}

size_t h2_held_in_all(const struct h2_stream *st)
{
	return st->pieces.held;
}

size_t h2_holds_at_most(const struct h2_stream *st)
{
	return st->pieces.cap;
}

/* Does the peer, and not we, keep this stream waiting?  What it sends may have
 * no room because others are slow. */
static bool peer_may_send(const struct h2_stream *st)
{
	return st->session->owed == 0;
}

int h2_wait_more(struct h2_stream *st, struct pace *pace)
{
	size_t before = st->pieces.held;
	int err = 0;

	while (st->pieces.held == before && !st->whole && err == 0) {
		usec_t since = loop_now();

		err = h2_stream_wait(st, &st->readable, since + pace->left);
		if (peer_may_send(st))
			pace_waited(pace, since);
		if (err == -ETIMEDOUT && pace->left > 0)
			err = 0; /* or it got more patience meanwhile */
	}
	pace_moved(pace, st->pieces.held - before);
	return err;
}

int h2_read(struct h2_stream *st, struct pace *pace, struct str *piece_r)
{
	int err = 0;

	if (st->pieces.held == 0 && !st->whole)
		err = h2_wait_more(st, pace);
	else
		err = fiber_charge(0);
	if (err < 0)
		return err;
	*piece_r = h2_pieces_next(&st->pieces);
	return piece_r->n > 0;
}

void h2_consumed(struct h2_stream *st, size_t n)
{
	h2_pieces_consume(&st->pieces, n);
	h2_uncount(st->session, n);
	st->consumed += n;
	if (!st->whole && st->consumed >= CREDIT_AT)
		h2_stream_wants(st, H2_WANT_CREDIT);
	(void)fiber_charge(n);
}

enum fault h2_trailers(struct h2_stream *st, struct arena *a,
    struct message *m)
{
	if (!st->has_tail) {
		*m = (struct message){.is_h2 = true};
		return FAULT_NONE;
	}
	st->has_tail = false;
	return h2_head_trailers(&st->tail, a, m);
}

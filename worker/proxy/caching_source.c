/*
 * caching_source.c - a body that lies in the store, as the source of a reply.
 *
 * Runs on the exchange's fiber, pulled by reply.c.  A piece is as much of the
 * body as lies together in the segment, and is sent from there: nothing is
 * copied, but by HTTP/2 and TLS into what they send.  What is pinned stays
 * where it is, whatever becomes of the object meanwhile.
 *
 *	parts:  | text | at ... end |  | text | at ... end |  ...
 *
 * A whole body is one part without a text; several ranges are one each, behind
 * the head of each, and the last is a text alone.
 *
 * Of what is still being fetched all is yielded that is there, then we wait for
 * more, as long as a reply may be silent.  Another process may fetch it: that
 * is told by a wake-up, and if it dies the object breaks off.
 */
#include "worker/proxy/caching_source.h"

#include <errno.h>

#include "common/base/insist.h"
#include "worker/cache/wait.h"
#include "worker/conn/block.h"

#define CACHED_MAGIC 0x43414348u

static struct caching_source *cached_of(struct source *source)
{
	struct caching_source *s =
	    container_of(source, struct caching_source, source);

	INSIST_MAGIC(s, CACHED_MAGIC);
	return s;
}

static void let_go(struct caching_source *s)
{
	if (s->object != NULL) {
		cache_release(s->object);
		wait_tell(wait_room(s->x->caching->key.id));
	}
	if (s->copy != NULL)
		block_give_body(s->copy);
	s->object = NULL;
	s->copy = NULL;
}

static void source_close(struct source *source)
{
	struct caching_source *s = cached_of(source);

	let_go(s);
	s->magic = 0;
}

static struct caching_part *current(struct caching_source *s)
{
	while (s->part_count > 0) {
		struct caching_part *p = s->parts;

		if (p->text.n > 0 || p->at < p->end)
			return p;
		s->parts++;
		s->part_count--;
	}
	return NULL;
}

/* ---- what is there ---- */

/* As cache_read, and where the body ends, once that is known. */
static int look(struct caching_source *s, struct caching_part *p,
    struct str *piece_r)
{
	bool whole = !s->growing;
	uint64_t length;
	int got;

	if (s->growing)
		whole = cache_is_whole(s->object, &length);
	if (whole && s->growing) {
		s->growing = false;
		if (p->end > length)
			p->end = length;
		if (p->at >= p->end)
			return 0;
	}
	got = cache_read(s->object, p->at, piece_r);
	return got == 0 && whole ? -1 : got;
}

static bool has_news(struct caching_source *s)
{
	struct str piece;
	uint64_t length;

	return cache_is_whole(s->object, &length) ||
	    cache_read(s->object, s->parts->at, &piece) != 0;
}

/* Runs in the loop: is there anything new for who waits?  What woke us may have
 * been something else about it, and we are woken once for each await. */
static bool is_due(void *arg)
{
	struct caching_source *s = arg;

	if (has_news(s))
		return true;
	if (cache_is_awaited(s->object))
		return false;
	cache_await(s->object);
	return has_news(s);
}

static int fail(struct caching_source *s, enum end why)
{
	exchange_fail(s->x, why);
	return -1;
}

/* Waits until there is more, or an end.  0 or -1. */
static int wait_more(struct caching_source *s)
{
	usec_t patience = s->x->pool->timeouts.idle;
	int err;

	if (!s->awaited) {
		cache_await(s->object);
		s->awaited = true;
		return 0;
	}
	s->awaited = false;
	err = wait_change(s->x->caching->key.id, is_due, s, loop_now() + patience);
	if (err == -ETIMEDOUT)
		return fail(s, END_origin_idle);
	if (err < 0) {
		exchange_fail_client(s->x, err, END_client_deadline);
		return -1;
	}
	return 0;
}

/* ---- pulling ---- */

/* A fetch of this process that has outgrown its room may wait for that. */
static void advance(struct caching_source *s, const struct caching_part *p)
{
	cache_advance(s->object, p->at);
	wait_tell(wait_room(s->x->caching->key.id));
}

static int read_stored(struct caching_source *s, struct caching_part *p,
    struct str *piece_r)
{
	int got;

	if (s->growing)
		advance(s, p);
	while ((got = look(s, p, piece_r)) == 0 && s->growing)
		if (wait_more(s) < 0)
			return -1;
	return got < 0 ? fail(s, END_fetch_broken) : got;
}

/* The bytes of P that lie together: 1, 0 at the end, -1. */
static int read_part(struct caching_source *s, struct caching_part *p,
    struct str *piece_r)
{
	int got = 1;

	if (s->copy != NULL)
		*piece_r = str_make(s->copy + p->at, p->end - p->at);
	else
		got = read_stored(s, p, piece_r);
	if (got <= 0)
		return got;
	INSIST(piece_r->n > 0);
	if (piece_r->n > p->end - p->at)
		piece_r->n = p->end - p->at;
	p->at += piece_r->n;
	return 1;
}

static int source_pull(struct source *source, struct str *piece_r)
{
	struct caching_source *s = cached_of(source);
	struct caching_part *p;

	while ((p = current(s)) != NULL) {
		int got = 1;

		if (p->text.n > 0) {
			*piece_r = p->text;
			p->text = STR("");
		} else {
			got = read_part(s, p, piece_r);
		}
		if (got == 0)
			continue;
		source->ended = current(s) == NULL;
		return got;
	}
	return 0;
}

static bool source_is_ready(struct source *source)
{
	struct caching_source *s = cached_of(source);
	const struct caching_part *p = current(s);

	return !s->growing || p == NULL || p->text.n > 0 || has_news(s);
}

/* ---- the beginning ---- */

void caching_source_init(struct caching_source *s, struct exchange *x,
    char *copy)
{
	struct cache_found *found = &x->caching->found;
	int64_t length = found->meta.length;

	s->source = (struct source){.pull = source_pull,
	    .is_ready = source_is_ready,
	    .close = source_close};
	s->magic = CACHED_MAGIC;
	s->growing = found->growing && copy == NULL;
	s->awaited = false;
	s->x = x;
	s->object = copy == NULL ? &found->object : NULL;
	s->copy = copy;
	s->whole = (struct caching_part){STR_NONE, 0,
	    length < 0 ? UINT64_MAX : (uint64_t)length};
	s->parts = &s->whole;
	s->part_count = 1;
}

void caching_source_set(struct caching_source *s, struct caching_part *parts,
    unsigned count)
{
	s->parts = parts;
	s->part_count = count;
	if (count == 0)
		let_go(s);
}

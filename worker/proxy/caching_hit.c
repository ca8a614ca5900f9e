/*
 * caching_hit.c - what was found becomes a reply.
 *
 * Runs on the exchange's fiber.  The head is made of the record; the body is
 * read where it lies, in the segment, also while it grows.
 */
#include <errno.h>

#include "common/base/insist.h"
#include "worker/cache/record.h"
#include "worker/cache/wait.h"
#include "worker/proxy/caching.h"

#define LOOK_AGAIN USEC_PER_SEC /* if a wake-up was lost */
#define HEAD_MORE 256

struct hit {
	struct source source;
	struct exchange *x;
	uint64_t at;
};

static struct hit *hit_of(struct source *s)
{
	return container_of(s, struct hit, source);
}

static struct cache_object *object_of(const struct hit *h)
{
	return &h->x->caching->found.object;
}

static bool is_empty(const struct hit *h)
{
	return h->x->caching->found.meta.length == 0;
}

/* 1 and a piece, 0 at the end, -1 broken, -EAGAIN: nothing now. */
static int read(struct hit *h, struct str *piece_r)
{
	struct cache_object *o = object_of(h);
	uint64_t length;
	int got = cache_read(o, h->at, piece_r);

	if (got != 0)
		return got;
	if (!cache_is_whole(o, &length))
		return -EAGAIN;
	return h->at < length ? cache_read(o, h->at, piece_r) : 0;
}

static int wait_growth(struct hit *h, struct str *piece_r)
{
	int got, err = 0;

	do {
		cache_await(object_of(h));
		got = read(h, piece_r);
		if (got == -EAGAIN)
			err = wait_change(h->x->caching->key.id, NULL, NULL,
			    loop_now() + LOOK_AGAIN);
	} while (got == -EAGAIN && err != -ECANCELED);
	if (got == -EAGAIN)
		exchange_fail_client(h->x, err, END_stopped);
	return got;
}

static int source_pull(struct source *s, struct str *piece_r)
{
	struct hit *h = hit_of(s);
	int got;

	if (is_empty(h))
		return 0;
	cache_advance(object_of(h), h->at);
	got = read(h, piece_r);
	if (got == -EAGAIN)
		got = wait_growth(h, piece_r);
	if (got < 0)
		exchange_fail(h->x, END_fetch_broken);
	if (got > 0)
		h->at += piece_r->n;
	return got < 0 ? -1 : got;
}

static bool source_is_ready(struct source *s)
{
	struct str piece;

	return is_empty(hit_of(s)) || read(hit_of(s), &piece) != -EAGAIN;
}

static void source_close(struct source *s)
{
	cache_release(object_of(hit_of(s)));
}

static struct framing framing_of(const struct exchange *x)
{
	int64_t length = x->caching->found.meta.length;
	struct framing f = {.kind = FRAMING_CHUNKED};

	if (length != CACHE_LENGTH_UNKNOWN)
		f = (struct framing){.kind = FRAMING_LENGTH,
		    .length_said = true,
		    .length = (uint64_t)length};
	if (x->request.method == METHOD_HEAD)
		f.kind = FRAMING_NONE;
	return f;
}

bool caching_hit(struct exchange *x, struct reply *reply)
{
	struct caching *c = x->caching;
	struct hit *h = ARENA_NEW(&x->arena, struct hit);

	if (h == NULL ||
	    !record_decode(c->found.record, &x->arena, &reply->head))
		return false;
	h->x = x;
	h->source = (struct source){.pull = source_pull,
	    .is_ready = source_is_ready,
	    .close = source_close};
	reply->source = &h->source;
	reply->is_bare = true;
	reply->head_len = c->found.record.n + HEAD_MORE;
	reply->head.framing = framing_of(x);
	return true;
}

bool caching_hit_crowded(struct exchange *x, struct reply *reply)
{
	(void)x;
	(void)reply;
	return false;
}

bool caching_purge(struct exchange *x, struct reply *reply)
{
	(void)x;
	(void)reply;
	return false;
}

/*
 * cache_save.c - the objects of the store to a file.
 *
 * Runs in the master when all workers have ended.  A worker that was killed
 * inside a shard has left it locked, and who knows how; nobody has reset it
 * since, so that shard is left out.  Of all others nothing is believed but what
 * is in bounds: what does not fit together is left out, too.
 */
#include <string.h>

#include "common/shm/cache_file.h"
#include "common/shm/cache_resource.h"
#include "common/shm/cache_saved.h"
#include "common/shm/cache_stream.h"

static struct cache_stream stream;

static bool is_sound(struct cache_view *v)
{
	if (pthread_mutex_trylock(&v->shard->lock.mutex) != 0)
		return false;
	(void)pthread_mutex_unlock(&v->shard->lock.mutex);
	return true;
}

/* The bodies pieces, one after the other; PUT: to the file.  False: they are
 * not as many bytes as the object says. */
static bool go_through_body(const struct cache_view *v, struct cache_entry *e,
    bool put)
{
	uint64_t size = atomic_load(&e->size), at = 0;
	struct cache_place place = {.block = CACHE_NONE};

	while (at < size) {
		struct str part = cache_part(v, e, at, size, &place);

		if (part.n == 0)
			return false;
		if (put)
			cache_stream_put(&stream, part.p, part.n);
		at += part.n;
	}
	return true;
}

static bool is_whole(const struct cache_view *v, struct cache_entry *e)
{
	uint64_t size = atomic_load(&e->size);

	return atomic_load(&e->state) == CACHE_STATE_WHOLE && e->indexed &&
	       size <= (uint64_t)v->units * CACHE_UNIT &&
	       (e->meta.length == CACHE_LENGTH_UNKNOWN ||
		   (uint64_t)e->meta.length == size) &&
	       cache_entry_record(v, e).p != NULL &&
	       go_through_body(v, e, false);
}

static usec_t since(usec_t time, usec_t now)
{
	return time == DEADLINE_NEVER ? time : time - now;
}

static struct hash_id owner_of(const struct cache_view *v,
    const struct cache_entry *e)
{
	if (e->node.owner >= CACHE_OWNERS)
		return (struct hash_id){{0, 0}};
	return v->shard->queues.owner[e->node.owner];
}

static void put_text(struct str s)
{
	cache_stream_put(&stream, s.p, s.n);
}

static void save(const struct cache_view *v, struct cache_entry *e, usec_t now)
{
	struct cache_saved s = {
	    .owner = owner_of(v, e),
	    .born = since(e->meta.born, now),
	    .fresh_until = since(e->meta.fresh_until, now),
	    .while_revalidate_until =
		since(e->meta.while_revalidate_until, now),
	    .if_error_until = since(e->meta.if_error_until, now),
	    .body_n = atomic_load(&e->size),
	    .first = e->meta.first,
	    .complete = e->meta.complete,
	    .record_n = e->record_n,
	    .hits = e->hits,
	    .key_n = e->key_n,
	    .variant_n = e->variant_n,
	    .spec_n = e->spec_n,
	    .tags_n = e->tags_n,
	    .status = e->meta.status,
	    .flags = e->meta.flags,
	    .visited = atomic_load(&e->node.visited),
	};

	cache_stream_put(&stream, &s, sizeof(s));
	put_text(cache_entry_key(e));
	put_text(cache_entry_variant(e));
	put_text(cache_entry_spec(e));
	put_text(cache_entry_tags(e));
	put_text(cache_entry_record(v, e));
	(void)go_through_body(v, e, true);
}

/* ---- all ---- */

/* Shards in turns, each a part of its queue, the oldest first: what is near the
 * end of the file is the newest of all. */
#define TURNS 64

static struct cursor {
	uint32_t at, count, done;
} cursors[CACHE_SHARDS_MAX];

static void begin(struct cursor *c, struct cache_view *v, struct cache_filed *r)
{
	const struct cache_queue *q = &v->shard->queues.all;

	*c = (struct cursor){.at = q->oldest, .count = q->count};
	if (is_sound(v))
		return;
	r->left_out += v->shard->objects;
	c->count = 0;
}

static void go_on(struct cursor *c, struct cache_view *v, usec_t now,
    unsigned turn, struct cache_filed *r)
{
	uint64_t until = (uint64_t)c->count * (turn + 1) / TURNS;

	for (; c->done < until && stream.error == 0; c->done++) {
		struct cache_entry *e = cache_entry_at(v, c->at);

		if (e == NULL)
			return;
		if (is_whole(v, e)) {
			save(v, e, now);
			r->objects++;
		}
		c->at = e->node.shard.newer;
	}
}

static void save_all(usec_t now, struct cache_filed *r)
{
	for (unsigned i = 0; i < cache_shards(); i++)
		begin(&cursors[i], cache_view_at(i), r);
	for (unsigned turn = 0; turn < TURNS; turn++)
		for (unsigned i = 0; i < cache_shards(); i++)
			go_on(&cursors[i], cache_view_at(i), now, turn, r);
}

int cache_save(void *table, uint64_t size, int fd, uint64_t build,
    struct cache_filed *r)
{
	struct cache_file_head head = {
	    .build = build, .layout = CACHE_SAVED_LAYOUT};
	usec_t now = clock_mono();
	int error;

	memset(r, 0, sizeof(*r));
	head.saved = clock_wall();
	cache_open(table, size);
	if (cache_stream_create(&stream, fd) == 0)
		save_all(now, r);
	cache_close();
	head.objects = r->objects;
	error = cache_stream_seal(&stream, &head);
	r->bytes = (head.blocks + 1) * CACHE_BLOCK_SIZE;
	return error;
}

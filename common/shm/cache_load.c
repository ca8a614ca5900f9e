/*
 * cache_load.c - the objects of a file to the store.
 *
 * Runs in the master before the first worker.  The file is believed as far as
 * its sums go, and no number in it further than there is room: who can write
 * to it can say what clients are told, but not where it is written.  When
 * anything is wrong in the middle, what was put into the store by then is
 * dropped, and it starts empty.
 */
#include <string.h>

#include "common/shm/cache_chain.h"
#include "common/shm/cache_file.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_memory.h"
#include "common/shm/cache_reset.h"
#include "common/shm/cache_resource.h"
#include "common/shm/cache_saved.h"
#include "common/shm/cache_stream.h"

/* The wall clock may have been set back a little meanwhile. */
#define SLACK (60 * USEC_PER_SEC)

static struct cache_stream stream;
static char texts[4 * CACHE_KEY_MAX + CACHE_RECORD_MAX];

/* How to take times from the file: now, and how long ago it was written. */
struct since {
	usec_t now, elapsed;
};

static usec_t time_of(const struct since *since, usec_t saved)
{
	usec_t most = INT64_MAX / 4;

	if (saved == DEADLINE_NEVER)
		return saved;
	if (saved > most || saved < -most)
		saved = 0;
	return since->now + saved - since->elapsed;
}

static bool is_possible(const struct cache_saved *s)
{
	return s->key_n > 0 && s->key_n <= CACHE_KEY_MAX &&
	       s->variant_n <= CACHE_KEY_MAX && s->spec_n <= CACHE_KEY_MAX &&
	       s->tags_n <= CACHE_KEY_MAX && s->record_n <= CACHE_RECORD_MAX &&
	       s->body_n <= INT64_MAX / 2;
}

static struct str next_text(const char **at, size_t n)
{
	struct str s = str_make(*at, n);

	*at += n;
	return s;
}

static bool read_texts(const struct cache_saved *s, struct cache_texts *t_r)
{
	const char *at = texts;
	size_t n = (size_t)s->key_n + s->variant_n + s->spec_n + s->tags_n +
		   s->record_n;

	if (!cache_stream_get(&stream, texts, n))
		return false;
	t_r->key = cache_key_make(next_text(&at, s->key_n));
	t_r->variant = cache_variant_make(next_text(&at, s->variant_n));
	t_r->spec = next_text(&at, s->spec_n);
	t_r->tags = next_text(&at, s->tags_n);
	t_r->record = next_text(&at, s->record_n);
	return true;
}

static struct cache_meta meta_of(const struct cache_saved *s,
    const struct since *since)
{
	return (struct cache_meta){
	    .status = s->status,
	    .flags = s->flags,
	    .born = time_of(since, s->born),
	    .fresh_until = time_of(since, s->fresh_until),
	    .while_revalidate_until = time_of(since, s->while_revalidate_until),
	    .if_error_until = time_of(since, s->if_error_until),
	    .length = (int64_t)s->body_n,
	    .first = s->first,
	    .complete = s->complete,
	};
}

/* ---- room ---- */

static uint32_t take_head(struct cache_view *v, uint32_t units)
{
	uint32_t at = CACHE_NONE;

	for (unsigned i = 0; at == CACHE_NONE && i < CACHE_TRIES; i++)
		at = cache_take_run(v, units);
	return at;
}

static bool take_body(struct cache_view *v, struct cache_entry *e, uint64_t n)
{
	int added = 1;

	for (unsigned i = 0; i < CACHE_TRIES && added >= 0;) {
		uint64_t has = cache_chain_room(v, e);

		if (has >= n)
			return true;
		added = cache_chain_add(v, e, n - has, i);
		i = added > 0 ? 0 : i + 1;
	}
	return false;
}

/* An entry with room for all of it, in no index.  NULL: there is none. */
static struct cache_entry *make(struct cache_view *v,
    const struct cache_texts *t, uint64_t body_n)
{
	uint64_t inline_n = cache_entry_inline_for((int64_t)body_n);
	uint32_t units = cache_entry_units(t, inline_n), at;
	struct cache_entry *e;

	if (units + body_n / CACHE_UNIT > v->units / 4)
		return NULL;
	at = take_head(v, units);
	if (at == CACHE_NONE)
		return NULL;
	e = cache_entry_make(v, at, units, t, inline_n);
	if (take_body(v, e, body_n))
		return e;
	cache_entry_settle(v, e, at);
	return NULL;
}

/* ---- one object ---- */

static bool read_body(const struct cache_view *v, struct cache_entry *e,
    uint64_t n)
{
	struct cache_place place = {.block = CACHE_NONE};
	uint64_t at = 0;

	while (at < n) {
		struct str part = cache_part(v, e, at, n, &place);

		if (part.n == 0 ||
		    !cache_stream_get(&stream, (char *)part.p, part.n))
			return false;
		at += part.n;
	}
	return true;
}

static void show(struct cache_view *v, struct cache_entry *e,
    const struct cache_saved *s)
{
	atomic_store(&e->size, s->body_n);
	atomic_store(&e->state, CACHE_STATE_WHOLE);
	e->node.owner = (uint16_t)cache_queue_owner(&v->queue, s->owner);
	cache_index_add(v, e, cache_at_of(v, e));
	atomic_store(&e->node.visited, s->visited != 0);
	e->hits = s->hits;
}

static bool load(const struct since *since, struct cache_filed *r)
{
	struct cache_texts t;
	struct cache_saved s;
	struct cache_entry *e;
	struct cache_view *v;

	if (!cache_stream_get(&stream, &s, sizeof(s)) || !is_possible(&s) ||
	    !read_texts(&s, &t))
		return false;
	v = cache_view_at(cache_shard_of(t.key.id));
	e = make(v, &t, s.body_n);
	if (e == NULL) {
		r->left_out++;
		return cache_stream_get(&stream, NULL, s.body_n);
	}
	e->meta = meta_of(&s, since);
	if (!read_body(v, e, s.body_n))
		return false;
	show(v, e, &s);
	r->objects++;
	r->bytes += s.body_n;
	return true;
}

/* ---- all ---- */

static const char *check(const struct cache_file_head *head, uint64_t build,
    usec_t *elapsed_r)
{
	if (head->build != build || head->layout != CACHE_SAVED_LAYOUT)
		return "another build of sluiced wrote it";
	*elapsed_r = clock_wall() - head->saved;
	if (*elapsed_r < -SLACK)
		return "it is of the future, by this machine's clock";
	if (*elapsed_r < 0)
		*elapsed_r = 0;
	return NULL;
}

static void drop_all(struct cache_filed *r)
{
	memset(r, 0, sizeof(*r));
	for (unsigned i = 0; i < cache_shards(); i++)
		cache_reset(cache_view_at(i));
}

static const char *load_all(const struct cache_file_head *head,
    const struct since *since, struct cache_filed *r)
{
	for (uint64_t i = 0; i < head->objects; i++) {
		if (load(since, r))
			continue;
		drop_all(r);
		return "its content is damaged";
	}
	return NULL;
}

const char *cache_load(void *table, uint64_t size, int fd, uint64_t build,
    struct cache_filed *r)
{
	struct since since = {.now = clock_mono()};
	struct cache_file_head head;
	const char *why;

	memset(r, 0, sizeof(*r));
	why = cache_stream_open(&stream, fd, &head);
	if (why == NULL)
		why = check(&head, build, &since.elapsed);
	if (why != NULL)
		return why;
	cache_open(table, size);
	why = load_all(&head, &since, r);
	cache_close();
	return why;
}

/*
 * cache.h - the store of the cache: replies that all workers share.
 *
 * The area is cut into shards, each with a lock.  A *resource* is what a key
 * names; it has one object for each variant (Vary), at most CACHE_VARIANTS_MAX,
 * all in one shard.  An object is key, variant, tags, a *record* (the head, as
 * worker/cache encodes it) and a body in one piece or several.
 *
 *   FETCHING  a placeholder: somebody (a claim) asks the origin; no head yet
 *   GROWING   the head is there; readers stream the body as it is appended
 *   WHOLE     done
 *   MARK      "go by yourself": not cacheable, until a time
 *   FAILED    the fetch failed: told to who waited for it, nothing for others
 *   BROKEN    the body broke off; so do its readers
 *
 * Records and meta are copied out when something is found, under the lock; only
 * bodies are pinned, and sent straight from the segment.  So what a 304 brings
 * can be put in place of the record of a living object.
 *
 * Times are CLOCK_MONOTONIC.  Nothing here waits, but for a lock, and then at
 * most LOCK_PATIENCE.  What does not fit, or is behind a lock that is not to be
 * had, is as if it were not there.
 */
#ifndef COMMON_SHM_CACHE_H
#define COMMON_SHM_CACHE_H

#include "common/shm/area.h"
#include "common/shm/cache_t.h"

#define CACHE_SMALLEST ((uint64_t)4 << 20) /* area */
#define CACHE_VARIANTS_MAX 64
#define CACHE_KEY_MAX 16384	   /* bytes of key, variant, spec, tags: each */
#define CACHE_RECORD_MAX (256 << 10)
#define CACHE_COPY_MAX (64 << 10) /* body of what is copied: cache_copy */

/* ---- the area ---- */

/* An area for SIZE bytes of objects, CACHE_SMALLEST or more; it takes memory
 * only as it is used. */
struct area_shape cache_shape(uint64_t size);
void cache_create(void *table, uint64_t size);

/* This is the table of this process, which sits on its seat, from now on. */
void cache_enter(void *table, uint64_t size);

/* Of an area for SIZE bytes: no object can be larger, head and body. */
uint64_t cache_largest(uint64_t size);

/* Is there an area, and what is the largest object in it? */
bool cache_is_there(void);
uint64_t cache_largest_here(void);

/* What SEAT, whose process is dead, had pinned and claimed; who waited for it
 * is woken. */
void cache_give_back(int seat);

struct cache_sums cache_sum(void);

/* ---- names ---- */

/* TEXT is not copied. */
struct cache_key cache_key_make(struct str text);
struct cache_variant cache_variant_make(struct str text);

/* ---- finding ---- */

/*
 * The newest object of KEY that is one of the N variants.  First call: with the
 * empty variant alone.  CACHE_VARIES, only then: some objects vary by what
 * the specs say; make the request's variants of them, and ask again with these
 * and the empty one.
 *
 * SINCE: when the caller began to wait, or 0: a failure younger than that is
 * told.  One lock, no allocation; what is found counts as used.
 */
enum cache_result cache_find(const struct cache_key *key,
    const struct cache_variant *variants, unsigned n, usec_t since,
    struct cache_found *f);

/*
 * After CACHE_CROWDED: as cache_find, with nothing pinned and the body copied
 * to BODY.  Its length, or -1: not there any more, not whole, or larger
 * than CAP or CACHE_COPY_MAX; then fetch as if there were no cache.
 */
int cache_copy(const struct cache_key *key,
    const struct cache_variant *variants, unsigned n, struct cache_found *f,
    char *body, size_t cap);

/* ---- fetching ---- */

/*
 * Work for exactly one: to fetch or revalidate KEY and VARIANT (NULL: not known
 * yet; that waits for any claim on the resource).  CLAIMED: *FETCH_R is it,
 * pinned, for PATIENCE: then others may take it over.  WAIT: somebody has it,
 * and will wake this seat; then find again.  AGAIN: the resource is not what it
 * was at STAMP: find again.  REFUSED: busy, or no memory.
 */
enum cache_claim cache_claim(const struct cache_key *key,
    const struct cache_variant *variant, uint64_t stamp, usec_t patience,
    struct cache_object *fetch_r);

/* A fetch that nobody knows of, until it is published.  False: no memory. */
bool cache_begin(const struct cache_key *key, struct cache_object *fetch_r);

/*
 * The head is there: FETCH is GROWING from now on, in place of what has its key
 * and variant.  All room for a known length is taken here.  False: no room,
 * purged meanwhile, taken over, or busy: go on without the store; FETCH is as it
 * was, to be ended by cache_mark or cache_abort.  Wakes who waits.
 */
bool cache_publish(struct cache_object *fetch, const struct cache_publish *p);

/* Contiguous room in the segment, *n_r bytes: at least 1, and about WANT if
 * there is as much.  NULL: none to be had, or all of a known length is there;
 * of what is outgrown: until readers advance (await it, and look again). */
char *cache_room(struct cache_object *fetch, size_t want, size_t *n_r);

/* N bytes were written to the room: readers may see them.  Wakes.  False:
 * nobody reads it, and nobody will (purged): stop.  */
bool cache_grow(struct cache_object *fetch, size_t n);

/* The end of FETCH in four ways; each releases it and wakes who waits. */
void cache_finish(struct cache_object *fetch);
void cache_abort(struct cache_object *fetch, uint16_t reason);
void cache_mark(struct cache_object *fetch, usec_t until, uint16_t reason);

/* 304: OBJECT, which is that of FETCH's key and VARIANT and is pinned, unless it
 * is empty, has another record and meta now (but for length, first and
 * complete).  False: it is not there any more, or another is in its place. */
bool cache_refresh(struct cache_object *fetch,
    const struct cache_object *object, const struct cache_variant *variant,
    const struct cache_meta *meta, struct str record);

/*
 * A body of unknown length is too large: no new readers, and what all have read
 * makes room for what comes.  False: nobody reads it; abort.
 */
bool cache_outgrow(struct cache_object *fetch);

/* ---- reading ---- */

/* 1: *PIECE_R is bytes from AT on, contiguous, in the segment; 0: AT is the end
 * of what is there; -1: nothing will come. */
int cache_read(struct cache_object *o, uint64_t at, struct str *piece_r);

bool cache_is_whole(const struct cache_object *o, uint64_t *length_r);

/* This seat will be woken once, when O has grown or ended: then read once more,
 * and only then wait. */
void cache_await(struct cache_object *o);

/* Will it still?  It may have been woken for what another reader has done.  No
 * lock. */
bool cache_is_awaited(const struct cache_object *o);

/* This reader needs nothing before AT: what is outgrown gives it back.  Once
 * for each piece, so that those of an object that is outgrown later count. */
void cache_advance(struct cache_object *o, uint64_t at);

/* One pin more on O, for who outlives it; none if O is none.  False: it is not to
 * be had. */
bool cache_hold(const struct cache_object *o, struct cache_object *copy_r);

/* Harmless on a zeroed one.  What is small is given back a little later, with
 * the next lock of its shard that this process takes. */
void cache_release(struct cache_object *o);

/* Gives back all that was put off. */
void cache_settle(void);

#endif

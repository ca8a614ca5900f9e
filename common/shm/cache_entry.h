/*
 * cache_entry.h - one entry of a shard: its parts, and the runs it takes.
 *
 * Under the lock of the shard, but for what says that a pin is enough.
 */
#ifndef COMMON_SHM_CACHE_ENTRY_H
#define COMMON_SHM_CACHE_ENTRY_H

#include "common/shm/cache_area.h"

/* What a new one is made of; RECORD and the rest may be empty. */
struct cache_texts {
	struct cache_key key;
	struct cache_variant variant;
	struct str spec, tags, record;
};

/* The entry AT; NULL: there is none that is sound.  A pin is enough. */
struct cache_entry *cache_entry_at(const struct cache_view *v, uint32_t at);

/* How much of a body of LENGTH lies in the head: all, if it is small. */
uint64_t cache_entry_inline_for(int64_t length);

/* Units of the head with these texts and INLINE_N bytes of body. */
uint32_t cache_entry_units(const struct cache_texts *t, uint64_t inline_n);

/* Writes one to the run of UNITS units AT; it is in no index. */
struct cache_entry *cache_entry_make(struct cache_view *v, uint32_t at,
    uint32_t units, const struct cache_texts *t, uint64_t inline_n);

/* Is it of this key, or variant: all bytes compared. */
bool cache_entry_is(const struct cache_entry *e, const struct cache_key *key);
bool cache_entry_is_variant(const struct cache_entry *e,
    const struct cache_variant *variant);

struct str cache_entry_key(const struct cache_entry *e);
struct str cache_entry_variant(const struct cache_entry *e);
struct str cache_entry_spec(const struct cache_entry *e);
struct str cache_entry_tags(const struct cache_entry *e);

/* STR_NONE if it is not sound. */
struct str cache_entry_record(const struct cache_view *v,
    const struct cache_entry *e);

/* Body in the head; a pin is enough.  INLINE_N bytes. */
char *cache_entry_inline(struct cache_entry *e);

/* A block of the body, and its room; a pin is enough. */
struct cache_block *cache_block_at(const struct cache_view *v, uint32_t at);
uint64_t cache_block_room(const struct cache_block *b);

/* NULL: it is not being fetched. */
struct cache_growth *cache_growth_of(const struct cache_view *v,
    const struct cache_entry *e);

/* Calls FN for each run: for what frees, and for what keeps them.  How many
 * units these are, without the growth. */
typedef bool cache_run_fn(const struct cache_blocks *b, uint32_t at,
    uint32_t n);
uint32_t cache_entry_runs(struct cache_view *v, struct cache_entry *e,
    uint32_t at, cache_run_fn *fn);

/* Counts its units as WHICH from now on, and not as what they were. */
void cache_entry_hold(struct cache_view *v, struct cache_entry *e,
    enum cache_held which);

/* Another run of N units belongs to it, or does no more. */
void cache_entry_grew(struct cache_view *v, struct cache_entry *e, uint32_t n);
void cache_entry_shrank(struct cache_view *v, struct cache_entry *e,
    uint32_t n);

/* After its pins, state or place in the index have changed: what is not needed
 * any more is given back, E itself too when nobody can reach it. */
void cache_entry_settle(struct cache_view *v, struct cache_entry *e,
    uint32_t at);

/* SEAT, which had pinned the entry AT, is dead; who waited for what it fetched,
 * or for it to read on, is added to WAKE.  Its pins are not touched. */
void cache_entry_orphan(struct cache_view *v, uint32_t at, int seat,
    struct wake_set *wake);

#endif

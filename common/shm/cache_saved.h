/*
 * cache_saved.h - one object as it stands in a file: for cache_save.c and
 * cache_load.c.
 *
 *	struct cache_saved | key | variant | spec | tags | record | body
 */
#ifndef COMMON_SHM_CACHE_SAVED_H
#define COMMON_SHM_CACHE_SAVED_H

#include "common/base/clock.h"
#include "common/base/hash.h"

#define CACHE_SAVED_LAYOUT (((uint64_t)sizeof(struct cache_saved) << 32) | 1)

/* Times are from when the file was written; DEADLINE_NEVER stays. */
struct cache_saved {
	struct hash_id owner; /* {0}: it had no share */
	usec_t born, fresh_until, while_revalidate_until, if_error_until;
	uint64_t body_n, first, complete;
	uint32_t record_n, hits;
	uint16_t key_n, variant_n, spec_n, tags_n;
	uint16_t status, flags;
	uint16_t visited, reserved;
};

#endif

/*
 * cache_t.h - what goes in and out of the store of the cache.
 */
#ifndef COMMON_SHM_CACHE_T_H
#define COMMON_SHM_CACHE_T_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/str.h"

/* What a resource is called: TEXT, and its hash by a secret of the area. */
struct cache_key {
	struct hash_id id;
	struct str text;
};

/* TEXT: per field that a reply varies by its name and the normalised value; ""
 * (ID 0): a reply without Vary. */
struct cache_variant {
	uint64_t id;
	struct str text;
};

enum { CACHE_LENGTH_UNKNOWN = -1 };

struct cache_meta {
	uint16_t status;
	uint16_t flags;	 /* worker/cache's own */
	uint16_t reason; /* of a mark, and of a fetch that failed */
	usec_t born;	 /* now - BORN is its Age; may be negative */
	usec_t fresh_until;
	usec_t while_revalidate_until; /* may be served stale until then, being
					  revalidated in the background */
	usec_t if_error_until;	       /* and if the origin fails */
	int64_t length;	   /* of the body here; CACHE_LENGTH_UNKNOWN while it
			      grows and nobody has said */
	uint64_t first;	   /* of partial content: where its first byte is */
	uint64_t complete; /* and the length of the whole; 0: it is whole */
};

/*
 * A pin on an entry, in the caller's memory; zeroed: none.  It belongs to the
 * process, which gives it back by cache_release or by dying.  All members are
 * the store's own.
 */
struct cache_object {
	uint32_t shard, at;
	uint32_t slot;
	uint32_t block;	/* where the last piece was; 0: at the beginning */
	uint64_t block_start;
	uint64_t told;	/* cache_advance */
	uint32_t place; /* of a reader of what is outgrown */
	bool fetches;	/* it is no reader's */
};

#define CACHE_SPECS_MAX 4
#define CACHE_SPEC_TEXT 1024

struct cache_found {
	/* In: room for the record. */
	char *buf;
	size_t cap;

	struct str record; /* in BUF; CACHE_LARGE: N is what it takes */
	struct cache_meta meta;
	struct cache_object object; /* pinned; none if meta.length is 0 */
	bool growing;
	bool fetching; /* somebody has a claim on the key, or on this variant */

	/* What else there is of the resource varies by: names, joined by "\n",
	 * each once. */
	unsigned spec_count;
	struct str specs[CACHE_SPECS_MAX]; /* in SPEC_TEXT */
	char spec_text[CACHE_SPEC_TEXT];

	uint64_t stamp; /* of the resource, for cache_claim */
};

enum cache_result {
	CACHE_FOUND,
	CACHE_VARIES,
	CACHE_NOTHING,
	CACHE_MARKED,  /* meta.reason says why */
	CACHE_FAILED,  /* the same */
	CACHE_LARGE,   /* the record is larger than CAP */
	CACHE_CROWDED, /* it is there, but too much of its shard is pinned */
	CACHE_BUSY
};

enum cache_claim {
	CACHE_CLAIMED,
	CACHE_WAIT,
	CACHE_AGAIN,
	CACHE_REFUSED
};

struct cache_publish {
	struct cache_meta meta;
	struct cache_variant variant;
	struct str spec; /* its names, lower case, joined by "\n" */
	struct str tags; /* joined by "\n" */
	struct str record;
	struct hash_id owner;
	uint64_t owner_max; /* bytes of the segment; 0: no limit */
};

struct cache_sums {
	uint64_t objects; /* with a body, also when it is empty */
	uint64_t marks;	  /* all others in the index */
	uint64_t bytes;	  /* of the memory for objects */
	uint64_t free;
	uint64_t pinned;  /* by readers */
	uint64_t growing; /* held by fetches */
	uint64_t evicted;
	uint64_t resets;  /* of shards */
	uint64_t shards;
	uint64_t busy;	  /* shards whose lock was not to be had: not in these */
};

#endif

/*
 * arena.h - memory that is given back all at once.
 *
 * Two kinds, one interface.  A growing arena (configuration: process
 * lifetime) takes blocks from malloc and treats running out as fatal.  A
 * fixed arena (one exchange) hands out a block that belongs to somebody else
 * and returns NULL when it is spent: its callers refuse the request.
 */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include "common/base/str.h"

struct arena {
	char *at;
	char *end;
	struct arena_block *blocks; /* of a growing arena */
	bool grows;
};

/* A growing arena; arena_free gives everything back. */
void arena_init(struct arena *a);
void arena_free(struct arena *a);

/* A fixed arena over N bytes at P, which stay the caller's. */
void arena_init_fixed(struct arena *a, void *p, size_t n);

/* N bytes, not cleared, aligned to 16.  NULL only from a fixed arena. */
void *arena_alloc(struct arena *a, size_t n);

/* The same, cleared. */
void *arena_zalloc(struct arena *a, size_t n);

/* A copy with a NUL behind it. */
char *arena_strdup(struct arena *a, struct str s);

#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_zalloc((a), sizeof(type) * (n)))

#endif

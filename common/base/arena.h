/*
 * arena.h - memory that is given back all at once.
 *
 * Three kinds, one interface.  A growing arena (configuration: process
 * lifetime) takes blocks from malloc and treats running out as fatal.  A
 * fixed arena hands out a block that belongs to somebody else and returns
 * NULL when it is spent.  A bounded one (one exchange) does the same, but
 * takes a few blocks more from malloc before that: the usual request needs
 * none of them, and the callers refuse the one that needs too many.
 */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include "common/base/str.h"

struct arena {
	char *at;
	char *end;
	struct arena_block *blocks; /* from malloc, the newest first */
	size_t room;		    /* what may still be taken from malloc */
	bool fatal;		    /* running out is */
};

/* A growing arena. */
void arena_init(struct arena *a);

/* Gives everything back that came from malloc. */
void arena_free(struct arena *a);

/* The same where there were secrets: of a growing arena, wiped before. */
void arena_wipe(struct arena *a);

/* A fixed arena over N bytes at P, which stay the caller's. */
void arena_init_fixed(struct arena *a, void *p, size_t n);

/* A bounded arena: the N bytes at P first, then up to MORE from malloc. */
void arena_init_bounded(struct arena *a, void *p, size_t n, size_t more);

/*
 * Gives back what was taken from A since MARK was copied from it.
 *
 *	struct arena mark = *a;  ...  arena_rewind(a, &mark);
 */
void arena_rewind(struct arena *a, const struct arena *mark);

/* N bytes, not cleared, aligned to 16.  NULL never from a growing arena. */
void *arena_alloc(struct arena *a, size_t n);

/* The same, cleared. */
void *arena_zalloc(struct arena *a, size_t n);

/* Gives back all but the first N bytes of P, the last that A gave. */
void arena_trim(struct arena *a, void *p, size_t n);

/* A copy with a NUL behind it. */
char *arena_strdup(struct arena *a, struct str s);

#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_zalloc((a), sizeof(type) * (n)))

#endif

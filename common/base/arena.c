/*
 * arena.c - memory that is given back all at once.
 *
 * A bump pointer; a growing arena chains malloc'ed blocks, each twice as
 * large as what is asked for or BLOCK_SIZE.
 */
#include "common/base/arena.h"

#include "common/base/insist.h"

#include <stdlib.h>

#define BLOCK_SIZE ((size_t)16 * 1024)
#define ALIGN ((size_t)16)

struct arena_block {
	struct arena_block *next;
	size_t size; /* keeps the payload aligned, too */
};

void arena_init(struct arena *a)
{
	*a = (struct arena){.grows = true};
}

void arena_init_fixed(struct arena *a, void *p, size_t n)
{
	size_t skew = (ALIGN - (uintptr_t)p % ALIGN) % ALIGN;

	INSIST(n >= skew);
	*a = (struct arena){.at = (char *)p + skew, .end = (char *)p + n};
}

void arena_free(struct arena *a)
{
	while (a->blocks != NULL) {
		struct arena_block *block = a->blocks;

		a->blocks = block->next;
		free(block);
	}
	*a = (struct arena){.grows = a->grows};
}

static void grow(struct arena *a, size_t n)
{
	size_t size = n * 2 > BLOCK_SIZE ? n * 2 : BLOCK_SIZE;
	struct arena_block *block;

	INSIST(n <= SIZE_MAX / 4);
	block = malloc(sizeof(*block) + size);
	INSIST(block != NULL);
	block->next = a->blocks;
	block->size = size;
	a->blocks = block;
	a->at = (char *)(block + 1);
	a->end = a->at + size;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t rounded = n > 0 ? (n + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	void *p;

	if (rounded < n || rounded > (size_t)(a->end - a->at)) {
		if (!a->grows)
			return NULL;
		INSIST(rounded >= n);
		grow(a, rounded);
	}
	p = a->at;
	a->at += rounded;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	if (p != NULL)
		memset(p, 0, n);
	return p;
}

char *arena_strdup(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.n + 1);

	if (copy == NULL)
		return NULL;
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

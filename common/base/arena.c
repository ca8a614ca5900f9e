/*
 * arena.c - memory that is given back all at once.
 *
 * A bump pointer; what grows chains malloc'ed blocks, each twice as large as
 * what is asked for or BLOCK_SIZE.
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
	*a = (struct arena){.room = SIZE_MAX, .fatal = true};
}

void arena_init_bounded(struct arena *a, void *p, size_t n, size_t more)
{
	size_t skew = (ALIGN - (uintptr_t)p % ALIGN) % ALIGN;

	INSIST(n >= skew);
	*a = (struct arena){.room = more};
	if (n == 0)
		return;
	a->at = (char *)p + skew;
	a->end = (char *)p + n;
}

void arena_init_fixed(struct arena *a, void *p, size_t n)
{
	arena_init_bounded(a, p, n, 0);
}

static void free_blocks(struct arena *a, const struct arena_block *until)
{
	while (a->blocks != until) {
		struct arena_block *block = a->blocks;

		INSIST(block != NULL);
		a->blocks = block->next;
		free(block);
	}
}

void arena_free(struct arena *a)
{
	free_blocks(a, NULL);
	*a = (struct arena){.room = a->fatal ? SIZE_MAX : 0,
	    .fatal = a->fatal};
}

void arena_wipe(struct arena *a)
{
	INSIST(a->fatal);
	for (struct arena_block *b = a->blocks; b != NULL; b = b->next)
		explicit_bzero(b + 1, b->size);
	arena_free(a);
}

void arena_rewind(struct arena *a, const struct arena *mark)
{
	free_blocks(a, mark->blocks);
	*a = *mark;
}

/* A block with room for N bytes; false when there may be none, or is none. */
static bool grow(struct arena *a, size_t n)
{
	size_t size = BLOCK_SIZE;
	struct arena_block *block;

	if (n > SIZE_MAX / 4)
		return false;
	if (n > BLOCK_SIZE / 2)
		size = n * 2;
	if (size > a->room)
		size = a->room;
	if (size < n)
		return false;
	block = malloc(sizeof(*block) + size);
	if (block == NULL)
		return false;
	block->next = a->blocks;
	block->size = size;
	if (!a->fatal)
		a->room -= size;
	a->blocks = block;
	a->at = (char *)(block + 1);
	a->end = a->at + size;
	return true;
}

/* What N bytes take; less than N: there is no such size. */
static size_t rounded_up(size_t n)
{
	return n > 0 ? (n + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t rounded = rounded_up(n);
	void *p;

	if (unlikely(rounded < n || rounded > (size_t)(a->end - a->at)) &&
	    !grow(a, rounded < n ? n : rounded)) {
		INSIST(!a->fatal);
		return NULL;
	}
	p = a->at;
	a->at += rounded;
	return p;
}

void arena_trim(struct arena *a, void *p, size_t n)
{
	size_t had = (size_t)(a->at - (char *)p);
	size_t kept = rounded_up(n);

	INSIST(p != NULL && (char *)p < a->at && kept >= n && kept <= had);
	a->at = (char *)p + kept;
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

/*
 * h2_pieces.h - what came of a body and was not consumed yet: a short queue of
 * blocks, each filled from its front and read from there.
 *
 * The first bytes lie in the window behind the head, while there is room and
 * all that came is still there: so a small body stays in one piece.  The rest
 * takes BODY blocks (block_take_kept).  Pure, but for taking those.
 */
#ifndef WORKER_HTTP_H2_PIECES_H
#define WORKER_HTTP_H2_PIECES_H

#include <stdbool.h>

#include "common/base/str.h"

struct h2_piece;

struct h2_pieces {
	char *window; /* the first bytes: window[start..end), up to cap */
	size_t start;
	size_t end;
	size_t cap;
	size_t held; /* bytes in all */
	struct h2_piece *first;
	struct h2_piece *last;
};

/* Nothing is there yet; N bytes at P are the window. */
void h2_pieces_begin(struct h2_pieces *q, char *p, size_t n);

/* False: there is no block for it, and nothing was added. */
bool h2_pieces_add(struct h2_pieces *q, const char *p, size_t n);

/* The bytes that come next, those that lie together; empty: none. */
struct str h2_pieces_next(const struct h2_pieces *q);

/* Those in the window. */
static inline struct str h2_pieces_window(const struct h2_pieces *q)
{
	return str_make(q->window, q->end);
}

/* The first N of those were consumed. */
void h2_pieces_consume(struct h2_pieces *q, size_t n);

/* Gives all blocks back. */
void h2_pieces_drop(struct h2_pieces *q);

#endif

/*
 * h2_pieces.c - what came of a body and was not consumed yet.
 *
 *   window:  | head | [start .. end)   |     block: | link | [start .. end) |
 *                     read first                      then these, in a row
 *
 * Runs in workers: filled in nghttp2's callback, which must not wait, so what
 * it takes is of those BODY blocks that may be kept; emptied by the fiber that
 * reads the stream.  What is at most there is the stream's window.
 */
#include "worker/http/h2_pieces.h"

#include <stdint.h>

#include "common/base/insist.h"
#include "worker/conn/block.h"

struct h2_piece {
	struct h2_piece *next;
	uint32_t start;
	uint32_t end;
	char bytes[];
};

#define PIECE_CAP (BLOCK_BODY_SIZE - sizeof(struct h2_piece))

void h2_pieces_begin(struct h2_pieces *q, char *p, size_t n)
{
	*q = (struct h2_pieces){.window = p, .cap = n};
}

static void append(struct h2_pieces *q, struct h2_piece *piece)
{
	piece->next = NULL;
	piece->start = piece->end = 0;
	if (q->last != NULL)
		q->last->next = piece;
	else
		q->first = piece;
	q->last = piece;
}

static size_t room(const struct h2_pieces *q)
{
	if (q->first == NULL)
		return q->cap - q->end;
	return PIECE_CAP - q->last->end;
}

/* N bytes, for which there is room. */
static void put(struct h2_pieces *q, const char *p, size_t n)
{
	if (q->first == NULL) {
		memcpy(q->window + q->end, p, n);
		q->end += n;
	} else {
		memcpy(q->last->bytes + q->last->end, p, n);
		q->last->end += (uint32_t)n;
	}
	q->held += n;
}

/* A frame is smaller than a block: it takes one more at most. */
bool h2_pieces_add(struct h2_pieces *q, const char *p, size_t n)
{
	size_t fits = room(q);

	if (n > fits) {
		struct h2_piece *more = block_take_kept();

		if (more == NULL)
			return false;
		if (q->first == NULL)
			fits = 0;
		if (fits > 0)
			put(q, p, fits);
		append(q, more);
		p += fits;
		n -= fits;
	}
	INSIST(n <= PIECE_CAP);
	put(q, p, n);
	return true;
}

struct str h2_pieces_next(const struct h2_pieces *q)
{
	if (q->start < q->end)
		return str_make(q->window + q->start, q->end - q->start);
	if (q->first == NULL)
		return STR("");
	return str_make(q->first->bytes + q->first->start,
	    q->first->end - q->first->start);
}

static void drop_first(struct h2_pieces *q)
{
	struct h2_piece *piece = q->first;

	q->first = piece->next;
	if (q->first == NULL)
		q->last = NULL;
	block_give_kept(piece);
}

void h2_pieces_consume(struct h2_pieces *q, size_t n)
{
	INSIST(n <= h2_pieces_next(q).n);
	q->held -= n;
	if (q->start < q->end) {
		q->start += n;
		return;
	}
	if (n == 0)
		return;
	q->first->start += (uint32_t)n;
	if (q->first->start == q->first->end)
		drop_first(q);
}

void h2_pieces_drop(struct h2_pieces *q)
{
	while (q->first != NULL)
		drop_first(q);
	q->start = q->end = q->held = 0;
	q->cap = 0;
}

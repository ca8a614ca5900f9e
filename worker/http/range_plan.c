/*
 * range_plan.c - several parts in one body: RFC 9110, 14.6; RFC 2046, 5.1.
 *
 * Runs in workers.  Between parts stand lines that no part should hold; what
 * they say is made here, and whoever sends the parts takes them from where they
 * are:
 *
 *	--BOUNDARY CR LF Content-Type: ... Content-Range: ... CR LF CR LF
 *	the bytes
 *	CR LF --BOUNDARY CR LF ...
 *	the bytes
 *	CR LF --BOUNDARY-- CR LF
 *
 * The boundary is random: who wrote the bytes can't have put it there.
 */
#include "worker/http/range.h"

#include "common/base/insist.h"
#include "common/base/random.h"

#define BOUNDARY_SIZE 32
#define TYPE_MORE 64	/* beside the boundary in the body's type */
#define PIECE_MORE 160	/* beside the part's type in what is before it */

static void write_part_head(struct out *o, struct str boundary,
    const struct range_part *part, uint64_t complete, struct str type)
{
	out_lit(o, "--");
	out_str(o, boundary);
	out_lit(o, "\r\n");
	if (type.p != NULL) {
		out_lit(o, "Content-Type: ");
		out_str(o, type);
		out_lit(o, "\r\n");
	}
	out_lit(o, "Content-Range: ");
	range_write(o, part, complete);
	out_lit(o, "\r\n\r\n");
}

static void add_piece(struct range_plan *plan, struct out *o, size_t start,
    const struct range_part *part)
{
	struct range_piece *piece = &plan->piece[plan->count++];

	piece->text = str_make(o->p + start, o->n - start);
	piece->first = part != NULL ? part->first : 0;
	piece->length = part != NULL ? part->length : 0;
	plan->length += piece->text.n + piece->length;
}

bool range_make_plan(const struct range_set *set, uint64_t complete,
    struct str type, struct arena *a, struct range_plan *plan)
{
	size_t room = TYPE_MORE + BOUNDARY_SIZE +
	    (set->count + 1) * (PIECE_MORE + type.n);
	struct out o = out_make(arena_alloc(a, room), room);
	char boundary_text[BOUNDARY_SIZE];
	struct str boundary = str_make(boundary_text, BOUNDARY_SIZE);

	if (o.p == NULL)
		return false;
	random_hex(boundary_text, BOUNDARY_SIZE);
	out_lit(&o, "multipart/byteranges; boundary=");
	out_str(&o, boundary);
	*plan = (struct range_plan){.type = out_text(&o)};
	for (unsigned i = 0; i < set->count; i++) {
		size_t start = o.n;

		if (i > 0)
			out_lit(&o, "\r\n");
		write_part_head(&o, boundary, &set->part[i], complete, type);
		add_piece(plan, &o, start, &set->part[i]);
	}
	room = o.n;
	out_lit(&o, "\r\n--");
	out_str(&o, boundary);
	out_lit(&o, "--\r\n");
	add_piece(plan, &o, room, NULL);
	INSIST(out_ok(&o));
	return true;
}

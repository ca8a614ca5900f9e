/*
 * caching_rest.c - what is missing of a part that is stored.
 *
 * Runs in workers: on the exchange's fiber until the rest is asked for, then on
 * the fetch's.  RFC 9111, 3.4: a part and its rest are one reply if a strong
 * validator says that they are of the same bytes, and its head is the part's
 * with what the newer one says.
 *
 *	stored     0 ......... length
 *	asked for              length .............. complete
 *	then       0 ............................... complete
 *
 * If-Range has the origin send all if it has something else now.  Of what has no
 * validator at all nothing can be joined; its rest is asked for all the same, as
 * is expected of caches, since the answer may be all of it: a second request is
 * the price where it is a part again.
 */
#include "worker/proxy/caching_rest.h"

#include "worker/cache/partial.h"
#include "worker/cache/record.h"
#include "worker/cache/update.h"
#include "worker/cache/wait.h"

#define ASK_ROOM 64 /* beside the texts of range and validator */

/* What META says; false: nothing sound, and that is what a segment may say. */
static bool read_part(const struct cache_meta *meta, struct partial *part_r)
{
	*part_r = (struct partial){meta->first, (uint64_t)meta->length,
	    meta->complete};
	return meta->length > 0 && meta->complete <= BODY_LENGTH_MAX &&
	    part_r->length <= meta->complete &&
	    meta->first <= meta->complete - part_r->length;
}

static bool has(const struct message *m, enum field_id id)
{
	return (m->present & FIELD_BIT(id)) != 0;
}

/* Could it be joined to what is stored, or be all? */
static bool is_worth_it(const struct message *stored)
{
	return range_is_same(stored, stored, clock_wall()) ||
	    (!has(stored, FIELD_etag) && !has(stored, FIELD_last_modified));
}

bool caching_rest_is_wanted(const struct exchange *x)
{
	const struct cache_found *found = &x->caching->found;
	struct range_part rest;
	struct partial part;

	return x->request.method == METHOD_GET && !found->growing &&
	    !has(&x->request, FIELD_range) &&
	    read_part(&found->meta, &part) &&
	    partial_plan(&part, NULL, &rest) == PARTIAL_REST;
}

static void write_if_range(struct out *o, const struct message *stored)
{
	const struct field *f = message_find(stored, FIELD_etag);

	if (f == NULL)
		f = message_find(stored, FIELD_last_modified);
	if (f != NULL)
		h1_write_line(o, STR("If-Range"), field_value(f));
}

struct str caching_rest_lines(struct exchange *x)
{
	const struct cache_found *found = &x->caching->found;
	struct message stored;
	struct range_part rest;
	struct partial part;
	struct out o;

	if (!read_part(&found->meta, &part) ||
	    partial_plan(&part, NULL, &rest) != PARTIAL_REST ||
	    !record_decode(found->record, &x->arena, &stored) ||
	    !is_worth_it(&stored))
		return STR("");
	o = exchange_out(x, ASK_ROOM + RANGE_TEXT_MAX + found->record.n);
	out_lit(&o, "Range: ");
	range_write_ask(&o, rest.first,
	    part.first == 0 ? RANGE_TO_END : rest.length - 1);
	out_lit(&o, "\r\n");
	write_if_range(&o, &stored);
	return out_ok(&o) ? out_text(&o) : STR("");
}

bool caching_rest_publish(struct caching_fetch *f)
{
	struct message *head = &f->reply.head;
	struct message whole;
	struct partial part;

	if (!read_part(&f->stale_meta, &part) ||
	    !partial_joins(&part, &f->stale, head, clock_wall()) ||
	    !update_merge(&f->stale, head, &f->x->arena, &whole))
		return false;
	whole.framing = (struct framing){.kind = FRAMING_LENGTH,
	    .length = part.complete};
	*head = whole;
	f->reply.head_len += f->stale_len;
	f->reason = caching_store_head(f);
	f->stored = f->joins = f->reason == CACHE_REASON_NONE;
	wait_tell(f->key.id);
	return f->stored;
}

bool caching_rest_copy(struct caching_fetch *f)
{
	uint64_t length = (uint64_t)f->stale_meta.length;
	struct str piece;

	for (uint64_t at = 0; at < length; at += piece.n)
		if (cache_read(&f->stale_object, at, &piece) <= 0 ||
		    piece.n > length - at || !caching_store_put(f, piece) ||
		    fiber_charge(piece.n) < 0)
			return false;
	return true;
}

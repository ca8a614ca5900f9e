/*
 * caching_ranges.c - parts of what is stored.
 *
 * Runs on the exchange's fiber.  RFC 9110, 14 and 15.3.7; RFC 9111, 3.3.  What
 * is stored is a whole body, one that still grows, or one piece of another:
 *
 *	the whole:   0 ......................................... complete
 *	stored:            first .............. first + length
 *	asked for:               a ... b
 *
 * Of what grows the length must be known; who asks for its end waits for it.
 * Of a piece only what lies in it can be given.  Several parts are sent as
 * multipart/byteranges, each from where it lies.
 */
#include "worker/proxy/caching_ranges.h"

#include "worker/http/range.h"
#include "worker/proxy/caching_find.h"

bool caching_complete(const struct cache_meta *meta, uint64_t *length_r)
{
	if (meta->complete == 0 && meta->length < 0)
		return false;
	*length_r = meta->complete != 0 ? meta->complete
					: (uint64_t)meta->length;
	return true;
}

/* Is all of SET stored? */
static bool is_stored(const struct cache_meta *meta,
    const struct range_set *set)
{
	uint64_t end = meta->first + (uint64_t)meta->length;

	if (meta->complete == 0)
		return true;
	for (unsigned i = 0; i < set->count; i++)
		if (set->part[i].first < meta->first ||
		    set->part[i].first + set->part[i].length > end)
			return false;
	return true;
}

static void drop(struct message *m, enum field_id id)
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == id)
			m->fields[i].drop = true;
}

/* A Content-Range that was in the whole said nothing, and would now. */
static void begin(struct reply *reply, uint64_t length)
{
	drop(&reply->head, FIELD_content_range);
	reply->head.status = 206;
	reply->head.reason = h1_reason(206);
	reply->head.framing =
	    (struct framing){.kind = FRAMING_LENGTH, .length = length};
}

static void give_one(struct exchange *x, struct caching_source *s,
    const struct range_part *part, uint64_t complete, struct reply *reply)
{
	uint64_t at = part->first - x->caching->found.meta.first;
	struct out o = exchange_out(x, RANGE_TEXT_MAX);

	range_write(&o, part, complete);
	if (!out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	begin(reply, part->length);
	reply_add(reply, STR("Content-Range"), out_text(&o));
	s->whole = (struct caching_part){STR_NONE, at, at + part->length};
}

/* Its Content-Type is that of its parts, and theirs that of the whole. */
static void give_several(struct exchange *x, struct caching_source *s,
    const struct range_set *set, uint64_t complete, struct reply *reply)
{
	const struct field *type =
	    message_find(&reply->head, FIELD_content_type);
	struct range_plan *plan = arena_alloc(&x->arena, sizeof(*plan));
	struct caching_part *parts = arena_alloc(&x->arena,
	    (RANGE_PARTS_MAX + 1) * sizeof(*parts));

	if (plan == NULL || parts == NULL ||
	    !range_make_plan(set, complete,
		type != NULL ? field_value(type) : STR_NONE, &x->arena,
		plan)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	for (unsigned i = 0; i < plan->count; i++) {
		const struct range_piece *piece = &plan->piece[i];
		uint64_t at = piece->length > 0
		    ? piece->first - x->caching->found.meta.first : 0;

		parts[i] = (struct caching_part){piece->text, at,
		    at + piece->length};
	}
	begin(reply, plan->length);
	drop(&reply->head, FIELD_content_type);
	reply_add(reply, STR("Content-Type"), plan->type);
	caching_source_set(s, parts, plan->count);
}

/* Nothing of it was asked for, or nothing that it is known to have. */
static enum caching_choice give_all(const struct cache_meta *meta,
    struct reply *reply)
{
	if (meta->complete == 0)
		return CACHING_ALL;
	if (meta->first != 0 || (uint64_t)meta->length != meta->complete)
		return CACHING_OTHER;
	reply->head.status = 200;
	reply->head.reason = h1_reason(200);
	return CACHING_ALL;
}

enum caching_choice caching_ranges(struct exchange *x, struct caching_source *s,
    struct reply *reply)
{
	const struct cache_meta *meta = &x->caching->found.meta;
	struct range_asked asked;
	struct range_set set;
	enum range_answer answer;
	uint64_t complete;

	if (!caching_complete(meta, &complete) ||
	    !range_read(&x->request, &asked) ||
	    !range_is_of(&x->request, &reply->head, clock_wall()))
		return give_all(meta, reply);
	answer = range_apply(&asked, complete, &set);
	if (caching_is_brought(x) &&
	    (answer != RANGE_PARTS || !is_stored(meta, &set))) {
		set = (struct range_set){1, {x->caching->brought}};
		answer = RANGE_PARTS;
	}
	switch (answer) {
	case RANGE_WHOLE:
		return give_all(meta, reply);
	case RANGE_OUTSIDE:
		return CACHING_OUTSIDE;
	case RANGE_PARTS:
		break;
	}
	if (!is_stored(meta, &set))
		return CACHING_OTHER;
	if (set.count == 1)
		give_one(x, s, &set.part[0], complete, reply);
	else
		give_several(x, s, &set, complete, reply);
	return CACHING_PARTS;
}

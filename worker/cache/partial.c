/*
 * partial.c - what a stored part of a representation is good for.
 *
 * Runs in workers.  RFC 9111, 3.3 and 3.4: a part answers whoever asks for no
 * more than it has; its missing end or beginning can be asked for; and the two
 * are one only if a strong validator says that they are of the same bytes.
 * Parts out of the middle are not pieced together.
 */
#include "worker/cache/partial.h"

bool partial_read(const struct message *reply, struct partial *part_r)
{
	struct range_content content;

	if (reply->status != 206 || !range_read_content(reply, &content) ||
	    !content.complete_known ||
	    (reply->framing.kind == FRAMING_LENGTH &&
		reply->framing.length != content.length))
		return false;
	*part_r = (struct partial){content.first, content.length,
	    content.complete};
	return true;
}

static uint64_t end_of(const struct partial *part)
{
	return part->first + part->length;
}

static bool has_all(const struct partial *part, const struct range_set *set)
{
	for (unsigned i = 0; i < set->count; i++)
		if (set->part[i].first < part->first ||
		    set->part[i].first + set->part[i].length > end_of(part))
			return false;
	return true;
}

enum partial_use partial_plan(const struct partial *part,
    const struct range_asked *asked, struct range_part *rest_r)
{
	struct range_set set;

	if (asked != NULL)
		return range_apply(asked, part->complete, &set) !=
			    RANGE_PARTS ||
			has_all(part, &set)
		    ? PARTIAL_SERVE
		    : PARTIAL_NONE;
	if (part->length == part->complete)
		return PARTIAL_SERVE;
	*rest_r = (struct range_part){0, part->first};
	if (part->first == 0)
		*rest_r = (struct range_part){part->length,
		    part->complete - part->length};
	else if (end_of(part) != part->complete)
		return PARTIAL_NONE;
	return PARTIAL_REST;
}

bool partial_joins(const struct partial *part, const struct message *stored,
    const struct message *reply, usec_t wall)
{
	struct range_part rest;
	struct partial other;

	return partial_plan(part, NULL, &rest) == PARTIAL_REST &&
	    partial_read(reply, &other) && other.complete == part->complete &&
	    other.first == rest.first && other.length == rest.length &&
	    range_is_same(stored, reply, wall);
}

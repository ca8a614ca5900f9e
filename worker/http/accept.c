/*
 * accept.c - which of several media types a client would rather have.
 *
 * Runs in workers, for replies of our own.  RFC 9110, 12.5.1: the most exact
 * range that names a type tells its quality, whatever less exact ones say.
 * Where the RFC leaves a choice between equals we take what the client names
 * outright, and first: who lists JSON before "anything" wants JSON.
 */
#include "worker/http/accept.h"

#include "common/base/insist.h"
#include "worker/http/quality.h"

/* How exactly a range names a type. */
enum exactness { EXACT_NOT, EXACT_ANY, EXACT_TYPE, EXACT_BOTH };

/* One element of Accept. */
struct range {
	struct str type;
	struct str subtype;
	unsigned quality; /* in thousandths */
};

/* What is known of an offer so far. */
struct rank {
	enum exactness exactness;
	unsigned quality;
	unsigned position; /* of the range among all */
};

/* Up to the next comma or semicolon (STOP) outside of a quoted string; *REST
 * moves behind it.  False at the end. */
static bool next_part(struct str *rest, char stop, struct str *part_r)
{
	bool quoted = false;
	size_t n = 0;

	if (rest->n == 0)
		return false;
	for (; n < rest->n && (quoted || rest->p[n] != stop); n++) {
		if (rest->p[n] == '"')
			quoted = !quoted;
		else if (quoted && rest->p[n] == '\\' && n + 1 < rest->n)
			n++;
	}
	*part_r = str_trim(str_make(rest->p, n));
	n += n < rest->n;
	*rest = str_behind(*rest, n);
	return true;
}

static bool read_type(struct str s, struct range *range)
{
	const char *slash = s.n > 0 ? memchr(s.p, '/', s.n) : NULL;

	if (slash == NULL)
		return false;
	range->type = str_make(s.p, (size_t)(slash - s.p));
	range->subtype = str_make(slash + 1, s.n - range->type.n - 1);
	return str_is_token(range->type) && str_is_token(range->subtype);
}

/* A parameter other than q asks for less than the type as a whole, which is
 * all that we have to offer: it is passed by. */
static bool read_range(struct str element, struct range *range)
{
	struct str part;

	range->quality = QUALITY_MAX;
	if (!next_part(&element, ';', &part) || !read_type(part, range))
		return false;
	while (next_part(&element, ';', &part))
		if (part.n >= 2 && char_lower(part.p[0]) == 'q' &&
		    part.p[1] == '=' &&
		    !quality_read(str_behind(part, 2), &range->quality))
			return false;
	return true;
}

static enum exactness how_exact(const struct range *range,
    const struct accept_offer *offer)
{
	if (str_eq(range->type, STR("*")))
		return str_eq(range->subtype, STR("*")) ? EXACT_ANY : EXACT_NOT;
	if (!str_eq_nocase(range->type, offer->type))
		return EXACT_NOT;
	if (str_eq(range->subtype, STR("*")))
		return EXACT_TYPE;
	return str_eq_nocase(range->subtype, offer->subtype) ? EXACT_BOTH
							     : EXACT_NOT;
}

static bool is_better(const struct rank *a, const struct rank *b)
{
	if (a->quality != b->quality)
		return a->quality > b->quality;
	if (a->exactness != b->exactness)
		return a->exactness > b->exactness;
	return a->position < b->position;
}

/* What the ranges of one field say of OFFER. */
static void rank_by(struct str value, const struct accept_offer *offer,
    unsigned *position, struct rank *rank)
{
	struct str element;
	struct range range;

	while (*position < ACCEPT_RANGES_MAX &&
	    next_part(&value, ',', &element)) {
		enum exactness exactness;

		(*position)++;
		if (!read_range(element, &range))
			continue;
		exactness = how_exact(&range, offer);
		if (exactness > rank->exactness)
			*rank = (struct rank){exactness, range.quality,
			    *position};
	}
}

static struct rank rank_of(const struct message *m,
    const struct accept_offer *offer)
{
	struct rank rank = {.exactness = EXACT_NOT};
	unsigned position = 0;

	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == FIELD_accept)
			rank_by(field_value(&m->fields[i]), offer, &position,
			    &rank);
	return rank;
}

unsigned accept_choose(const struct message *m,
    const struct accept_offer *offers, unsigned count)
{
	struct rank best = {.exactness = EXACT_NOT};
	unsigned chosen = 0;

	INSIST(count > 0);
	if (!(m->present & FIELD_BIT(FIELD_accept)))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		struct rank rank = rank_of(m, &offers[i]);

		if (rank.quality > 0 && is_better(&rank, &best)) {
			best = rank;
			chosen = i;
		}
	}
	return chosen;
}

/*
 * range.c - which parts of a representation are asked for: RFC 9110, 14.
 *
 * Runs in workers, for requests with Range to what is stored.  A Range that is
 * malformed is ignored, as the RFC allows, and so is one that asks for more
 * parts than anybody needs: the answer is all, which is never wrong.  Parts that
 * overlap are made one, so that no answer is longer than the whole and a head
 * for each part.
 */
#include "worker/http/range.h"

#include "worker/http/date_read.h"
#include "worker/http/etag.h"

/* ---- Range ---- */

/* 1*DIGIT; what is beyond 2^64 is as far away as it can be. */
static bool read_place(struct str s, uint64_t *place_r)
{
	uint64_t value = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (!char_is_digit(s.p[i]))
			return false;
		if (value > (RANGE_TO_END - digit) / 10)
			value = RANGE_TO_END;
		else
			value = value * 10 + digit;
	}
	*place_r = value;
	return true;
}

/* "0-4", "5-", "-5" */
static bool read_spec(struct str s, struct range_spec *spec)
{
	const char *dash = memchr(s.p, '-', s.n);
	struct str first, last;

	if (dash == NULL)
		return false;
	first = str_make(s.p, (size_t)(dash - s.p));
	last = str_behind(s, first.n + 1);
	*spec = (struct range_spec){first.n == 0, 0, RANGE_TO_END};
	if (first.n > 0 && !read_place(first, &spec->first))
		return false;
	if ((last.n > 0 || spec->suffix) && !read_place(last, &spec->last))
		return false;
	return spec->first <= spec->last;
}

bool range_read(const struct message *request, struct range_asked *asked)
{
	const struct field *f = message_find(request, FIELD_range);
	struct str list, element;

	if (f == NULL || request->method != METHOD_GET)
		return false;
	list = field_value(f);
	if (!str_starts_nocase(list, STR("bytes=")))
		return false;
	list = str_behind(list, sizeof("bytes=") - 1);
	asked->count = 0;
	while (str_next_token(&list, &element)) {
		if (asked->count == RANGE_PARTS_MAX ||
		    !read_spec(element, &asked->spec[asked->count]))
			return false;
		asked->count++;
	}
	return asked->count > 0;
}

/* ---- of a length ---- */

/* What SPEC is of LENGTH bytes; false: nothing. */
static bool satisfy(const struct range_spec *spec, uint64_t length,
    struct range_part *part)
{
	uint64_t last = spec->last < length ? spec->last : length - 1;

	if (length == 0 || (spec->suffix && spec->last == 0) ||
	    spec->first >= length)
		return false;
	part->first = spec->first;
	if (spec->suffix)
		part->first = spec->last < length ? length - spec->last : 0;
	part->length = (spec->suffix ? length : last + 1) - part->first;
	return true;
}

static bool is_apart(const struct range_part *a, const struct range_part *b)
{
	return a->first + a->length < b->first ||
	    b->first + b->length < a->first;
}

/* Makes what touches PART one with it, and takes it out of SET; the place where
 * the first of them was. */
static unsigned absorb(struct range_set *set, struct range_part *part)
{
	unsigned place = set->count;
	unsigned i = 0;

	while (i < set->count) {
		struct range_part *other = &set->part[i];
		uint64_t end = part->first + part->length;
		uint64_t other_end = other->first + other->length;

		if (is_apart(part, other)) {
			i++;
			continue;
		}
		if (other->first < part->first)
			part->first = other->first;
		part->length = (end > other_end ? end : other_end) - part->first;
		if (i < place)
			place = i;
		set->count--;
		memmove(other, other + 1,
		    (set->count - i) * sizeof(*other));
		i = 0;
	}
	return place < set->count ? place : set->count;
}

static void add(struct range_set *set, struct range_part part)
{
	unsigned place = absorb(set, &part);

	memmove(&set->part[place + 1], &set->part[place],
	    (set->count - place) * sizeof(part));
	set->part[place] = part;
	set->count++;
}

enum range_answer range_apply(const struct range_asked *asked,
    uint64_t length, struct range_set *set)
{
	struct range_part part;
	bool suffix = false;

	set->count = 0;
	for (unsigned i = 0; i < asked->count; i++) {
		suffix = suffix ||
		    (asked->spec[i].suffix && asked->spec[i].last > 0);
		if (satisfy(&asked->spec[i], length, &part))
			add(set, part);
	}
	/* The last bytes of nothing are nothing, and that is all. */
	if (set->count == 0)
		return length == 0 && suffix ? RANGE_WHOLE : RANGE_OUTSIDE;
	return RANGE_PARTS;
}

/* ---- If-Range ---- */

/* A date is a strong validator if the reply was made later than that second
 * (RFC 9110, 8.8.2.2). */
static bool is_strong_date(const struct message *stored, int64_t modified,
    usec_t wall)
{
	const struct field *f = message_find(stored, FIELD_date);
	int64_t date;

	return f != NULL && date_read(field_value(f), wall, &date) &&
	    date > modified;
}

bool range_is_of(const struct message *request, const struct message *stored,
    usec_t wall)
{
	const struct field *f = message_find(request, FIELD_if_range);
	const struct field *modified = message_find(stored, FIELD_last_modified);
	struct etag tag, stored_tag = etag_of(stored);
	int64_t asked_date, date;

	if (f == NULL)
		return true;
	if (etag_read(field_value(f), &tag))
		return etag_is_same_strongly(&tag, &stored_tag);
	return modified != NULL &&
	    date_read(field_value(f), wall, &asked_date) &&
	    date_read(field_value(modified), wall, &date) &&
	    asked_date == date && is_strong_date(stored, date, wall);
}

bool range_is_same(const struct message *a, const struct message *b, usec_t wall)
{
	const struct field *date = message_find(a, FIELD_last_modified);
	const struct field *other = message_find(b, FIELD_last_modified);
	struct etag tag = etag_of(a), other_tag = etag_of(b);
	int64_t seconds;

	if (tag.opaque.p != NULL || other_tag.opaque.p != NULL)
		return etag_is_same_strongly(&tag, &other_tag);
	return date != NULL && other != NULL &&
	    str_eq(field_value(date), field_value(other)) &&
	    date_read(field_value(date), wall, &seconds) &&
	    is_strong_date(a, seconds, wall) &&
	    is_strong_date(b, seconds, wall);
}

/* ---- texts ---- */

void range_write(struct out *o, const struct range_part *part,
    uint64_t complete)
{
	out_lit(o, "bytes ");
	out_u64(o, part->first);
	out_char(o, '-');
	out_u64(o, part->first + part->length - 1);
	out_char(o, '/');
	out_u64(o, complete);
}

void range_write_ask(struct out *o, uint64_t first, uint64_t last)
{
	out_lit(o, "bytes=");
	out_u64(o, first);
	out_char(o, '-');
	if (last != RANGE_TO_END)
		out_u64(o, last);
}

void range_write_outside(struct out *o, uint64_t complete)
{
	out_lit(o, "bytes */");
	out_u64(o, complete);
}

/* ---- Content-Range ---- */

/* Cuts what is before C off *S; false: there is no C. */
static bool cut(struct str *s, char c, struct str *before_r)
{
	const char *at = s->n > 0 ? memchr(s->p, c, s->n) : NULL;

	if (at == NULL)
		return false;
	*before_r = str_make(s->p, (size_t)(at - s->p));
	*s = str_behind(*s, before_r->n + 1);
	return true;
}

bool range_read_content(const struct message *reply,
    struct range_content *content_r)
{
	const struct field *f = message_find(reply, FIELD_content_range);
	struct str first, last, rest;
	uint64_t end;

	if (f == NULL || (reply->repeated & FIELD_BIT(FIELD_content_range)))
		return false;
	rest = field_value(f);
	if (!str_starts_nocase(rest, STR("bytes ")))
		return false;
	rest = str_behind(rest, sizeof("bytes ") - 1);
	if (!cut(&rest, '-', &first) || !cut(&rest, '/', &last) ||
	    !str_to_u64(first, INT64_MAX, &content_r->first) ||
	    !str_to_u64(last, INT64_MAX, &end) || end < content_r->first)
		return false;
	content_r->length = end - content_r->first + 1;
	content_r->complete = 0;
	content_r->complete_known = !str_eq(rest, STR("*"));
	return !content_r->complete_known ||
	    (str_to_u64(rest, INT64_MAX, &content_r->complete) &&
		content_r->complete > end);
}

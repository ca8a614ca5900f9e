/*
 * condition.c - conditions of requests: RFC 9110, 13; RFC 9111, 4.3.
 *
 * Runs in workers.  A client that has a copy asks whether it is still good
 * (If-None-Match, or If-Modified-Since if there is no such): what is stored
 * answers.  A client that wants a change only if nobody else made one
 * (If-Match, If-Unmodified-Since) asks the origin, and what is stored can at
 * most say yes.
 *
 * A condition that is malformed is none, but for If-None-Match and If-Match:
 * there it matches nothing.
 */
#include "worker/cache/condition.h"

#include "worker/http/date_read.h"
#include "worker/http/etag.h"

typedef bool compare_tags(const struct etag *a, const struct etag *b);

/* Is one of the tags that the fields ID of REQUEST list that of STORED?  "*" is
 * any. */
static bool lists_tag(const struct message *request, enum field_id id,
    const struct message *stored, compare_tags *is_same)
{
	struct etag tag, stored_tag = etag_of(stored);

	for (unsigned i = 0; i < request->field_count; i++) {
		struct str list = field_value(&request->fields[i]);

		if (request->fields[i].id != id)
			continue;
		if (str_eq(list, STR("*")))
			return true;
		while (etag_next(&list, &tag))
			if (is_same(&tag, &stored_tag))
				return true;
	}
	return false;
}

static bool has(const struct message *m, enum field_id id)
{
	return (m->present & FIELD_BIT(id)) != 0;
}

/* The date of the field ID of M; false: there is none, or it is no date. */
static bool date_of(const struct message *m, enum field_id id, usec_t wall,
    int64_t *seconds_r)
{
	const struct field *f = message_find(m, id);

	return f != NULL && date_read(field_value(f), wall, seconds_r);
}

/* RFC 9111, 4.3.2: of a reply that does not say when it was modified we know
 * that it was not since it was made. */
static int64_t modified_at(const struct message *stored, int64_t received,
    usec_t wall)
{
	int64_t seconds;

	if (date_of(stored, FIELD_last_modified, wall, &seconds) ||
	    date_of(stored, FIELD_date, wall, &seconds))
		return seconds;
	return received;
}

static bool is_unmet(const struct message *request,
    const struct message *stored, usec_t wall)
{
	int64_t asked, modified;

	if (has(request, FIELD_if_match))
		return !lists_tag(request, FIELD_if_match, stored,
		    etag_is_same_strongly);
	if (!date_of(request, FIELD_if_unmodified_since, wall, &asked))
		return false;
	return !date_of(stored, FIELD_last_modified, wall, &modified) ||
	    modified > asked;
}

enum condition condition_check(const struct message *request,
    const struct message *stored, int64_t received, usec_t wall)
{
	int64_t asked;

	if (stored->status < 200 || stored->status > 299)
		return CONDITION_HOLDS;
	if (is_unmet(request, stored, wall))
		return CONDITION_UNMET;
	if (has(request, FIELD_if_none_match))
		return lists_tag(request, FIELD_if_none_match, stored,
			   etag_is_same_weakly)
		    ? CONDITION_NOT_MODIFIED
		    : CONDITION_HOLDS;
	if (date_of(request, FIELD_if_modified_since, wall, &asked) &&
	    modified_at(stored, received, wall) <= asked)
		return CONDITION_NOT_MODIFIED;
	return CONDITION_HOLDS;
}

void condition_drop(struct message *request)
{
	const uint64_t conditions = FIELD_BIT(FIELD_if_match) |
	    FIELD_BIT(FIELD_if_none_match) |
	    FIELD_BIT(FIELD_if_modified_since) |
	    FIELD_BIT(FIELD_if_unmodified_since) | FIELD_BIT(FIELD_if_range);

	if (!(request->present & conditions))
		return;
	for (unsigned i = 0; i < request->field_count; i++)
		if (FIELD_BIT(request->fields[i].id) & conditions)
			request->fields[i].drop = true;
}

/* What a 304 says of the representation would only be said again. */
static bool is_metadata(struct str name, bool tagged)
{
	static const struct str names[] = {STR("Content-Type"),
	    STR("Content-Encoding"), STR("Content-Language"),
	    STR("Content-Range"), STR("Content-MD5"), STR("Content-Digest"),
	    STR("Repr-Digest"), STR("Digest")};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_nocase(name, names[i]))
			return true;
	return tagged && str_eq_nocase(name, STR("Last-Modified"));
}

void condition_strip(struct message *stored)
{
	bool tagged = has(stored, FIELD_etag);

	for (unsigned i = 0; i < stored->field_count; i++)
		if (is_metadata(field_name(&stored->fields[i]), tagged))
			stored->fields[i].drop = true;
}

unsigned condition_ask(const struct message *stored, usec_t wall,
    struct h1_field fields_r[CONDITION_ASK_MAX])
{
	const struct field *modified = message_find(stored, FIELD_last_modified);
	unsigned count = 0;
	int64_t seconds;

	if (etag_of(stored).opaque.p != NULL)
		fields_r[count++] = (struct h1_field){STR("If-None-Match"),
		    field_value(message_find(stored, FIELD_etag))};
	if (modified != NULL &&
	    date_read(field_value(modified), wall, &seconds))
		fields_r[count++] = (struct h1_field){STR("If-Modified-Since"),
		    field_value(modified)};
	return count;
}

/*
 * update.c - what a stored reply learns of a newer one.
 *
 * Runs in workers.  RFC 9111, 3.2: each field that a 304 brings takes the place
 * of all of that name, but for those that the stored bytes depend on: how they
 * are coded, which part they are, what they are called, and what they were
 * selected by.  A reply that was compressed stays so, whatever the 304 says.
 */
#include "worker/cache/update.h"

#include "worker/http/etag.h"

static bool has(const struct message *m, enum field_id id)
{
	return (m->present & FIELD_BIT(id)) != 0;
}

/* Do A and B have a field ID each, and do they differ? */
static bool differs(const struct message *a, const struct message *b,
    enum field_id id)
{
	return has(a, id) && has(b, id) &&
	    !str_eq(field_value(message_find(a, id)),
		field_value(message_find(b, id)));
}

/*
 * RFC 9111, 4.3.4.  We asked by one tag, one date or both.  An origin that
 * names another tag in its 304, or another date, may have looked at the date
 * alone, which a change within a second leaves as it is.  But if the tag is all
 * that we asked by, then that is what has not changed, whatever it is called
 * now.
 */
bool update_selects(const struct message *validated,
    const struct message *stored)
{
	struct etag theirs = etag_of(validated), ours = etag_of(stored);

	if (differs(validated, stored, FIELD_last_modified))
		return false;
	if (theirs.opaque.p == NULL || ours.opaque.p == NULL ||
	    !has(stored, FIELD_last_modified))
		return true;
	return etag_is_same_weakly(&theirs, &ours);
}

bool update_agrees(const struct message *reply, const struct message *stored,
    uint64_t length)
{
	bool tagged = has(reply, FIELD_etag), dated = has(reply,
	    FIELD_last_modified);
	struct etag theirs = etag_of(reply), ours = etag_of(stored);

	if (reply->framing.length_said && reply->framing.length != length)
		return false;
	if (tagged && !etag_is_same_weakly(&theirs, &ours))
		return false;
	return !dated || (has(stored, FIELD_last_modified) &&
	    !differs(reply, stored, FIELD_last_modified));
}

/* ---- merging ---- */

static bool is_fixed(const struct field *f)
{
	static const struct str names[] = {STR("Content-MD5"),
	    STR("Content-Digest"), STR("Repr-Digest"), STR("Digest")};
	struct str name = field_name(f);

	switch (f->id) {
	case FIELD_age:
	case FIELD_vary:
	case FIELD_etag:
	case FIELD_content_encoding:
	case FIELD_content_range:
	case FIELD_content_length:
		return true;
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_nocase(name, names[i]))
			return true;
	return str_starts_nocase(name, STR("Proxy-"));
}

static bool is_taken(const struct field *f)
{
	return !f->drop && !is_fixed(f);
}

/* Does NEWER bring a field of F's name? */
static bool is_replaced(const struct field *f, const struct message *newer)
{
	for (unsigned i = 0; i < newer->field_count; i++)
		if (is_taken(&newer->fields[i]) &&
		    str_eq_nocase(field_name(&newer->fields[i]),
			field_name(f)))
			return true;
	return false;
}

static void add(struct message *m, const struct field *f)
{
	m->fields[m->field_count++] = *f;
	if (f->id == FIELD_OTHER)
		return;
	m->repeated |= m->present & FIELD_BIT(f->id);
	m->present |= FIELD_BIT(f->id);
}

bool update_merge(const struct message *stored, const struct message *newer,
    struct arena *a, struct message *merged)
{
	size_t count = (size_t)stored->field_count + newer->field_count;

	*merged = *stored;
	merged->field_count = 0;
	merged->present = 0;
	merged->repeated = 0;
	merged->fields = arena_alloc(a, count * sizeof(*merged->fields));
	if (merged->fields == NULL)
		return false;
	for (unsigned i = 0; i < stored->field_count; i++)
		if (!is_replaced(&stored->fields[i], newer))
			add(merged, &stored->fields[i]);
	for (unsigned i = 0; i < newer->field_count; i++)
		if (is_taken(&newer->fields[i]))
			add(merged, &newer->fields[i]);
	return true;
}

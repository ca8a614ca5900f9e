/*
 * once.c - fields that may come once, and hold one value.
 *
 * Runs in workers, for requests and replies.  RFC 9110, 5.3: of a field that
 * is not a list a sender makes no second one, and a reader who gets two takes
 * the first, the last, or joins them with a comma.  So a joined one is as bad
 * as two: where the definition has no comma none may be.
 *
 *	Content-Type: text/plain, text/html            whose type is it?
 *	Authorization: Basic YTpi, Basic YzpkCg==      who is it?
 *
 * Which fields, and why these, is in fields.h.
 */
#include "worker/http/once.h"

#include "common/base/insist.h"

static bool is_repeated(const struct message *m, uint64_t ids)
{
	return (m->repeated & ids) != 0;
}

/* Those that nobody else looks at. */
static uint64_t singletons(void)
{
	uint64_t ids = 0;

#define FIELD(id, name, flags)                                                 \
	ids |= (flags)&FIELD_SINGLETON ? FIELD_BIT(FIELD_##id) : 0;
#include "worker/http/fields.h"
#undef FIELD
	return ids &
	    ~(FIELD_BIT(FIELD_host) | FIELD_BIT(FIELD_content_length));
}

/* ---- lists ---- */

/* A comma in S that stands in no quoted string? */
static bool has_comma(struct str s)
{
	bool quoted = false;

	if (memchr(s.p, ',', s.n) == NULL)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == ',' && !quoted)
			return true;
	}
	return quoted;
}

static bool has_scheme(struct str credentials, struct str scheme)
{
	return credentials.n > scheme.n &&
	    str_eq_nocase(str_make(credentials.p, scheme.n), scheme);
}

/* Of the schemes of credentials that have no list of parameters. */
static bool is_token68(struct str credentials)
{
	return has_scheme(credentials, STR("Basic ")) ||
	    has_scheme(credentials, STR("Bearer "));
}

static bool has_list(const struct message *m, enum field_id id)
{
	const struct field *f = message_find(m, id);

	return f != NULL && has_comma(field_value(f));
}

static bool has_two_credentials(const struct message *m)
{
	const struct field *f = message_find(m, FIELD_authorization);

	return f != NULL && is_token68(field_value(f)) &&
	    has_comma(field_value(f));
}

enum fault once_check_request(const struct message *m)
{
	if (is_repeated(m, singletons()) || has_list(m, FIELD_content_type) ||
	    has_list(m, FIELD_max_forwards) || has_list(m, FIELD_origin) ||
	    has_two_credentials(m))
		return FAULT_singleton;
	return FAULT_NONE;
}

/* ---- twice the same ---- */

/* Does any field of F's id say something else than F does? */
static bool is_contradicted(const struct message *m, const struct field *f)
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == f->id &&
		    !str_eq(field_value(&m->fields[i]), field_value(f)))
			return true;
	return false;
}

enum fault once_check_reply(const struct message *m)
{
	uint64_t ids = m->repeated & singletons();

	if (likely(ids == 0))
		return FAULT_NONE;
	for (unsigned i = 0; i < m->field_count; i++) {
		const struct field *f = &m->fields[i];

		if ((ids & FIELD_BIT(f->id)) && is_contradicted(m, f))
			return FAULT_singleton;
	}
	return FAULT_NONE;
}

/*
 * meaning.c - what a head means, whatever wire it came by.
 *
 * Runs in workers, once for each head, when all of its fields are there.  Each
 * rule is in its own module, and they are asked in this order:
 *
 *	once.c > Host > hop.c > body.c > target.c > Expect
 */
#include "worker/http/meaning.h"

#include "common/base/insist.h"
#include "worker/http/body.h"
#include "worker/http/field.h"
#include "worker/http/hop.h"
#include "worker/http/once.h"
#include "worker/http/scan.h"
#include "worker/http/target.h"

/* What we write ourselves, or what ends here. */
static const uint64_t not_copied = FIELD_BIT(FIELD_host)
#define FIELD(id, name, flags)                                                 \
	| ((flags) & (FIELD_HOP | FIELD_FRAMING) ? FIELD_BIT(FIELD_##id) : 0)
#include "worker/http/fields.h"
#undef FIELD
    ;

enum fault meaning_of_method(struct message *m, struct str text)
{
	if (text.n == 0 || text.n > METHOD_TEXT_MAX ||
	    scan_token(text.p, text.p + text.n) != text.p + text.n)
		return FAULT_method;
	m->method_text = text;
	m->method = method_identify(text);
	return m->method == METHOD_OTHER && method_is_miscased(text)
	    ? FAULT_method_case
	    : FAULT_NONE;
}

void meaning_note(struct message *m, struct field *f)
{
	enum field_id id = field_identify(field_name(f));

	f->id = (uint8_t)id;
	f->drop = false;
	m->field_count++;
	if (id == FIELD_OTHER)
		return;
	f->drop = not_copied >> id & 1;
	m->repeated |= m->present & FIELD_BIT(id);
	m->present |= FIELD_BIT(id);
}

/* In HTTP/2 :authority has said it, and Host may say it again (RFC 9113,
 * 8.3.1). */
static enum fault read_host(struct message *m, struct arena *a)
{
	const struct field *f = message_find(m, FIELD_host);

	if (m->repeated & FIELD_BIT(FIELD_host))
		return FAULT_host_several;
	if (f != NULL && m->authority.p != NULL &&
	    !str_eq_nocase(field_value(f), m->authority))
		return FAULT_host_differs;
	if (f != NULL)
		m->authority = field_value(f);
	if (m->authority.p == NULL)
		return m->minor > 0 ? FAULT_host_missing : FAULT_NONE;
	return target_parse_authority(m->authority, a, &m->host);
}

/*
 * RFC 9110, 10.1.1.  An expectation in HTTP/1.0, or without a body that could
 * wait for it, is ignored and goes no further.
 */
static enum fault read_expect(struct message *m)
{
	const struct field *f = message_find(m, FIELD_expect);

	if (f == NULL)
		return FAULT_NONE;
	if ((m->repeated & FIELD_BIT(FIELD_expect)) ||
	    !str_eq_nocase(field_value(f), STR("100-continue")))
		return FAULT_expect_unknown;
	INSIST(f >= m->fields && f < m->fields + m->field_count);
	m->expects_continue = m->minor > 0 && body_expected(&m->framing);
	m->fields[f - m->fields].drop = !m->expects_continue;
	return FAULT_NONE;
}

enum fault meaning_of_request(struct message *m, struct arena *a)
{
	enum fault fault = once_check_request(m);

	if (m->present & FIELD_BIT(FIELD_DISGUISED))
		fault = FAULT_field_disguised;
	if (fault == FAULT_NONE)
		fault = read_host(m, a);
	if (fault == FAULT_NONE)
		fault = hop_read(m);
	if (fault == FAULT_NONE)
		fault = body_frame_request(m);
	if (fault == FAULT_NONE)
		fault = target_parse(m, a);
	if (fault == FAULT_NONE)
		fault = read_expect(m);
	return fault;
}

enum fault meaning_of_reply(struct message *m, enum method request_method)
{
	enum fault fault = once_check_reply(m);

	if (fault == FAULT_NONE)
		fault = hop_read(m);
	if (fault == FAULT_NONE)
		fault = body_frame_reply(m, request_method);
	return fault;
}

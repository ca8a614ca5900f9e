/*
 * hop.c - what a head says about its connection only.
 *
 * Runs in workers, for requests and replies.  RFC 9110, 7.6.1 and 7.8; RFC
 * 9112, 9.3.  A field that Connection names ends here, as it must.  But a
 * sender who names what is for all who read the message (Host, framing,
 * Authorization ...: all that fields.h knows and that is not hop-by-hop) wants
 * two of them to disagree on it, and is refused: whether the field is there
 * or not.
 *
 * Upgrade is passed on only if there is exactly one protocol to choose from,
 * and never HTTP: inside of such a tunnel requests would reach the origin that
 * no rule of ours has seen.
 */
#include "worker/http/hop.h"

#include "common/base/insist.h"
#include "worker/http/field.h"
#include "worker/http/scan.h"

struct hop {
	unsigned names;
	bool close;
	bool keep_alive;
	bool upgrade;
};

static void drop_fields(struct message *m, struct str name)
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (str_eq_nocase(field_name(&m->fields[i]), name))
			m->fields[i].drop = true;
}

static enum fault read_option(struct message *m, struct str option,
    struct hop *hop)
{
	enum field_id id;

	if (!str_is_token(option))
		return FAULT_connection;
	id = field_identify(option);
	if (id != FIELD_OTHER && !(field_flags(id) & FIELD_HOP))
		return FAULT_connection;
	if (id == FIELD_keep_alive) {
		hop->keep_alive = true;
	} else if (id == FIELD_upgrade) {
		hop->upgrade = true;
	} else if (str_eq_nocase(option, STR("close"))) {
		hop->close = true;
	} else {
		if (++hop->names > HOP_NAMES_MAX)
			return FAULT_connection;
		drop_fields(m, option);
	}
	return FAULT_NONE;
}

static enum fault read_connection(struct message *m, struct str value,
    struct hop *hop)
{
	struct str option;

	while (str_next_token(&value, &option)) {
		enum fault fault = read_option(m, option, hop);

		if (fault != FAULT_NONE)
			return fault;
	}
	return FAULT_NONE;
}

/* protocol-name ["/" protocol-version], and no list. */
static bool is_protocol(struct str s)
{
	const char *end = s.p + s.n;
	const char *slash = scan_token(s.p, end);

	if (slash == s.p)
		return false;
	if (slash == end)
		return true;
	return *slash == '/' && slash + 1 < end &&
	    scan_token(slash + 1, end) == end;
}

/* "h2c", "h2", "HTTP/2.0", ...: a client that finds HTTP/2 behind a tunnel
 * could send requests past everything here. */
static bool is_http(struct str protocol)
{
	struct str name = STR("");

	(void)str_next_part(&protocol, '/', &name);
	return str_eq_nocase(name, STR("HTTP")) ||
	    (name.n > 1 && char_lower(name.p[0]) == 'h' &&
		char_is_digit(name.p[1]));
}

static struct str read_upgrade(const struct message *m)
{
	const struct field *f = message_find(m, FIELD_upgrade);

	if (f == NULL || m->minor == 0 ||
	    (m->repeated & FIELD_BIT(FIELD_upgrade)) ||
	    !is_protocol(field_value(f)) ||
	    is_http(field_value(f)))
		return STR_NONE;
	return field_value(f);
}

/* Does a list field of M, of which there may be several, hold WORD? */
static bool list_has(const struct message *m, enum field_id id,
    struct str word)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		struct str value = field_value(&m->fields[i]);
		struct str token;

		if (m->fields[i].id != id)
			continue;
		while (str_next_token(&value, &token))
			if (str_eq_nocase(token, word))
				return true;
	}
	return false;
}

void hop_keep_trailer(struct message *m)
{
	if (!(m->present & FIELD_BIT(FIELD_trailer)) ||
	    list_has(m, FIELD_connection, STR("Trailer")))
		return;
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == FIELD_trailer)
			m->fields[i].drop = false;
}

enum fault hop_read(struct message *m)
{
	struct hop hop = {.names = 0};

	INSIST(m->minor <= 1);
	if (m->present & FIELD_BIT(FIELD_te))
		m->takes_trailers =
		    m->minor > 0 && list_has(m, FIELD_te, STR("trailers"));
	if (!(m->present & FIELD_BIT(FIELD_connection))) {
		m->keep_alive = m->minor > 0;
		return FAULT_NONE;
	}
	for (unsigned i = 0; i < m->field_count; i++) {
		const struct field *f = &m->fields[i];
		enum fault fault;

		if (f->id != FIELD_connection)
			continue;
		fault = read_connection(m, field_value(f), &hop);
		if (fault != FAULT_NONE)
			return fault;
	}
	m->keep_alive = !hop.close && (m->minor > 0 || hop.keep_alive);
	if (hop.upgrade)
		m->upgrade = read_upgrade(m);
	return FAULT_NONE;
}

/*
 * h2_head.c - from the names and values of an HTTP/2 head to a message.
 *
 * Runs in workers, in nghttp2's callbacks (gathering) and on the fiber that
 * serves the stream.  RFC 9113, 8.  nghttp2 checks most of this, too; we do
 * not depend on it.
 *
 * Invariant: what is gathered as lines holds no byte that HTTP/1 could take for
 * something else: names are tokens, values hold no control but HTAB.
 */
#include "worker/http/h2_head.h"

#include "common/base/insist.h"
#include "worker/http/field.h"
#include "worker/http/head.h"
#include "worker/http/meaning.h"
#include "worker/http/scan.h"

#define COLON ": "
#define LINE_END "\r\n"
#define CRUMB "; "

static const struct str pseudo_names[H2_PSEUDOS] = {
    [H2_METHOD] = {":method", 7},
    [H2_SCHEME] = {":scheme", 7},
    [H2_AUTHORITY] = {":authority", 10},
    [H2_PATH] = {":path", 5},
    [H2_PROTOCOL] = {":protocol", 9},
    [H2_STATUS] = {":status", 7},
};

void h2_head_begin(struct h2_head *h, enum h2_head_of of)
{
	h->of = of;
	h->fault = FAULT_NONE;
	h->begin = h->n;
	h->cookie_end = 0;
	h->fields = h->seen = 0;
}

void h2_head_leave(struct h2_head *h)
{
	h->n += sizeof(LINE_END) - 1; /* read_lines writes it there */
}

void h2_head_spoil(struct h2_head *h, enum fault fault)
{
	if (h->fault == FAULT_NONE)
		h->fault = fault;
}

bool h2_head_resets(enum fault fault)
{
	switch (fault) {
	case FAULT_pseudo:
	case FAULT_field_case:
	case FAULT_field_hop:
	case FAULT_field_name:
	case FAULT_field_value:
	case FAULT_length_differs:
	case FAULT_stream:
		return true;
	default:
		return false;
	}
}

/* ---- one pair ---- */

static void put(struct h2_head *h, struct str s)
{
	if (s.n == 0)
		return;
	memcpy(h->p + h->n, s.p, s.n);
	h->n += s.n;
}

static bool has_room(struct h2_head *h, size_t n)
{
	if (h->n - h->begin + n > h->most) {
		h2_head_spoil(h, FAULT_head_large);
		return true;
	}
	return h->n + n + H2_HEAD_BESIDE <= h->cap;
}

/* Of a request or of a reply? */
static bool is_expected(const struct h2_head *h, enum h2_pseudo which)
{
	return h->of == (which == H2_STATUS ? H2_OF_REPLY : H2_OF_REQUEST);
}

static bool add_pseudo(struct h2_head *h, struct str name, struct str value)
{
	enum h2_pseudo which = 0;

	while (which < H2_PSEUDOS && !str_eq(name, pseudo_names[which]))
		which++;
	if (which == H2_PSEUDOS || !is_expected(h, which) ||
	    h->fields > 0 || (h->seen & 1U << which)) {
		h2_head_spoil(h, FAULT_pseudo);
		return true;
	}
	if (!has_room(h, value.n))
		return false;
	if (h->fault != FAULT_NONE)
		return true;
	h->seen |= 1U << which;
	h->pseudo[which].at = (uint32_t)h->n;
	h->pseudo[which].n = (uint32_t)value.n;
	put(h, value);
	return true;
}

static enum fault check_name(struct str name)
{
	const char *end = name.p + name.n;

	if (name.n == 0 || scan_token(name.p, end) != end)
		return FAULT_field_name;
	for (const char *p = name.p; p < end; p++)
		if (*p >= 'A' && *p <= 'Z')
			return FAULT_field_case;
	return FAULT_NONE;
}

static enum fault check_value(struct str value)
{
	const char *end = value.p + value.n;

	if (scan_value(value.p, end) != end || str_trim(value).n != value.n)
		return FAULT_field_value;
	return FAULT_NONE;
}

/* What RFC 9113, 8.2.2, forbids, and in trailers RFC 9110, 6.5.1. */
static enum fault check_place(const struct h2_head *h, enum field_id id,
    struct str value)
{
	if (h->of == H2_OF_TRAILERS && (id == FIELD_DISGUISED ||
	    field_flags(id) != 0))
		return FAULT_trailer;
	switch (id) {
	case FIELD_connection:
	case FIELD_keep_alive:
	case FIELD_proxy_connection:
	case FIELD_transfer_encoding:
	case FIELD_upgrade:
		return FAULT_field_hop;
	case FIELD_te:
		return str_eq_nocase(value, STR("trailers")) ? FAULT_NONE
							     : FAULT_field_hop;
	default:
		return FAULT_NONE;
	}
}

/* RFC 9113, 8.2.3: crumbs of a Cookie are one field. */
static bool add_crumb(struct h2_head *h, struct str value)
{
	size_t n = sizeof(CRUMB) - 1 + value.n;
	char *at = h->p + h->cookie_end;

	if (!has_room(h, n))
		return false;
	if (h->fault != FAULT_NONE)
		return true;
	memmove(at + n, at, h->n - h->cookie_end);
	memcpy(at, CRUMB, sizeof(CRUMB) - 1);
	memcpy(at + sizeof(CRUMB) - 1, value.p, value.n);
	h->n += n;
	h->cookie_end += n;
	return true;
}

static bool add_line(struct h2_head *h, enum field_id id, struct str name,
    struct str value)
{
	if (!has_room(h, name.n + value.n + sizeof(COLON LINE_END) - 1))
		return false;
	if (++h->fields > h->fields_most)
		h2_head_spoil(h, FAULT_fields_many);
	if (h->fault != FAULT_NONE)
		return true;
	if (h->fields == 1)
		h->lines = h->n;
	put(h, name);
	put(h, STR(COLON));
	put(h, value);
	if (id == FIELD_cookie)
		h->cookie_end = h->n;
	put(h, STR(LINE_END));
	return true;
}

bool h2_head_add(struct h2_head *h, struct str name, struct str value)
{
	enum field_id id;

	if (h->fault == FAULT_NONE && name.n > 0 && name.p[0] == ':')
		return add_pseudo(h, name, value);
	if (h->fault == FAULT_NONE)
		h->fault = check_name(name);
	if (h->fault == FAULT_NONE)
		h->fault = check_value(value);
	if (h->fault != FAULT_NONE)
		return true;
	id = field_identify(name);
	h->fault = check_place(h, id, value);
	if (h->fault != FAULT_NONE)
		return true;
	if (id == FIELD_cookie && h->cookie_end > 0)
		return add_crumb(h, value);
	return add_line(h, id, name, value);
}

/* ---- all of them ---- */

static bool has(const struct h2_head *h, enum h2_pseudo which)
{
	return h->seen & 1U << which;
}

static struct str text_of(const struct h2_head *h, enum h2_pseudo which)
{
	if (!has(h, which))
		return STR_NONE;
	return str_make(h->p + h->pseudo[which].at, h->pseudo[which].n);
}

/* The lines and their end, as HTTP/1 would have them. */
static enum fault read_lines(struct h2_head *h, struct arena *a,
    struct message *m)
{
	size_t begin = h->fields > 0 ? h->lines : h->n;

	INSIST(h->n + sizeof(LINE_END) - 1 <= h->cap);
	put(h, STR(LINE_END));
	return head_parse_section(str_make(h->p + begin, h->n - begin), a, m);
}

static bool is_extended(const struct h2_head *h)
{
	return has(h, H2_PROTOCOL);
}

/* RFC 9113, 8.3.1 and 8.5; RFC 8441, 4: which of them there must be. */
static enum fault check_pseudos(const struct h2_head *h)
{
	bool connect = str_eq(text_of(h, H2_METHOD), STR("CONNECT"));
	bool resource = has(h, H2_SCHEME) && has(h, H2_PATH);
	bool none = !has(h, H2_SCHEME) && !has(h, H2_PATH);

	if (!has(h, H2_METHOD) || (is_extended(h) && !connect))
		return FAULT_pseudo;
	if (connect && !is_extended(h))
		return none && has(h, H2_AUTHORITY) ? FAULT_NONE : FAULT_pseudo;
	return resource ? FAULT_NONE : FAULT_pseudo;
}

static enum fault check_scheme(const struct h2_head *h, bool tls)
{
	struct str scheme = text_of(h, H2_SCHEME);

	if (scheme.p == NULL)
		return FAULT_NONE;
	return str_eq_nocase(scheme, tls ? STR("https") : STR("http"))
	    ? FAULT_NONE
	    : FAULT_scheme;
}

/* In HTTP/2 it is a path, "*", or what CONNECT is for. */
static enum fault read_target(const struct h2_head *h, size_t most,
    struct message *m)
{
	struct str path = text_of(h, H2_PATH);

	m->target = path.p != NULL ? path : text_of(h, H2_AUTHORITY);
	if (m->target.n > most)
		return FAULT_target_large;
	if (path.p == NULL)
		return m->target.n > 0 ? FAULT_NONE : FAULT_pseudo;
	if (path.n == 0)
		return FAULT_pseudo;
	if (scan_visible(path.p, path.p + path.n) != path.p + path.n ||
	    (path.p[0] != '/' && !str_eq(path, STR("*"))))
		return FAULT_target;
	return FAULT_NONE;
}

/* An extended CONNECT has a target like others: it is the GET of RFC 6455. */
static enum fault read_method(const struct h2_head *h,
    const struct h2_head_how *how, struct message *m)
{
	if (!is_extended(h))
		return meaning_of_method(m, text_of(h, H2_METHOD));
	if (!how->websocket ||
	    !str_eq_nocase(text_of(h, H2_PROTOCOL), STR("websocket")))
		return FAULT_protocol_unknown;
	m->ended = true;
	return meaning_of_method(m, STR("GET"));
}

static enum fault first(enum fault fault, enum fault then)
{
	return fault != FAULT_NONE ? fault : then;
}

enum fault h2_head_request(struct h2_head *h, const struct h2_head_how *how,
    struct arena *a, struct message *m)
{
	enum fault fault = h->fault;

	*m = (struct message){.minor = 1, .is_h2 = true, .ended = how->ended,
	    .version_read = true, .authority = text_of(h, H2_AUTHORITY)};
	fault = first(fault, check_pseudos(h));
	fault = first(fault, read_method(h, how, m));
	fault = first(fault, read_target(h, how->limits->url, m));
	fault = first(fault, check_scheme(h, how->tls));
	if (fault == FAULT_NONE)
		fault = read_lines(h, a, m);
	if (fault == FAULT_NONE)
		fault = meaning_of_request(m, a);
	if (fault == FAULT_NONE && is_extended(h))
		m->upgrade = STR("websocket");
	return fault;
}

bool h2_head_is_interim(const struct h2_head *h)
{
	struct str status = text_of(h, H2_STATUS);

	return status.n > 0 && status.p[0] == '1';
}

static enum fault read_status(const struct h2_head *h, struct message *m)
{
	struct str text = text_of(h, H2_STATUS);
	uint64_t status;

	if (text.n != 3 || !str_to_u64(text, 599, &status) || status < 100 ||
	    status == 101)
		return FAULT_pseudo;
	m->status = (unsigned)status;
	return FAULT_NONE;
}

enum fault h2_head_reply(struct h2_head *h, bool ended,
    enum method request_method, struct arena *a, struct message *m)
{
	enum fault fault = h->fault;

	*m = (struct message){.minor = 1, .is_h2 = true, .ended = ended};
	if (fault == FAULT_NONE)
		fault = read_status(h, m);
	if (fault == FAULT_NONE && ended && m->status < 200)
		fault = FAULT_stream;
	if (fault == FAULT_NONE)
		fault = read_lines(h, a, m);
	if (fault == FAULT_NONE)
		fault = meaning_of_reply(m, request_method);
	return fault;
}

enum fault h2_head_trailers(struct h2_head *h, struct arena *a,
    struct message *m)
{
	*m = (struct message){.minor = 1, .is_h2 = true, .ended = true};
	return h->fault != FAULT_NONE ? h->fault : read_lines(h, a, m);
}

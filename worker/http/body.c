/*
 * body.c - the framing of bodies: where a message ends.
 *
 * Runs in workers, for requests and replies, for every codec.  RFC 9112, 6 and
 * 7.  Each way in which two readers could find two ends is a fault: both
 * lengths, any of them twice, any coding but chunked, coding in HTTP/1.0.  One
 * counter (TOTAL) sees every payload byte.  Taking chunks apart byte by byte
 * is in chunk.c.
 */
#include "worker/http/body.h"

#include "common/base/insist.h"
#include "worker/http/chunk.h"

static bool has(const struct message *m, enum field_id id)
{
	return m->present & FIELD_BIT(id);
}

static bool has_several(const struct message *m, enum field_id id)
{
	return m->repeated & FIELD_BIT(id);
}

/*
 * Codings that are not exactly "chunked".  We know no other; but only when
 * chunked is the last of several, and there once, is there a length at all
 * (RFC 9112, 6.3).
 */
static enum fault coding_fault(struct str codings)
{
	struct str coding = STR_NONE;
	unsigned count = 0;
	unsigned chunked = 0;
	bool last = false;

	while (str_next_token(&codings, &coding)) {
		last = str_eq_nocase(coding, STR("chunked"));
		chunked += last;
		count++;
	}
	return count > 1 && last && chunked == 1 ? FAULT_coding_unknown
						 : FAULT_coding_malformed;
}

static enum fault frame_by_coding(struct message *m)
{
	struct str coding =
	    field_value(message_find(m, FIELD_transfer_encoding));

	if (has_several(m, FIELD_transfer_encoding))
		return FAULT_coding_several;
	if (has(m, FIELD_content_length))
		return FAULT_length_and_coding;
	if (m->minor == 0)
		return FAULT_coding_version;
	if (!str_eq_nocase(coding, STR("chunked")))
		return coding_fault(coding);
	m->framing.kind = FRAMING_CHUNKED;
	return FAULT_NONE;
}

static enum fault frame_by_length(struct message *m)
{
	struct str length = field_value(message_find(m, FIELD_content_length));

	if (has_several(m, FIELD_content_length))
		return FAULT_length_several;
	if (!str_to_u64(length, BODY_LENGTH_MAX, &m->framing.length))
		return FAULT_length_malformed;
	m->framing.kind = FRAMING_LENGTH;
	return FAULT_NONE;
}

/* "010" is ten, and eight to a reader who takes it for octal.  Some servers
 * pad their replies' lengths so; no client does. */
static bool is_padded(struct str length)
{
	return length.n > 1 && length.p[0] == '0';
}

/* What the fields say, whoever sent them: NONE if nothing. */
static enum fault frame_by_fields(struct message *m)
{
	m->framing = (struct framing){.kind = FRAMING_NONE};
	if (has(m, FIELD_transfer_encoding))
		return frame_by_coding(m);
	if (has(m, FIELD_content_length))
		return frame_by_length(m);
	return FAULT_NONE;
}

/*
 * RFC 9113, 8.1.1: the stream says where the body ends, and a length only what
 * that is.  Of a reply without a body it says how long that would be.
 */
static enum fault frame_by_stream(struct message *m)
{
	if (m->framing.kind == FRAMING_NONE)
		m->framing.kind = m->ended ? FRAMING_NONE : FRAMING_STREAM;
	else if (m->ended && m->framing.length > 0)
		return FAULT_length_differs;
	return FAULT_NONE;
}

bool body_expected(const struct framing *framing)
{
	return framing->kind != FRAMING_NONE &&
	    (framing->kind != FRAMING_LENGTH || framing->length > 0);
}

enum fault body_frame_request(struct message *m)
{
	enum fault fault = frame_by_fields(m);

	if (fault != FAULT_NONE)
		return fault;
	if (m->framing.kind == FRAMING_LENGTH &&
	    is_padded(field_value(message_find(m, FIELD_content_length))))
		return FAULT_length_malformed;
	if (m->is_h2)
		fault = frame_by_stream(m);
	if (fault != FAULT_NONE || !body_expected(&m->framing))
		return fault;
	if (m->minor == 0 &&
	    (m->method == METHOD_GET || m->method == METHOD_HEAD ||
		m->method == METHOD_DELETE))
		return FAULT_body_refused;
	m->upgrade = STR_NONE;
	return FAULT_NONE;
}

/*
 * A reply without a body whatever its fields say.  One that says what it may
 * not (a body for 204, or for the tunnel of a CONNECT) comes from somebody who
 * may send that body: nothing more is read from there.  Behind an interim
 * reply something must be read, and so that one is a fault.
 */
static void frame_without_body(struct message *m, bool length_means_something)
{
	if (!length_means_something && body_expected(&m->framing))
		m->keep_alive = false;
	if (!length_means_something || m->framing.kind != FRAMING_LENGTH)
		m->framing = (struct framing){.kind = FRAMING_NONE};
	else
		m->framing =
		    (struct framing){FRAMING_NONE, true, m->framing.length};
}

enum fault body_frame_reply(struct message *m, enum method request_method)
{
	enum fault fault = frame_by_fields(m);
	bool tunnel = request_method == METHOD_CONNECT && m->status / 100 == 2;

	if (fault != FAULT_NONE)
		return fault;
	if (m->status < 200 && body_expected(&m->framing))
		return FAULT_interim_body;
	if (m->status < 200 || m->status == 204 || tunnel) {
		frame_without_body(m, false);
	} else if (request_method == METHOD_HEAD || m->status == 304) {
		frame_without_body(m, true);
	} else if (m->is_h2) {
		fault = frame_by_stream(m);
		if (m->framing.kind == FRAMING_NONE) /* HTTP/1 has to say so */
			m->framing.kind = FRAMING_LENGTH;
	} else if (m->framing.kind == FRAMING_NONE) {
		m->framing.kind = FRAMING_CLOSE;
		m->keep_alive = false;
	}
	return fault;
}

struct framing body_frame_onward(struct framing received, unsigned minor)
{
	struct framing onward = received;

	if (received.kind == FRAMING_CHUNKED ||
	    received.kind == FRAMING_CLOSE || received.kind == FRAMING_STREAM)
		onward.kind = minor > 0 ? FRAMING_CHUNKED : FRAMING_CLOSE;
	return onward;
}

void body_begin(struct body *b, const struct framing *framing)
{
	INSIST(framing->length <= BODY_LENGTH_MAX);
	*b = (struct body){.kind = framing->kind};
	if (framing->kind == FRAMING_LENGTH)
		b->left = framing->length;
	if (framing->kind == FRAMING_CHUNKED)
		chunk_begin(b);
	b->done = !body_expected(framing);
}

static size_t take_plain(struct body *b, size_t n)
{
	if (b->kind == FRAMING_LENGTH) {
		if (n > b->left)
			n = (size_t)b->left;
		b->left -= n;
		b->done = b->left == 0;
	}
	return n;
}

enum fault body_decode(struct body *b, char *p, size_t n, size_t *payload_r,
    size_t *used_r)
{
	enum fault fault = FAULT_NONE;

	INSIST(b->kind != FRAMING_NONE || b->done);
	*payload_r = *used_r = 0;
	if (b->done)
		return FAULT_NONE;
	if (b->kind == FRAMING_CHUNKED)
		fault = chunk_decode(b, p, n, payload_r, used_r);
	else
		*payload_r = *used_r = take_plain(b, n);
	if (fault != FAULT_NONE)
		return fault;
	INSIST(*payload_r <= *used_r && *used_r <= n);
	INSIST(b->done || *used_r == n);
	b->total += *payload_r;
	return FAULT_NONE;
}

bool body_end_by_close(struct body *b)
{
	if (b->kind == FRAMING_CLOSE)
		b->done = true;
	return b->done;
}

enum fault body_end_by_stream(struct body *b)
{
	bool proper = b->done || b->kind == FRAMING_STREAM;

	b->done = true;
	return proper ? FAULT_NONE : FAULT_length_differs;
}

void body_keep_trailers(struct body *b, char *p)
{
	INSIST(b->kind == FRAMING_CHUNKED && b->total == 0);
	b->trailers = p;
}

struct str body_trailers(const struct body *b)
{
	INSIST(b->done);
	if (b->trailers == NULL || b->trailer_len <= strlen("\r\n"))
		return STR_NONE;
	return str_make(b->trailers, b->trailer_len);
}

size_t body_readable(const struct body *b)
{
	if (b->done)
		return 0;
	if (b->kind != FRAMING_LENGTH || b->left > SIZE_MAX)
		return SIZE_MAX;
	return (size_t)b->left;
}

uint64_t body_plain_rest(const struct body *b)
{
	return b->kind == FRAMING_LENGTH && !b->done ? b->left : 0;
}

void body_pass(struct body *b, uint64_t n)
{
	INSIST(b->kind == FRAMING_LENGTH && n <= b->left);
	b->left -= n;
	b->total += n;
	b->done = b->left == 0;
}

size_t body_chunk_head(char *text, uint64_t size)
{
	static const char hex[] = "0123456789abcdef";
	unsigned digits = 1;

	INSIST(size > 0);
	while (digits < 16 && size >> 4 * digits != 0)
		digits++;
	for (unsigned i = 0; i < digits; i++)
		text[i] = hex[size >> 4 * (digits - 1 - i) & 15];
	memcpy(text + digits, "\r\n", 2);
	return digits + 2;
}

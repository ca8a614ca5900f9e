/*
 * h2_frames.c - the heads of frames, looked at before nghttp2 gets the bytes.
 *
 * Runs on the session's fiber.  RFC 9113, 4.1:
 *
 *   | length: 3 | type: 1 | flags: 1 | stream: 4 | payload: length |
 *
 * What nghttp2 lets pass, and we do not: CONTINUATION above the frame size
 * (4.2), PRIORITY on stream 0 (6.3), and HEADERS on a stream that was left out
 * when a later one was opened (5.1.1).  Of these only the latest gap is
 * remembered: what came before it may be trailers of a stream that was reset.
 */
#include "worker/http/h2_frames.h"

#include <string.h>

#define PREFACE 24
#define FRAME_MOST 16384 /* our SETTINGS_MAX_FRAME_SIZE, by default */

enum type { HEADERS = 1, PRIORITY = 2, CONTINUATION = 9 };

void h2_frames_begin(struct h2_frames *f, bool server)
{
	*f = (struct h2_frames){.server = server,
	    .skip = server ? PREFACE : 0};
}

/* ---- rules ---- */

static enum h2_code headers(struct h2_frames *f, uint32_t stream)
{
	if (!f->server)
		return H2_NO_ERROR;
	if (stream <= f->last)
		return stream >= f->gap_from && stream <= f->gap_to
		    ? H2_PROTOCOL_ERROR
		    : H2_NO_ERROR;
	if (stream > f->last + 2) {
		f->gap_from = f->last + 1;
		f->gap_to = stream - 1;
	}
	f->last = stream;
	return H2_NO_ERROR;
}

static enum h2_code judge(struct h2_frames *f, unsigned type, size_t length,
    uint32_t stream)
{
	if (type == HEADERS)
		return headers(f, stream);
	if (type == CONTINUATION && length > FRAME_MOST)
		return H2_FRAME_SIZE_ERROR;
	if (type == PRIORITY && stream == 0)
		return H2_PROTOCOL_ERROR;
	return H2_NO_ERROR;
}

/* ---- frames ---- */

static uint32_t stream_of(const unsigned char *head)
{
	return ((uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 |
		   (uint32_t)head[7] << 8 | head[8]) &
	    0x7fffffff;
}

static enum h2_code look(struct h2_frames *f, struct h2_limits *l, usec_t now)
{
	const unsigned char *head = f->head;
	size_t length = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];

	f->head_n = 0;
	f->skip = length;
	if (!h2_limits_frame(l, head[3], head[4], length, now))
		return H2_ENHANCE_YOUR_CALM;
	return judge(f, head[3], length, stream_of(head));
}

/* What is there of a head.  How many bytes. */
static size_t take_head(struct h2_frames *f, struct str bytes)
{
	size_t want = sizeof(f->head) - f->head_n;

	if (bytes.n < want)
		want = bytes.n;
	memcpy(f->head + f->head_n, bytes.p, want);
	f->head_n += (unsigned)want;
	return want;
}

size_t h2_frames_scan(struct h2_frames *f, struct h2_limits *l,
    struct str bytes, usec_t now, enum h2_code *code_r)
{
	struct str rest = bytes;

	*code_r = H2_NO_ERROR;
	while (rest.n > 0) {
		size_t used = f->skip < rest.n ? f->skip : rest.n;

		f->skip -= used;
		rest = str_behind(rest, used);
		used = take_head(f, rest);
		if (f->head_n == sizeof(f->head))
			*code_r = look(f, l, now);
		if (*code_r != H2_NO_ERROR)
			break;
		rest = str_behind(rest, used);
	}
	return bytes.n - rest.n;
}

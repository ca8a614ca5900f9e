/*
 * body.h - the framing of bodies: every rule of RFC 9112 section 6 and 7.
 *
 * One module for all codecs and both directions.  It decides how a body's end
 * is found, takes chunked coding off, and puts it on.  Pure: no call waits.
 */
#ifndef WORKER_HTTP_BODY_H
#define WORKER_HTTP_BODY_H

#include <sys/types.h>

#include "worker/http/message.h"

/*
 * Sets M->framing from the fields, or says what is wrong, and takes keep_alive
 * and upgrade back where the framing forbids them.  Called by the head parsers
 * only, after all fields are in M and hop_read.
 */
enum fault body_frame_request(struct message *m);
enum fault body_frame_reply(struct message *m, enum method request_method);

/* Does a body so framed hold a byte, or may it? */
bool body_expected(const struct framing *framing);

/*
 * How a body that came so framed is sent on to a peer of HTTP/1.MINOR: a
 * length stays a length; chunks, and what ends with the connection or the
 * stream, become chunks for 1.1, and end with the connection for 1.0.
 */
struct framing body_frame_onward(struct framing received, unsigned minor);

/* Content-Length and chunk sizes end here: 2^62. */
#define BODY_LENGTH_MAX ((uint64_t)1 << 62)
/* A line with a chunk's size and extensions, without its CR LF. */
#define BODY_SIZE_LINE_MAX 256
/* All trailer fields of a body, and the empty line behind them. */
#define BODY_TRAILER_MAX 8192
/* No forbidden trailer field has a longer name. */
#define BODY_NAME_MAX 24

/* A body on its way in. */
struct body {
	enum framing_kind kind;
	uint8_t state;	   /* of the chunk decoder; private */
	uint8_t name_len;  /* of NAME; one more than its size: too long */
	bool done;	   /* the end was seen */
	uint16_t line_len; /* bytes of the current size line */
	uint16_t trailer_len;
	uint64_t left;	/* bytes left of the body, or of this chunk */
	uint64_t total; /* payload bytes so far */
	char name[BODY_NAME_MAX]; /* of the current trailer field */
	char *trailers; /* body_keep_trailers, or NULL */
};

void body_begin(struct body *b, const struct framing *framing);

/*
 * Decodes N raw bytes at P, cut anywhere, in place.  Afterwards the first
 * *payload_r bytes at P are the payload found, and *used_r raw bytes were
 * consumed.  *used_r is N, unless b->done: then what lies at P + *used_r and
 * behind was not touched and belongs to the next message.  The bytes between
 * *payload_r and *used_r are undefined.  FAULT_NONE, or what is wrong: then
 * nothing more may be decoded, and the payload found before is not to be used.
 */
enum fault body_decode(struct body *b, char *p, size_t n, size_t *payload_r,
    size_t *used_r);

/*
 * The peer closed: is that the proper end?  It is if the end had been seen,
 * and it is the end of FRAMING_CLOSE.  False is FAULT_body_cut.
 */
bool body_end_by_close(struct body *b);

/* The stream of HTTP/2 ended: FAULT_NONE, or the body is shorter than it said.
 * B is done. */
enum fault body_end_by_stream(struct body *b);

/* Keeps the trailer section of the chunked body B, which has just begun, in
 * BODY_TRAILER_MAX bytes at P; without this it is checked and forgotten. */
void body_keep_trailers(struct body *b, char *p);

/* The kept section of B, which is done: for head_parse_trailers; empty when
 * there was no field. */
struct str body_trailers(const struct body *b);

/* Raw bytes that may be asked for without reading past the body's end;
 * SIZE_MAX when that can't be told (chunked, until close). */
size_t body_readable(const struct body *b);

/* What is left of a body of known length, which needs no decoding; 0 when
 * there is no such. */
uint64_t body_plain_rest(const struct body *b);

/* N bytes of that went by without being decoded. */
void body_pass(struct body *b, uint64_t n);

/* "1f4\r\n" into TEXT (at least BODY_CHUNK_HEAD bytes); its length.  A SIZE of
 * 0 would end the body: that is BODY_LAST_CHUNK. */
#define BODY_CHUNK_HEAD 18
size_t body_chunk_head(char *text, uint64_t size);
#define BODY_CHUNK_TAIL "\r\n"
#define BODY_LAST_CHUNK "0\r\n\r\n"

#endif

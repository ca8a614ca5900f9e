/*
 * h1.h - HTTP/1 heads onto the wire, from the canonical message.
 *
 * Everything is appended to a bounded buffer; check out_ok() once at the end.
 * What is written is strict whatever came in: our version, one framing field,
 * one Connection, the fields of M that are not dropped in their order and
 * spelling.  Bodies are the caller's (body_chunk_head for chunks).  No call
 * here waits.
 */
#ifndef WORKER_HTTP_H1_H
#define WORKER_HTTP_H1_H

#include "common/base/clock.h"
#include "common/base/out.h"
#include "worker/http/body.h"
#include "worker/http/message.h"

/* A field of our own.  The value may hold what a received one may hold: a
 * control character in it is a bug. */
struct h1_field {
	struct str name;
	struct str value;
};

/* What the Connection field says. */
enum h1_connection {
	H1_PERSIST,    /* nothing: HTTP/1.1 persists by itself */
	H1_KEEP_ALIVE, /* for a client of HTTP/1.0 that asked for it */
	H1_CLOSE,
	H1_UPGRADE /* "upgrade", and the Upgrade field: M->upgrade */
};

/* One field line; nothing is checked. */
void h1_write_line(struct out *o, struct str name, struct str value);

/* A head that was received as N bytes is written as at most N + H1_GROWTH, and
 * what the options add: prefix, host, lines, extra. */
#define H1_GROWTH 192

struct h1_request_options {
	struct str prefix; /* path prefix of the server's URL: "" or "/base" */
	struct str host;   /* for the Host field; STR_NONE: M->authority */
	struct str lines;  /* field lines of ours, with their CR LF, or "" */
	enum h1_connection connection; /* PERSIST, CLOSE or UPGRADE */
	unsigned extra_count;
	const struct h1_field *extra; /* written behind the kept fields */
};

/*
 * The head of a request to an origin: M->method_text, prefix, M->forward,
 * M->query, HTTP/1.1, Host, the kept fields, lines, M->framing, Connection (and TE
 * for trailers), extra.
 */
void h1_write_request(struct out *o, const struct message *m,
    const struct h1_request_options *options);

struct h1_reply_options {
	struct framing framing; /* from body_frame_onward, of body.h */
	struct str lines; /* field lines of ours, with their CR LF, or "" */
	enum h1_connection connection;
	unsigned extra_count;
	const struct h1_field *extra;
};

/* The head of a reply to a client: M->status, M->reason, and as above. */
void h1_write_reply(struct out *o, const struct message *m,
    const struct h1_reply_options *options);

/* The end of a chunked body: the last chunk, and the trailer fields that are
 * the kept fields of M; at most so long when they were received from
 * body_trailers. */
#define H1_TRAILERS_MAX (BODY_TRAILER_MAX * 5 / 4 + 8)
void h1_write_trailers(struct out *o, const struct message *m);

/* The interim reply "100 Continue", ready to be sent. */
#define H1_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

#define H1_PLAIN_TEXT "text/plain; charset=utf-8"

/* A reply of our own: a head and a few words. */
struct h1_simple {
	unsigned status;
	struct str type; /* the body's; STR_NONE: H1_PLAIN_TEXT; "": not said */
	struct str text; /* the body; none for 204 and 304 */
	uint64_t more;	 /* bytes of it that the caller sends behind TEXT */
	bool to_head;	 /* the method was HEAD: no body, the same head */
	enum h1_connection connection;
	usec_t wall; /* now, for Date */
	struct str lines; /* as above */
	unsigned extra_count;
	const struct h1_field *extra;
};

void h1_simple_reply(struct out *o, const struct h1_simple *reply);

/* "Not Found"; "" for a status that we never send ourselves. */
struct str h1_reason(unsigned status);

#endif

/*
 * h2_ask.h - the head of a request to an origin, for a stream of HTTP/2.
 *
 * As h1_write_request (h1.h) writes it for HTTP/1.
 */
#ifndef WORKER_HTTP_H2_ASK_H
#define WORKER_HTTP_H2_ASK_H

#include "worker/http/h2_fields.h"

struct h2_ask {
	bool https;
	bool websocket; /* an extended CONNECT instead of M's method */
	struct str prefix; /* path prefix of the server's URL: "" or "/base" */
	struct str host;   /* STR_NONE: M->authority */
	struct str lines;  /* field lines of ours, with their CR LF, or "" */
};

/*
 * M->method_text, prefix, M->forward, M->query, the host, the kept fields,
 * lines, M->framing, and TE for trailers.  All lives in A, with M and ASK.
 * False: no room.
 */
bool h2_ask(const struct message *m, const struct h2_ask *ask,
    struct arena *a, struct h2_fields *f);

#endif

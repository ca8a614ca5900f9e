/*
 * reply.h - the replies of a demo origin.
 *
 * reply_begin, reply_body any number of times, reply_end.  A reply of unknown
 * length goes out chunked, or to an HTTP/1.0 client until the connection
 * closes.  The body of a reply to HEAD is swallowed.
 */
#ifndef TESTS_DEMO_REPLY_H
#define TESTS_DEMO_REPLY_H

#include "tests/demo/request.h"

#define REPLY_LENGTH_UNKNOWN (-1)

struct reply {
	struct peer *peer;
	struct request *request;
	bool chunked;
	bool no_body;
};

void reply_begin(struct reply *reply, unsigned status, const char *type,
    int64_t length);

/* False when the peer can't be reached any more. */
bool reply_body(struct reply *reply, const void *bytes, size_t n);

/* Sends what is buffered: for replies that come slowly. */
bool reply_flush(struct reply *reply);
void reply_end(struct reply *reply);

/* All of it at once. */
void reply_whole(struct reply *reply, unsigned status, const char *type,
    const char *text);

#endif

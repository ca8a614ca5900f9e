/*
 * reply_stream.h - a reply on a stream of HTTP/2: what reply.c calls where the
 * wire is one.
 */
#ifndef WORKER_PROXY_REPLY_STREAM_H
#define WORKER_PROXY_REPLY_STREAM_H

#include "worker/proxy/reply.h"

/* What goes out together, each part perhaps empty. */
struct parcel {
	struct str head; /* HTTP/1: of the reply */
	struct str piece;
	struct str end; /* HTTP/1: of the body, the last chunk */
	bool last;	/* nothing follows, but */
	const struct message *trailers; /* these, or NULL */
};

/* The head of an origin's REPLY, which goes out with the first parcel.  False:
 * there is no room for it. */
bool reply_stream_head(struct exchange *x, struct reply *reply,
    const struct framing *framing);

/* 0, or -1 after exchange_fail. */
WAITS int reply_stream_send(struct exchange *x, const struct parcel *p,
    struct pace *pace);
WAITS int reply_stream_ours(struct exchange *x, const struct reply *reply,
    struct pace *pace);
WAITS int reply_stream_interim(struct exchange *x, const struct message *head,
    size_t head_len);
WAITS int reply_stream_continue(struct exchange *x);

#endif

/*
 * upload.h - a request's body on its way to the origin.
 *
 * A small body that is at hand is sent with the head.  Any other is moved
 * by a fiber of its own, so that the reply can be read, and sent on, while
 * the request is still being sent.
 */
#ifndef WORKER_PROXY_UPLOAD_H
#define WORKER_PROXY_UPLOAD_H

#include "worker/origin/origin.h"
#include "worker/proxy/exchange.h"

struct upload {
	struct exchange *x;
	struct origin *to;
	struct fiber *fiber; /* NULL: none was needed */
	uint64_t at; /* bytes of the body that were read */
	bool running;
	bool end_sent; /* with the last piece: of HTTP/2 */
	bool is_last; /* what is kept of the body is not needed after it */
	bool failed;  /* x->end says why, or the origin stopped reading */
	usec_t ended; /* when it stopped running */
};

/* Starts to move the body of X to TO.  0, or -1 after exchange_fail. */
int upload_start(struct upload *u, struct exchange *x, struct origin *to);

/* The reply has begun: the body will not be sent again.  U may be unused, but
 * for U->x. */
void upload_is_last(struct upload *u);

/* What it means that an origin of this PACE took too little. */
enum end upload_end_of_stall(const struct pace *pace);

/* Ends it, whatever it is doing. */
WAITS void upload_stop(struct upload *u);

#endif

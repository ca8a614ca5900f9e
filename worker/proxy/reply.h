/*
 * reply.h - what an action makes of a request: a head and a source.
 */
#ifndef WORKER_PROXY_REPLY_H
#define WORKER_PROXY_REPLY_H

#include "worker/http/message.h"
#include "worker/http/source.h"
#include "worker/proxy/exchange.h"

struct reply {
	struct message head;
	size_t head_len; /* as received: about what it takes to send it */
	struct source *source; /* NULL: the head is all, body included */
	struct str ours; /* a whole reply of our own, instead of HEAD */
	struct origin *tunnel; /* after a 101: the origin's end, or NULL */
};

/* Makes REPLY our own plain answer to a failed exchange. */
void reply_error(struct exchange *x, struct reply *reply);

/*
 * The only place that writes to a client.  Sends REPLY, body and all, closes
 * its source, and says in X how it ended.
 */
WAITS void reply_send(struct exchange *x, struct reply *reply);

/* Passes on an interim reply (1xx) that was received as HEAD_LEN bytes.  0, or
 * -1 after exchange_fail. */
WAITS int reply_send_interim(struct exchange *x, const struct message *head,
    size_t head_len);

#endif

/*
 * reply.h - what an action makes of a request: a head and a source.
 */
#ifndef WORKER_PROXY_REPLY_H
#define WORKER_PROXY_REPLY_H

#include "worker/http/h1.h"
#include "worker/http/message.h"
#include "worker/http/source.h"
#include "worker/proxy/exchange.h"

#define REPLY_EXTRA_MAX 8

struct reply {
	struct message head;
	size_t head_len; /* as received: about what it takes to send it */
	struct str lines; /* what headers.response says */
	unsigned extra_count; /* fields of ours, behind those of HEAD */
	struct h1_field extra[REPLY_EXTRA_MAX];
	struct source *source; /* NULL: the head is all, body included */
	struct source *replaced; /* an origin's, which OURS stands for; or NULL */
	bool is_bare; /* nothing in HEAD tells of the origin: hide_traces */
	bool is_ours; /* a reply of our own, instead of HEAD: this one, */
	struct h1_simple ours;	/* with EXTRA; */
	const struct str *body; /* and behind it BODY_COUNT pieces of body */
	unsigned body_count; /* at most CONF_PAGE_PIECES_MAX */
	struct origin *tunnel; /* after a 101: the origin's end, or NULL */
};

/* What the Connection field of a reply to X has to say. */
enum h1_connection reply_connection(const struct exchange *x);

/* One more field of ours; the value lives as long as the exchange. */
void reply_add(struct reply *reply, struct str name, struct str value);

/*
 * The only place that writes to a client.  Sends REPLY, body and all, closes
 * its sources, and says in X how it ended.
 */
WAITS void reply_send(struct exchange *x, struct reply *reply);

/* Tells the client that waits for it to send its body: 100.  0, or -1 after
 * exchange_fail. */
WAITS int reply_send_continue(struct exchange *x);

/* Passes on an interim reply (1xx) that was received as HEAD_LEN bytes, without
 * what tells of the origin or is the operator's to say.  0, or -1 after
 * exchange_fail. */
WAITS int reply_send_interim(struct exchange *x, struct message *head,
    size_t head_len);

#endif

/*
 * relay_inside.h - what the parts of a relay share: relay.c sends the
 * request, relay_head.c reads the heads of the reply, relay_body.c its body,
 * relay_h2.c does the same with a stream of HTTP/2, and relay_verdict.c says
 * how the server was.
 */
#ifndef WORKER_PROXY_RELAY_INSIDE_H
#define WORKER_PROXY_RELAY_INSIDE_H

#include "worker/proxy/relay.h"
#include "worker/proxy/upload.h"

/* Bodies that go out with their head: larger ones take a fiber. */
#define RELAY_SENT_WITH_HEAD ((size_t)16 * 1024)

struct relay {
	uint32_t magic;
	struct source source;
	struct exchange *x;
	struct apart *apart;   /* gets what else X would; or NULL */
	struct origin *origin; /* NULL: given back */
	struct upload upload;
	struct body body; /* of the reply */
	usec_t patience;  /* with the origin, while we wait for it */
	usec_t idle;	  /* how long its connection may lie idle after this */
	bool reusable;	  /* the origin's connection, after this reply */
	bool whole;	  /* the reply was received to its end */
	bool silent;	  /* the origin closed without a byte */
	bool judged;	  /* its server: relay_verdict.h */
	bool broken;	  /* what was decoded ahead was malformed */
	struct str decoded; /* of the body, ahead of the next pull */
	size_t head_len;  /* of the reply's head */
	size_t taken;	  /* HTTP/2: of the piece that was pulled last */
	struct str answer; /* to the key of a WebSocket's client, or "" */
	char *block;	  /* a BODY block: block[start..end) is received */
	size_t start;
	size_t end;
};

/* R, zeroed, is a relay for X with nothing borrowed; R->source may be closed
 * from now on, which gives back whatever it holds. */
void relay_init(struct relay *r, struct exchange *x);

/* How it stands with R, apart or not. */
static inline enum end relay_end(const struct relay *r)
{
	return r->apart != NULL ? r->apart->end : r->x->end;
}

/* From its connection to the first byte of its reply, which has come. */
static inline usec_t relay_took(const struct relay *r)
{
	if (r->apart != NULL)
		return r->apart->first_byte - r->apart->connected;
	return r->x->first_byte - r->x->connected;
}

/* Fails the exchange, or only the relay if it is apart, and is -1: for a reason
 * of ours, for what an error on the origin's side means, for a FAULT, for a
 * reply that can't be understood. */
int relay_fail(struct relay *r, enum end why);
int relay_fault(struct relay *r, enum end why, enum fault fault);
int relay_fail_origin(struct relay *r, int err, enum end at_deadline);
int relay_malformed(struct relay *r, enum fault fault);

/* The connection is there; the first byte of the reply is. */
void relay_is_connected(struct relay *r);
void relay_has_begun(struct relay *r);

/* DEADLINE has come: shall the origin be waited for until a later one? */
bool relay_waits_on(const struct relay *r, usec_t *deadline);

struct relay *relay_of(struct source *s);

/* Trailer fields have come, which the client gets. */
void relay_take_trailers(struct relay *r, struct message *trailers);

/* ---- with a stream of HTTP/2 ---- */

/* Sends the head, and the body or the beginning of its upload.  0 or -1. */
WAITS int relay_h2_send(struct relay *r, const struct server *s);

/* The next head, which may be an interim one.  0 or -1. */
WAITS int relay_h2_read_head(struct relay *r, struct message *head);

/* R->source yields what follows REPLY's head. */
void relay_h2_begin_body(struct relay *r, struct reply *reply);

/* Gives the block back, with whatever is at hand. */
void relay_give_block(struct relay *r);

/* More bytes behind those at hand: 1, 0 at the end of the stream, -errno. */
WAITS int relay_receive(struct relay *r, usec_t deadline);

/* Heads until the final one, or a 101; interim ones are passed on.  0, or -1
 * after exchange_fail. */
WAITS int relay_read_final_head(struct relay *r, struct message *head);

/* Makes R->source ready to yield what follows REPLY's head. */
void relay_begin_body(struct relay *r, struct reply *reply);

#endif

/*
 * exchange.h - one request and its reply, and the memory they live in.
 *
 * An exchange is opened when a client's fiber starts, serves as many requests
 * as follow each other (each begins with everything reset), and is closed
 * before the client is parked.  Everything lies in one HEAD block:
 *
 *   0                  8 KiB                                    16 KiB
 *   | the client's     | struct    | arena: fields, normalised  |
 *   | window: the head | exchange  | path, heads to send        |
 *
 * A request head that outgrows the window moves once to 64 KiB.  What the
 * arena has no room for it takes from malloc, up to EXCHANGE_MORE.
 *
 * The head stays in the window, unmoved, until the exchange ends, because the
 * message points into it.  Body bytes that came with it lie behind it; what
 * the client sent beyond this request is served next.
 */
#ifndef WORKER_PROXY_EXCHANGE_H
#define WORKER_PROXY_EXCHANGE_H

#include "common/base/arena.h"
#include "common/conf/conf.h"
#include "worker/http/body.h"
#include "worker/http/message.h"
#include "worker/conn/conn.h"
#include "worker/proxy/client.h"
#include "worker/proxy/identity.h"

#define EXCHANGE_MORE ((size_t)256 * 1024)

enum end {
	END_NONE, /* still going on */
#define END(name, side, status, meaning) END_##name,
#include "common/tbl/end_reasons.h"
#undef END
	END_COUNT
};

enum end_side { END_BY_NOBODY, END_BY_CLIENT, END_BY_ORIGIN, END_BY_US };

const char *end_name(enum end e);
enum end_side end_side(enum end e);

/* What a client is answered that was not sent anything yet; 0: nothing. */
unsigned end_status(enum end e);

/* Bytes behind the end of a chunked body, which belong to the next request.
 * Not left in the BODY block: its exchange will wait for another one. */
struct carry {
	char *bytes; /* malloc'ed, or NULL */
	size_t n;
};

struct caching;
struct h2_fields;
struct h2_stream;
struct spool;
struct tried;

/* How a client came to its server; the log's sticky= . */
enum stay_state {
	STAY_NONE, /* it stays nowhere */
	STAY_HIT,  /* its own */
	STAY_NEW,  /* it had none */
	STAY_MOVED, /* its own takes none: this is its own from now on */
	STAY_AWAY   /* its own is full: only this once */
};

/* What the cache did for it; the log's cache= . */
enum cache_use {
	CACHE_UNUSED,
#define CACHE_USE(name, counter, meaning) CACHE_USE_##name,
#include "common/tbl/cache_uses.h"
#undef CACHE_USE
	CACHE_USES
};

/* Where the client stays, if its pool is sticky: stay.c. */
struct stay {
	struct str hidden; /* the Cookie field as it came, if it has ours */
	uint64_t server; /* the id of its own, or 0 */
	bool has_key;
	bool is_due; /* its cookie is to be set anew */
	struct hash_id key; /* in the stick table, if it HAS_KEY */
	enum stay_state state;
};

struct exchange {
	uint32_t magic;
	struct client *client;
	struct h2_stream *stream; /* its wire; NULL: the client's connection */
	struct fiber *fiber;	  /* of the stream */
	struct h2_fields *head;	  /* of the reply on it, until sent */
	const char *websocket; /* a key for a client that has none, or NULL */
	void *block;
	char *large; /* window of a large head, or NULL */
	struct carry carry;
	unsigned requests; /* begun: the first, and what was pipelined */
	usec_t idle; /* patience with the client until its next request */

	/* from here on reset for each request */
	struct arena arena;
	struct message request;
	size_t head_len; /* of the window that are the request's head */
	size_t held;	 /* behind it: body bytes used so far */
	struct body body; /* of the request, on its way in */
	struct spool *spool; /* what is kept of it, or NULL: spool.h */
	struct pace pace; /* how slow the client may send it: limits_allow */

	struct str id; /* of the request: in log, error pages, to origins */
	struct identity identity; /* who asks */

	bool early; /* it came before the handshake of TLS was over: early.h */
	uint8_t cache; /* enum cache_use */
	const struct conf_scope *scope; /* what holds for it, as far as known */
	const struct conf_vhost *vhost;
	const struct conf_route *route;
	const struct conf_pool *pool; /* NULL: we answer by ourselves */
	struct split_choice *choices; /* one for each split of ROUTE, or NULL */
	struct str cookies; /* field lines that set some of ours, or "" */
	const struct conf_rule *rule; /* the last that changed the path */
	struct str routed; /* the path as it came to ROUTE: for templates */
	struct caching *caching; /* if its scope has a cache: caching.h */
	const struct conf_server *server; /* the last that was tried */
	uint64_t server_id;
	struct str server_address; /* and where that is */
	char server_text[CONF_ADDRESS_TEXT_SIZE]; /* of what a name gave */
	unsigned attempts;
	struct tried *tried; /* what failed before, or NULL: failover.h */
	struct stay stay;
	struct total *total; /* when timeouts.total is due, or NULL: limits.c */

	enum end end;
	enum fault fault; /* when END_malformed or END_origin_malformed */
	bool unattended;   /* no client waits for it: errand.h */
	bool passes;	   /* bytes both ways, and no requests: passage.c */
	bool interim_sent; /* something of a reply went out */
	bool head_sent;	  /* a final reply's head went out */
	bool unsent;	  /* the client did not take all that we sent */
	bool tunnelled;	  /* it is a tunnel now */
	bool must_close;  /* the client's connection can't go on */
	bool must_reset;  /* and its end must not look like the reply's */
	unsigned status;
	uint64_t body_sent;
	usec_t began;	   /* the request's first byte was there */
	uint64_t probe;	   /* it tries a pool whose breaker was open; 0: not */
	usec_t queued;	   /* waited so long for a server to have room */
	usec_t connected;  /* an origin connection was ours; 0: never */
	usec_t first_byte; /* of the origin's reply; 0: never */
};

/* Opens one for C and lends it a window.  NULL: out of memory. */
struct exchange *exchange_open(struct client *c);

/* Opens one for the request on stream ST of C, in memory of ST. */
struct exchange *exchange_open_stream(struct client *c, struct h2_stream *st);

/* One for the log alone: WHY a connection of HTTP/2 has ended. */
struct exchange *exchange_open_ended(struct client *c, enum end why,
    enum fault fault);

/* Gives the memory back, and the stream. */
void exchange_close(struct exchange **x);

/* Did the client send more than was served?  To close its connection just so
 * would then reset it, and with it what was sent but has not arrived. */
bool exchange_has_unread(const struct exchange *x);

/* X begins without a request: for a connection whose bytes are passed on.
 * False: out of memory. */
bool exchange_begin(struct exchange *x);

enum next { NEXT_REQUEST, NEXT_PARK, NEXT_CLOSE, NEXT_H2 };

/*
 * Reads the next request: a whole head, then pure parsing.  NEXT_REQUEST: a
 * request, or one that can't be understood (END says why); NEXT_PARK: nothing
 * of one is there; NEXT_CLOSE: the client is gone; NEXT_H2: it begins with the
 * preface of HTTP/2, as it may, and what was read is still held.
 */
WAITS enum next exchange_read(struct exchange *x);

/* The same for what has come on a stream: there is a request. */
void exchange_read_stream(struct exchange *x);

/* Has its client gone, or reset its stream? */
bool exchange_is_left(const struct exchange *x);

/* Cancels who serves it. */
void exchange_cancel(struct exchange *x);

/* Fails the exchange, unless it has failed already. */
void exchange_fail(struct exchange *x, enum end why);

/* What it means that the client, with this PACE, took too little. */
enum end exchange_end_of_stall(const struct pace *pace);

void exchange_refuse(struct exchange *x, enum fault fault);

/* The same for an error of conn or fiber on the client's side. */
void exchange_fail_client(struct exchange *x, int err, enum end at_deadline);

/*
 * The next piece of the request's body, decoded: 1 and *piece_r, 0 at the
 * end, -1 after exchange_fail.  When *block_r is not NULL the piece lies in
 * that BODY block, which the caller gives back.
 */
WAITS int exchange_read_body(struct exchange *x, void **block_r,
    struct str *piece_r);

/*
 * The same into N bytes at P: 1 and *got_r bytes of it, perhaps none; 0 at the
 * end, -1 after exchange_fail.
 */
WAITS int exchange_take_body(struct exchange *x, char *p, size_t n,
    size_t *got_r);

/* Did bytes of the body come along with the head that are not used yet? */
bool exchange_has_body_bytes(const struct exchange *x);

/*
 * Reads all of a body of known length behind its head, if there is room for
 * it: 1, 0 when there is not, -1 after exchange_fail.
 */
WAITS int exchange_hold_body(struct exchange *x);

/* What is left of a body of known length, none of which lies in the window;
 * 0: there is no such. */
uint64_t exchange_body_rest(const struct exchange *x);

/* Reading the body failed with ERR (-EPIPE: it ended too early).  That its
 * reader was cancelled is no failure: its exchange knows why. */
void exchange_fail_body(struct exchange *x, int err);

/* If the whole body lies in the window as it is to be sent: true, and it. */
bool exchange_body_is_held(const struct exchange *x, struct str *body_r);

/* The whole body is HELD bytes in the window: as exchange_is_whole. */
void exchange_has_all(struct exchange *x, size_t held);

/* Nobody wants the body: if the whole of it lies in the window it is passed by,
 * else the client's connection can't go on. */
void exchange_pass_body(struct exchange *x);

/* The whole request was received: a FIN from now on, or before, means that
 * the client left, unless several requests were pipelined or half_close says
 * that it means nothing. */
void exchange_is_whole(struct exchange *x);

/* Room in the arena for a head of up to N bytes to be sent. */
struct out exchange_out(struct exchange *x, size_t n);

#endif

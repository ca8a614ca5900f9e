/*
 * world.h - a whole proxy in one process, with all its peers.
 *
 * The worker's code from accepted connection to log line, over unix sockets
 * whose other ends are played here, in the same thread, and with a clock that
 * moves only when it is told to.  So nothing waits: a deadline an hour away is
 * one call, and an exchange takes some microseconds.
 *
 *	client peer --socketpair--> struct client ... struct origin --> origin
 *	                            (the code under test)               peer
 */
#ifndef TESTS_TORTURE_WORLD_H
#define TESTS_TORTURE_WORLD_H

#include "common/base/str.h"
#include "tests/torture/shim.h"

#define WORLD_ACTORS_MAX 64

/* A peer's end of a connection. */
struct actor {
	int fd; /* -1: closed by us */
	int theirs; /* a client's: the proxy's descriptor */
	bool is_origin;
	bool stalled; /* does not read */
	bool has_stalled;
	bool ended;   /* the proxy has ended the stream, or reset it */
	bool news;    /* an origin's, of which its test was not told yet */
	bool reset;   /* it was a reset */
	bool finishes; /* a FIN is to follow what is to be sent */
	bool finished; /* we have ended ours, or closed */
	char *in;	/* received */
	size_t in_n;
	size_t in_cap;
	char *out; /* to be sent, from OUT_AT on */
	size_t out_n;
	size_t out_cap;
	size_t out_at;
	size_t used;   /* of IN, by the test */
	bool switched; /* an origin's: what follows is no HTTP any more */
};

/*
 * Makes the proxy, with two servers in one pool, set up as a worker is before
 * it says that it is ready.  Once a process.
 */
void world_open(void);
void world_close(void);

/* A new client's end; the other one came by a listener for HTTP/1 alone, or
 * for HTTP/2 too. */
struct actor *world_connect(void);
struct actor *world_connect_h2c(void);

/* Sends, as far as there is room now; the rest when there is.  Nothing, if it
 * knows that nobody listens. */
void actor_send(struct actor *p, const char *text, size_t n);
void actor_stall(struct actor *p);  /* stops reading, or goes on */
void actor_finish(struct actor *p); /* a FIN behind it */
void actor_close(struct actor *p);  /* at once; a reset, if it has unread bytes */

/* All peers, in the order in which they appeared. */
unsigned world_actors(void);
struct actor *world_actor(unsigned i);

/* FN is called for an origin that received something new, when nothing else
 * moves. */
void world_on_origin(void (*fn)(struct actor *origin));

/* Server I (0 or 1) refuses new connections from now on, or does not. */
void world_refuse(unsigned server, bool refuse);

/* Turns until nothing moves. */
void world_settle(void);

/* The clock moves to the next deadline.  False: there is none. */
bool world_pass_time(void);

void world_begin_case(void);

/*
 * Lets all deadlines come, then looks: nobody may be left, and nothing.  Then
 * forgets the peers.
 */
void world_end_case(void);

#endif

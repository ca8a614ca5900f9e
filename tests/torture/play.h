/*
 * play.h - exchanges of every kind, to be played in the world (world.h).
 *
 * The client sends what a play says, and its origin answers each request when
 * the whole of it is there; what then came out can be held against what must,
 * or against what came out of the same play under better circumstances.
 */
#ifndef TESTS_TORTURE_PLAY_H
#define TESTS_TORTURE_PLAY_H

#include "tests/torture/world.h"

struct play {
	const char *name;
	const char *request; /* the client's bytes, but for a body: */
	size_t body;	     /* so many bytes of a pattern */
	bool chunked;	     /* in chunks, and behind them: */
	const char *trailer;
	const char *reply; /* the head with which each request is answered */
	size_t reply_body;
	bool reply_chunked;
	bool reply_ends; /* with the connection */
	bool refused;	 /* by the first server */
	bool down;	 /* by both */
	bool waits;	 /* the body is sent when there is a 100 */
	bool tunnel;	 /* what follows comes back as it is */
	unsigned replies; /* that the client gets, with this status: */
	unsigned status;
};

extern const struct play plays[];
extern const unsigned play_count;

/* Begins a case; the client that is to play P. */
struct actor *play_begin(const struct play *p);

/* Plays, until all is quiet; the client leaves in the end. */
void play_run(const struct play *p, struct actor *client);

/* Did the client get what it must, as often?  NULL, or what is wrong. */
const char *play_wrong(const struct play *p, const struct actor *client);

/* The same, where something may have failed: less, or errors, will do. */
const char *play_bad(const struct play *p, const struct actor *client);

/*
 * All that was received, by all, as text, without what is never the same twice
 * (dates, names of requests) and without the sizes of chunks.  The caller frees
 * it.
 */
char *play_outcome(void);

#endif

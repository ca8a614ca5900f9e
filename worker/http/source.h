/*
 * source.h - where the body of a reply comes from.
 *
 * A reply is a head and a source.  Actions make sources, filters wrap them,
 * send pulls.  A source yields its bytes on demand through a bounded window,
 * so a slow reader slows the writer and nothing piles up between them.
 */
#ifndef WORKER_HTTP_SOURCE_H
#define WORKER_HTTP_SOURCE_H

#include "common/base/str.h"
#include "worker/conn/conn.h"
#include "worker/http/message.h"

struct source {
	/*
	 * The next piece: 1 and *piece_r, good until the next call; 0 at the
	 * end; -1 when it broke off (the exchange knows why).
	 */
	WAITS int (*pull)(struct source *s, struct str *piece_r);

	/* The piece that pull gave was the last one. */
	bool ended;

	/* At the end, if the client takes them: the trailer fields, or NULL. */
	const struct message *trailers;

	/* Would pull answer without waiting?  May decode what is at hand. */
	bool (*is_ready)(struct source *s);

	/*
	 * Moves all the rest to TO unseen, if it is large and plain: 1 done,
	 * 0 nothing was moved (pull on), -1 broke off.  Adds what arrived to
	 * *moved.  NULL: this source's bytes must be looked at.
	 */
	WAITS int (*pass)(struct source *s, struct conn *to, struct pace *pace,
	    uint64_t *moved);

	/* Gives back whatever it holds; the last call. */
	WAITS void (*close)(struct source *s);
};

#endif

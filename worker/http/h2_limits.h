/*
 * h2_limits.h - how much of what costs us an HTTP/2 peer may send: pure sums.
 *
 * Frames cost a peer next to nothing.  What many of them cost us is paid from
 * purses: each holds COUNT at first and at most, and fills again over a time
 * (struct conf_flood).  Who finds a purse empty has flooded us: the
 * connection ends with ENHANCE_YOUR_CALM, and the log names the setting.
 *
 *   resets     streams that end before their reply: the peer reset them, or
 *              made us do it by a mistake of its own
 *   settings   SETTINGS
 *   pings      PING, and answers to none
 *   frames     what moves nothing: PRIORITY, WINDOW_UPDATE, empty DATA, frames
 *              of unknown types; requests and DATA of ours earn some
 *   continuations   of one head; their bytes are bounded where they are decoded
 */
#ifndef WORKER_HTTP_H2_LIMITS_H
#define WORKER_HTTP_H2_LIMITS_H

#include "common/base/clock.h"
#include "common/conf/conf.h"
#include "worker/http/head.h"

/* What the purses hold is kept as the time when they will be full. */
struct h2_limits {
	const struct conf_h2_limits *conf; /* NULL: no limits */
	usec_t resets;
	usec_t settings;
	usec_t pings;
	usec_t frames;
	unsigned continuations; /* of the head that is under way */
	size_t decoded;		/* its bytes */
	enum fault fault;	/* which one was too many */
};

/* CONF: NULL for peers that are trusted. */
void h2_limits_begin(struct h2_limits *l, const struct conf_h2_limits *conf);

/*
 * Each of these: is it still within the limits?  If not, l->fault says what was
 * too much.
 */

/* A frame has come: its TYPE and FLAGS (RFC 9113, 6), its payload's LENGTH. */
bool h2_limits_frame(struct h2_limits *l, unsigned type, unsigned flags,
    size_t length, usec_t now);

/* A stream was reset. */
bool h2_limits_reset(struct h2_limits *l, usec_t now);

/* A field of BYTES was decoded, of a head that may have MOST: one that has far
 * more is not decoded to its end (a few bytes of HPACK can stand for many). */
bool h2_limits_field(struct h2_limits *l, size_t bytes, size_t most);

/* DATA of BYTES was sent: a peer has to grant windows for more. */
void h2_limits_sent(struct h2_limits *l, size_t bytes);

#endif

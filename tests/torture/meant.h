/*
 * meant.h - what a request asks of a proxy, and whether that is what arrived.
 *
 * The second half of the independent reading (strict.h): who is meant by a
 * well-formed request, which path, and what an origin must get of it.
 */
#ifndef TESTS_TORTURE_MEANT_H
#define TESTS_TORTURE_MEANT_H

#include "tests/torture/strict.h"

enum meant {
	MEANT_FORWARD, /* it must reach the origin */
	MEANT_OURS,    /* the proxy answers it itself, and may go on */
	MEANT_EITHER,
	MEANT_REFUSE /* nothing of it may reach the origin */
};

struct meaning {
	enum meant meant;
	const char *why; /* it is refused */
	struct str host; /* the authority; STR_NONE: HTTP/1.0 without one */
	bool upgrade;	 /* asks for another protocol */
	bool secure;	 /* names https, which is not spoken here */
	size_t target_n;
	char target[STRICT_TARGET_MAX + 1]; /* that the origin gets */
};

/* Of a request of whose head all is known. */
void meant_by(const struct strict_message *m, struct meaning *r);

/*
 * Is ARRIVED, read off the wire to the origin, what SENT meant?  WHOLE: all of
 * it arrived; else what is there of the body is the beginning of it.  NULL, or
 * what differs.
 */
const char *meant_differs(const struct strict_message *sent,
    const struct meaning *meaning, const struct strict_message *arrived,
    bool whole);

/* ---- for the files of the reader ---- */

/*
 * The target of M for an origin in origin-form (or "*") into R, and the
 * authority it names, if it does.  False: refused, R->why.
 */
bool meant_target(const struct strict_message *m, struct meaning *r);
bool meant_is_authority(struct str s);

#endif

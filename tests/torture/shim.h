/*
 * shim.h - what the proxy calls, as a test wants it to behave.
 *
 * Programs of this folder are linked so that calls of the clock, of memory and
 * of sockets come here (the file `wrapped`).  At first everything is passed on
 * to who was meant.
 *
 * Only descriptors in the proxy's epoll trickle, and only what is called while
 * ARMED fails; so tests may call what they like.
 */
#ifndef TESTS_TORTURE_SHIM_H
#define TESTS_TORTURE_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"

/* What may fail. */
enum {
	SHIM_MEMORY = 1,      /* malloc and its kin: ENOMEM */
	SHIM_DESCRIPTORS = 2, /* a new one: EMFILE */
	SHIM_STACKS = 4,      /* the guard of a new fiber's stack */
};

struct shim {
	usec_t now;	 /* the clock, if not 0: it stands still */
	unsigned events; /* that the last epoll_wait brought */
	unsigned connects;

	size_t at_most;	  /* bytes that one call moves; 0: as many as can be */
	bool every_other; /* each second such call says EAGAIN */

	bool armed; /* this is the proxy calling */
	unsigned failing; /* which of them are counted, and may fail */
	uint64_t calls;	  /* of them so far */
	uint64_t fail_at; /* the number of the one that fails; 0: none */
	bool fail_on;	  /* and all that come behind it */
};

extern struct shim shim;

/* Is the close of FD, which is open or was closed just now, or was to be, a
 * reset: SO_LINGER 0?  (On a unix socket nobody else could tell.) */
bool shim_was_reset(int fd);

#endif

/*
 * check_inside.h - what the files of a check know of each other.
 *
 * Nobody else includes this.
 */
#ifndef WORKER_ORIGIN_CHECK_INSIDE_H
#define WORKER_ORIGIN_CHECK_INSIDE_H

#include "worker/conn/conn.h"
#include "worker/origin/check.h"

/* On an open connection to T: what it comes to by DEADLINE. */
WAITS struct check_result check_http(const struct check_target *t,
    struct conn *c, usec_t deadline);

/* What ERR, of reading or writing, says. */
struct check_result check_broken(int err);

static inline struct check_result check_result(enum check_outcome outcome,
    unsigned detail)
{
	return (struct check_result){outcome, detail};
}

#endif

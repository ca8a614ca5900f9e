/*
 * race.h - two connections are begun, the first that is there is taken.
 */
#ifndef WORKER_ORIGIN_RACE_H
#define WORKER_ORIGIN_RACE_H

#include "common/conf/conf.h"
#include "worker/conn/conn.h"

/* After so long without an answer a second connection is begun (RFC 8305, 5). */
#define RACE_HEAD_START (250 * USEC_PER_MSEC)

/*
 * FIRST is being connected (conn_begin) and has had its head start; SECOND is
 * connected to ADDRESS beside it.  0: FIRST is there; 1: SECOND is; or -errno
 * of FIRST, -ETIMEDOUT, -ECANCELED.  Those that are not there are closed.
 */
WAITS int race_run(struct conn *first, struct conn *second,
    const struct conf_address *address, usec_t deadline);

#endif

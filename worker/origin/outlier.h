/*
 * outlier.h - what becomes of requests says how a server is: one that errs is
 * taken out for a while.
 *
 * All workers count together, in the server's row of the health table.
 */
#ifndef WORKER_ORIGIN_OUTLIER_H
#define WORKER_ORIGIN_OUTLIER_H

#include "common/base/out.h"
#include "worker/origin/pool.h"

enum server_result {
#define SERVER_RESULT(name, verdict, detail, text) SERVER_##name,
#include "common/tbl/server_results.h"
#undef SERVER_RESULT
	SERVER_RESULTS
};

/* It doubles no further. */
#define OUTLIER_EJECT_MOST (300 * USEC_PER_SEC)

bool server_result_is_error(enum server_result result);

/*
 * An attempt at S has come to RESULT; STATUS: of the reply, or 0.  May take S
 * out of its pool.
 */
void outlier_saw(struct server *s, enum server_result result, unsigned status);

/* "it did not answer in time": why S was taken out last; nothing if it never
 * was. */
void outlier_say(struct out *o, const struct server *s);

/* Of COUNT servers, of which OUT are out or down, may one more go? */
bool outlier_may_eject(const struct conf_outlier *conf, unsigned count,
    unsigned out);

/* For how long, after EJECTIONS in a row. */
usec_t outlier_time(const struct conf_outlier *conf, unsigned ejections);

#endif

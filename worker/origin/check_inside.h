/*
 * check_inside.h - what the files of a check know of each other.
 *
 * Nobody else includes this.
 */
#ifndef WORKER_ORIGIN_CHECK_INSIDE_H
#define WORKER_ORIGIN_CHECK_INSIDE_H

#include "worker/http/h2_solo.h"
#include "worker/http/talk.h"
#include "worker/origin/check.h"

/* On an open connection to T, of S: what it comes to by DEADLINE. */
WAITS struct check_result check_http(const struct check_target *t,
    struct h2_solo *s, usec_t deadline);
WAITS struct check_result check_grpc(const struct check_target *t,
    struct h2_solo *s, usec_t deadline);

/* What begins a head of HTTP/2 to T over S: METHOD, PATH behind that of T's URL,
 * and the fields of the check, with room for two more. */
struct h2_fields check_fields(const struct check_target *t,
    const struct h2_solo *s, struct str method, struct str path,
    struct arena *a);

/* What ERR, of reading or writing, says. */
struct check_result check_broken(int err);

static inline struct check_result check_result(enum check_outcome outcome,
    unsigned detail)
{
	return (struct check_result){outcome, detail};
}

#endif

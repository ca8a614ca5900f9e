/*
 * path.h - one reading of a path: see target.h for the rules.
 */
#ifndef WORKER_HTTP_PATH_H
#define WORKER_HTTP_PATH_H

#include "worker/http/message.h"

/*
 * Normalises RAW, which begins with "/" and holds no query: *forward_r with
 * its empty segments, *path_r without them.  Where nothing is to be changed
 * they are RAW itself, else they lie in A.
 */
enum fault path_normalise(struct str raw, struct arena *a,
    struct str *forward_r, struct str *path_r);

#endif

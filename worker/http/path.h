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

/*
 * What careless readers make of the normalised PATH: those who decode too
 * often or by a lax UTF-8, take "\" for "/", cut a segment at ";" and a path at
 * an encoded "?" or "#", or ignore dots and spaces that end a name.  *loose_r
 * is PATH itself where all agree, else it lies in A.  It is only good for
 * asking whether they would end up on another route.  A route's path of which
 * that is so by itself is refused at load: conf_path_is_loose.
 */
enum fault path_loosen(struct str path, struct arena *a, struct str *loose_r);

/* May QUERY follow a path: has it only bytes that a request's may have? */
bool path_may_have_query(struct str query);

#endif

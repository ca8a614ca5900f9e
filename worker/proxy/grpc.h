/*
 * grpc.h - what gRPC wants of a proxy beyond HTTP.
 *
 * Its messages must not wait for each other, and its errors are trailer
 * fields: a client of gRPC can't read an error page.
 */
#ifndef WORKER_PROXY_GRPC_H
#define WORKER_PROXY_GRPC_H

#include "worker/proxy/reply.h"

/* Is M, a request or a reply, of gRPC?  (Not of gRPC-Web, whose clients read
 * HTTP.) */
bool grpc_is(const struct message *m);

/*
 * REPLY becomes our own answer to X, which has failed: in place of an error
 * page with STATUS and WORDS.
 */
void grpc_refuse(struct exchange *x, unsigned status, struct str words,
    struct reply *reply);

/* ---- for unit tests ---- */

/* The code of gRPC for an exchange that ended so, with that status. */
unsigned grpc_code(enum end end, unsigned status);

#endif

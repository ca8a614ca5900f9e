/*
 * caching_content.h - a reply to a POST that is what a GET would bring.
 */
#ifndef WORKER_PROXY_CACHING_CONTENT_H
#define WORKER_PROXY_CACHING_CONTENT_H

#include "worker/proxy/caching.h"

/*
 * X is a POST whose REPLY says that it is what a GET of the target would bring;
 * nothing tells of its origin any more (hide_traces).  It is stored for one, if
 * it may be and is small.  Perhaps REPLY has another source then, or X has
 * failed because its origin has.
 */
WAITS void caching_keep_content(struct exchange *x, struct reply *reply);

#endif

/*
 * targeted.h - what a reply says to caches such as ours, and not to all.
 *
 * CDN-Cache-Control and other fields of its kind (RFC 9213), and
 * Surrogate-Control (Edge Architecture Specification 1.0).
 */
#ifndef WORKER_CACHE_TARGETED_H
#define WORKER_CACHE_TARGETED_H

#include "common/conf/cache_t.h"
#include "worker/cache/control.h"

/* Who we are to Surrogate-Control. */
#define TARGETED_DEVICE "sluice"
#define TARGETED_CAPABILITY TARGETED_DEVICE "=\"Surrogate/1.0\""

/*
 * Reads what counts for us of REPLY: the first of TARGETS that is there, valid
 * and not empty; then true, and Cache-Control and Expires mean nothing.  Else
 * Cache-Control.
 */
bool targeted_read(const struct conf_cache_names *targets,
    const struct message *reply, struct control *c);

/* Is Surrogate-Control one of TARGETS?  Then origins are told
 * (Surrogate-Capability: what is above), and no client gets the field. */
bool targeted_is_told(const struct conf_cache_names *targets);
bool targeted_is_surrogate(const struct field *f);

#endif

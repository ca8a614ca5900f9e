/*
 * greet.h - what comes before the first request on a connection to a server.
 */
#ifndef WORKER_ORIGIN_GREET_H
#define WORKER_ORIGIN_GREET_H

#include "worker/conn/proxy_header.h"
#include "worker/origin/origin_tls.h"
#include "worker/origin/pool.h"

struct greet {
	const struct proxy_header *client; /* whose requests; NULL: our own */
	struct str alpn; /* what we speak, if it is over TLS: origin_tls.h */
};

/*
 * C is connected to S: tells whose requests will come, if its pool has
 * proxy_protocol, and makes the handshake, if S speaks TLS.  0; -EPROTO: the
 * handshake failed, origin_tls_verdict says why and the log was told;
 * -ETIMEDOUT, -ECANCELED, -ENOMEM or another -errno.  After an error C is good
 * for nothing but conn_close.
 */
WAITS int greet_server(struct conn *c, struct server *s, const struct greet *as,
    usec_t deadline);

/* C to S failed: as origin_tls_was_refused, and the log was told. */
bool greet_was_refused(const struct conn *c, struct server *s);

/* The header of VERSION, for CLIENT or for ourselves. */
WAITS int greet_introduce(struct conn *c, unsigned version,
    const struct proxy_header *client, usec_t deadline);

#endif

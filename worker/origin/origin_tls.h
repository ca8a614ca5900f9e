/*
 * origin_tls.h - TLS to origins: who they must be, and who we are.
 *
 * One SSL_CTX a pool says what all of its servers must show and what they are
 * shown; what one connection needs besides is said with its handshake.
 */
#ifndef WORKER_ORIGIN_ORIGIN_TLS_H
#define WORKER_ORIGIN_ORIGIN_TLS_H

#include "common/conf/conf.h"
#include "worker/conn/conn.h"
#include "worker/origin/tls_sessions.h"
#include "worker/origin/tls_verdict.h"

/*
 * What POOL's servers are spoken to with; *CTX_R is NULL if TLS is spoken to
 * none of them.  POOL lives as long as it.  Before "ready".  0, -ENOMEM, or
 * -EINVAL, which was logged.
 */
int origin_tls_make(const struct conf_pool *pool, SSL_CTX **ctx_r);

/* New connections under CTX show what PAIR is now. */
void origin_tls_renew(SSL_CTX *ctx, const struct conf_pair *pair);

/* Who a server must be: a name of DNS, or an address. */
struct origin_tls_name {
	char text[256];
};

/*
 * Who S of POOL must be: tls.name, or else what its URL says, which is of a
 * service the domain that has it (RFC 6125, 6.2.1): who answers a question of
 * DNS may not say whose certificate is good.
 */
void origin_tls_name(struct origin_tls_name *name_r,
    const struct conf_pool *pool, const struct conf_server *s);

struct origin_tls {
	SSL_CTX *ctx;
	const struct origin_tls_name *name; /* asked for, and verified */
	bool verify; /* if its pool does */
	struct tls_sessions *sessions; /* outlive the connection; or NULL */
	struct str alpn; /* what we speak, as on the wire: each name behind its
			    length; "": nothing is offered */
};

#define ORIGIN_TLS_HTTP1 STR("\010http/1.1")
#define ORIGIN_TLS_HTTP2 STR("\2h2")
#define ORIGIN_TLS_ANY STR("\2h2\010http/1.1")

/*
 * The handshake on C, which is connected.  0; -EPROTO: origin_tls_verdict says
 * why; -ETIMEDOUT, -ECANCELED, -ENOMEM.  After an error C is good for nothing
 * but conn_close.
 */
WAITS int origin_tls_shake(struct conn *c, const struct origin_tls *with,
    usec_t deadline);

/* Why the last handshake failed; good until the caller waits. */
const struct tls_verdict *origin_tls_verdict(void);

/*
 * C failed: is it that the server does not take our certificate, which it says
 * behind the handshake (RFC 8446, 4.4.2.4)?  Then origin_tls_verdict says so.
 */
bool origin_tls_was_refused(const struct conn *c);

#endif

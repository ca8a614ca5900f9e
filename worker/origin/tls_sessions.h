/*
 * tls_sessions.h - TLS sessions that a server has given us, to resume.
 */
#ifndef WORKER_ORIGIN_TLS_SESSIONS_H
#define WORKER_ORIGIN_TLS_SESSIONS_H

#include <stdbool.h>

struct ssl_session_st; /* of OpenSSL */

#define TLS_SESSIONS_MAX 8

/* Of one server, the newest last.  Zeroed: none. */
struct tls_sessions {
	struct ssl_session_st *at[TLS_SESSIONS_MAX];
	unsigned count;
};

/* SESSION is S's from now on; the oldest makes room. */
void tls_sessions_keep(struct tls_sessions *s, struct ssl_session_st *session);

/*
 * The newest that can be resumed yet, now the caller's to free; or NULL.  Of
 * TLS 1.3 it is resumed once (RFC 8446, C.4), of TLS 1.2 it stays here too.
 */
struct ssl_session_st *tls_sessions_take(struct tls_sessions *s);

void tls_sessions_forget(struct tls_sessions *s);

#endif

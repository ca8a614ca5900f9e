/*
 * tls.h - TLS under a connection.
 *
 * After a handshake all calls of conn.h work as before, on the bytes inside.
 * Who makes handshakes is here; what they need of certificates, names and
 * sessions is in the SSL_CTX or SSL that the caller brings.
 */
#ifndef WORKER_CONN_TLS_H
#define WORKER_CONN_TLS_H

#include <openssl/ssl.h>

#include "worker/conn/conn.h"

/* Once a process.  0 or -ENOMEM. */
int tls_init(void);
void tls_free(void);

/* A context as all of ours begin: modes, options, curves.  NULL: no memory. */
SSL_CTX *tls_context(const SSL_METHOD *method);

/*
 * The server's handshake on C, and the client's, which is all set up in SSL.
 * SSL, with ARG as its app data, is C's from now on, whatever happens.  0;
 * -ETIMEDOUT, -ECANCELED; -EPROTO: tls_reason says why; another -errno of the
 * socket.  After an error C is good for nothing but conn_close.
 */
WAITS int tls_accept(struct conn *c, SSL *ssl, usec_t deadline);
WAITS int tls_connect(struct conn *c, SSL *ssl, usec_t deadline);

/*
 * The same as tls_accept; but when early data is there (RFC 8446, 2.3) it is
 * 0, too, before the handshake is over: what is read then could be somebody's
 * who has only heard it, and says it once more.  Reading goes on with the
 * handshake by itself.
 */
WAITS int tls_accept_early(struct conn *c, SSL *ssl, usec_t deadline);

/* Is the handshake of C not over yet? */
bool tls_is_early(const struct conn *c);

/* Why the last handshake (or read, or write) said -EPROTO, in OpenSSL's words;
 * good until the caller waits. */
const char *tls_reason(void);

/* The same as OpenSSL's error, for who wants to tell one from another. */
unsigned long tls_error(void);

/* The protocol that ALPN chose: "h2"; "" without one. */
struct str tls_alpn(const struct conn *c);

/* ---- for conn.c ---- */

/* As recv, of N bytes at most: bytes, 0 after a close_notify, -EAGAIN (and
 * then the watch is dry), or -errno. */
ssize_t tls_receive(struct conn *c, void *p, size_t n);

/* As sendmsg: bytes taken.  After -EAGAIN the same bytes must come again. */
ssize_t tls_transmit(struct conn *c, const struct iovec *iov, int count);

/* Sends what OpenSSL holds back while the handshake is not over; at its end it
 * would forget that.  0, -EAGAIN, or -errno. */
int tls_flush(struct conn *c);

/* Did a close_notify come, or did the connection break?  What comes before
 * that stays to be read. */
bool tls_has_ended(struct conn *c);

/* Is what has come TLS's own affair, with nothing to be read and no end?  It
 * is taken in. */
bool tls_is_quiet(struct conn *c);

/* Says a close_notify, if that can be done without waiting. */
void tls_finish(struct conn *c);

/* Gives the SSL back; if all is well, after a close_notify. */
void tls_drop(struct conn *c);

#endif

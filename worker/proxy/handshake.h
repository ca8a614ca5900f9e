/*
 * handshake.h - what handshakes of clients fail for, counted.
 */
#ifndef WORKER_PROXY_HANDSHAKE_H
#define WORKER_PROXY_HANDSHAKE_H

/* tls_accept has just said ERR. */
void handshake_failed(int err);

#endif

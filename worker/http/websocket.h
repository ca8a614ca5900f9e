/*
 * websocket.h - the handshake of RFC 6455, for who speaks for a client or an
 * origin that has none: WebSocket over HTTP/2 (RFC 8441) knows neither key nor
 * answer.
 */
#ifndef WORKER_HTTP_WEBSOCKET_H
#define WORKER_HTTP_WEBSOCKET_H

#include "worker/http/message.h"

#define WEBSOCKET_KEY_SIZE 24 /* base64 of 16 bytes */

/* Once a process, while it may open files: OpenSSL reads its configuration.  0
 * or -ENOMEM. */
int websocket_init(void);

/* A new Sec-WebSocket-Key into the WEBSOCKET_KEY_SIZE bytes at P. */
void websocket_make_key(char *p);

/* What a server answers to the Sec-WebSocket-Key of M, into the
 * WEBSOCKET_ANSWER_SIZE bytes at P.  False: M has none. */
#define WEBSOCKET_ANSWER_SIZE 28 /* base64 of 20 bytes */
bool websocket_answer(const struct message *m, char *p);

/* Drops what M, a request or a reply of HTTP/2, says of key and answer. */
void websocket_drop(struct message *m);

/* Is M, a 101, the answer to KEY, of WEBSOCKET_KEY_SIZE bytes? */
bool websocket_accepts(const struct message *m, const char *key);

#endif

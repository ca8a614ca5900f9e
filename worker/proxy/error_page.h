/*
 * error_page.h - what a client is answered instead of what it asked for.
 */
#ifndef WORKER_PROXY_ERROR_PAGE_H
#define WORKER_PROXY_ERROR_PAGE_H

#include "worker/proxy/reply.h"

/* Makes REPLY our own answer to a failed exchange, if there is to be one. */
void error_page(struct exchange *x, struct reply *reply);

/* REPLY is an origin's: if errors says so it becomes our own of the same
 * status.  Its source is closed when that was sent: an origin may want the rest
 * of the request, which is not what the client has to wait for. */
WAITS void error_page_instead(struct exchange *x, struct reply *reply);

/* What a status means, and what can be done; safe in HTML and JSON. */
struct str error_page_words(unsigned status);

#endif

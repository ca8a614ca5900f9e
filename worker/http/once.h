/*
 * once.h - fields that may come once, and hold one value.
 */
#ifndef WORKER_HTTP_ONCE_H
#define WORKER_HTTP_ONCE_H

#include "worker/http/message.h"

/*
 * FAULT_singleton if a SINGLETON of fields.h comes twice in M, or has a list
 * where its definition has one value.  In a reply the same said twice is no
 * fault: there are programs that do it, and readers can't disagree.  Host and
 * Content-Length have faults of their own, elsewhere.
 */
enum fault once_check_request(const struct message *m);
enum fault once_check_reply(const struct message *m);

#endif

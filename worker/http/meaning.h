/*
 * meaning.h - what a head means, whatever wire it came by.
 *
 * HTTP/1 (head.c) and HTTP/2 (h2_head.c) find the parts of a head, and leave
 * all judgement to these: so no rule holds on one wire only.  Pure.
 */
#ifndef WORKER_HTTP_MEANING_H
#define WORKER_HTTP_MEANING_H

#include "worker/http/message.h"

#define METHOD_TEXT_MAX 32

/* M's method. */
enum fault meaning_of_method(struct message *m, struct str text);

/* F, the next one of M, has its name and value. */
void meaning_note(struct message *m, struct field *f);

/*
 * All fields are there, and what else the head says: method, target, minor,
 * is_h2, ended, and in HTTP/2 the authority.  Takes memory for host and path
 * from A.
 */
enum fault meaning_of_request(struct message *m, struct arena *a);

/* The same for a reply, to a REQUEST_METHOD request. */
enum fault meaning_of_reply(struct message *m, enum method request_method);

#endif

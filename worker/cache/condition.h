/*
 * condition.h - conditions of requests: RFC 9110, 13; RFC 9111, 4.3.
 *
 * Pure; nothing here waits.
 */
#ifndef WORKER_CACHE_CONDITION_H
#define WORKER_CACHE_CONDITION_H

#include "worker/http/h1.h"

enum condition {
	CONDITION_HOLDS,	/* 200 or 206, of what is stored */
	CONDITION_NOT_MODIFIED, /* 304 */
	CONDITION_UNMET /* 412 by what is stored: RFC 9111, 4.3.2 leaves
			   If-Match and If-Unmodified-Since to origins, so the
			   request is to be forwarded as it is */
};

/*
 * What the conditions of REQUEST say of STORED, which may be used for it, in
 * the order of RFC 9110, 13.2.2.  RECEIVED is the second since 1970 in which it
 * came; WALL is now.
 */
enum condition condition_check(const struct message *request,
    const struct message *stored, int64_t received, usec_t wall);

/* Marks all conditions of REQUEST as dropped: the cache validates for itself. */
void condition_drop(struct message *request);

/* Marks what a 304 made of STORED does not carry as dropped: RFC 9110, 15.4.5. */
void condition_strip(struct message *stored);

/*
 * What asks an origin whether STORED is still right: none to two fields, whose
 * values point into STORED.  0: it can't be validated.
 */
#define CONDITION_ASK_MAX 2
unsigned condition_ask(const struct message *stored, usec_t wall,
    struct h1_field fields_r[CONDITION_ASK_MAX]);

#endif

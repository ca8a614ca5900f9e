/*
 * head.h - from the bytes of an HTTP/1 head to a message.
 *
 * Pure functions over complete bytes (RFC 9112, sections 2 to 5): fibers make
 * a resumable parser unnecessary.  Nothing is repaired: what two readers could
 * read differently is a fault, and there is no switch to be lenient.  No call
 * here waits or allocates outside the arena given.
 */
#ifndef WORKER_HTTP_HEAD_H
#define WORKER_HTTP_HEAD_H

#include "common/conf/conf.h"
#include "worker/http/message.h"

/*
 * Looks for the empty line that ends a head.  The head's length including
 * that line, or 0 while it is not complete.  FROM: bytes that an earlier call
 * has looked at already.  What only a lenient reader would take for the end (a
 * bare LF, an empty first line) counts too: parsing then says what is wrong,
 * at once and not after a deadline.
 */
size_t head_length(const char *p, size_t n, size_t from);

/*
 * Parses a whole request head (HEAD is what head_length found, and no more)
 * into M: request line, fields, Host, framing, Connection, path.  M points
 * into HEAD.  Takes memory from A: 24 bytes for each field, and what had to be
 * changed of host and path (twice their lengths at most).  FAULT_NONE, or what
 * is wrong (head_large, fields_many, target_large: LIMITS): M then holds what
 * was understood before the fault (method, target), for the log.
 */
enum fault head_parse_request(struct str head,
    const struct conf_head_limits *limits, struct arena *a, struct message *m);

/*
 * Parses a whole reply head, of a reply to a REQUEST_METHOD request: framing
 * depends on it.
 */
enum fault head_parse_reply(struct str head, enum method request_method,
    const struct conf_head_limits *limits, struct arena *a, struct message *m);

/*
 * Parses the trailer section of a chunked body (body_trailers, which has looked
 * for what is forbidden there) into M: fields and nothing else.
 */
enum fault head_parse_trailers(struct str section, struct arena *a,
    struct message *m);

/* The field lines of SECTION, up to its empty line, into M, which knows what
 * else there is of it and has no fields. */
enum fault head_parse_section(struct str section, struct arena *a,
    struct message *m);

#endif

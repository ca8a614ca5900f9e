/*
 * request.h - a request as a demo origin reads it: strictly.
 *
 * Whatever two readers could read differently is refused with 400, so that a
 * proxy in front which forwards such a thing is found out.
 */
#ifndef TESTS_DEMO_REQUEST_H
#define TESTS_DEMO_REQUEST_H

#include <stdint.h>

#include "tests/demo/peer.h"

#define REQUEST_HEAD_MAX (48 * 1024)
#define REQUEST_FIELDS_MAX 200

struct request_field {
	const char *name;
	const char *value;
};

struct request {
	const char *method;
	const char *version; /* "HTTP/1.1" */
	const char *path;    /* of the target, as received */
	const char *query;   /* behind '?'; NULL when there is none */
	bool is_head;
	bool keep_alive;
	struct request_field fields[REQUEST_FIELDS_MAX];
	unsigned field_count;

	/* its body, see request_body */
	bool chunked;
	bool has_length;
	bool expects_continue; /* and was not yet told to go on */
	bool in_chunk; /* its CR LF was not read yet */
	bool body_done;
	uint64_t left;	 /* bytes, of the body or of the chunk */
	uint64_t length; /* bytes of body read so far */
	unsigned trailer_count;

	char head[REQUEST_HEAD_MAX + 1]; /* what the pointers point into */
};

enum request_result { REQUEST_READ, REQUEST_NONE, REQUEST_BAD };

/*
 * Reads the next head.  REQUEST_NONE: the peer closed or fell silent between
 * two requests; REQUEST_BAD: malformed, *WHY_R says how.
 */
enum request_result request_read(struct peer *p, struct request *r,
    const char **why_r);

/* The first field of that name, or NULL. */
const char *request_field(const struct request *r, const char *name);

/* Is TOKEN an element of a comma separated VALUE (which may be NULL)? */
bool request_has_token(const char *value, const char *token);

/*
 * The next piece of the body: *PIECE_R points into the peer's buffer until the
 * next read.  Bytes; 0: the body is complete; -1: cut or malformed.
 */
ssize_t request_body(struct peer *p, struct request *r, const char **piece_r);

/* Reads and forgets the rest of the body; false if that can't be done and the
 * connection must close. */
bool request_drain(struct peer *p, struct request *r);

/* The number behind "NAME=" in the query, at most MAX; DEFAULT_VALUE if there
 * is none. */
uint64_t request_number(const struct request *r, const char *name,
    uint64_t default_value, uint64_t max);

#endif

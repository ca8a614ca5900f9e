/*
 * dictionary.h - Structured Fields: dictionaries.
 *
 * RFC 9651, 4.2.2, which has RFC 8941's and two types more.  Pure, without
 * memory: a member is told when it is met, and may be met again: the last one
 * of a key counts.
 */
#ifndef WORKER_CACHE_DICTIONARY_H
#define WORKER_CACHE_DICTIONARY_H

#include "worker/http/message.h"

enum dictionary_type {
	DICTIONARY_INTEGER,
	DICTIONARY_DECIMAL,
	DICTIONARY_STRING, /* TEXT: without quotes, escapes as they are */
	DICTIONARY_TOKEN,
	DICTIONARY_BYTES,
	DICTIONARY_BOOLEAN,
	DICTIONARY_DATE,
	DICTIONARY_DISPLAY,
	DICTIONARY_LIST /* an inner list */
};

struct dictionary_member {
	struct str key;
	enum dictionary_type type;
	int64_t integer; /* INTEGER; BOOLEAN: 0 or 1 */
	struct str text; /* STRING, TOKEN */
};

struct dictionary {
	const struct message *message;
	struct str name; /* of the field, in any case */
	unsigned next;	 /* field line of MESSAGE */
	struct str rest; /* of the line */
	bool begun;
};

enum dictionary_result {
	DICTIONARY_MEMBER,
	DICTIONARY_DONE,
	DICTIONARY_INVALID /* then none of its members counts */
};

/* The lines of M called NAME, as one dictionary. */
struct dictionary dictionary_make(const struct message *m, struct str name);

enum dictionary_result dictionary_next(struct dictionary *d,
    struct dictionary_member *member_r);

#endif

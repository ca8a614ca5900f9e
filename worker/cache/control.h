/*
 * control.h - Cache-Control, of requests and of replies.
 *
 * RFC 9111, 5.2, with what 5861 and 8246 add.  A directive that restricts
 * counts however it is written; one that permits must be written as it should
 * be.  Pure, bounded, without memory: texts point into the message.
 */
#ifndef WORKER_CACHE_CONTROL_H
#define WORKER_CACHE_CONTROL_H

#include "worker/http/message.h"

enum control_directive {
	CONTROL_NO_STORE,
	CONTROL_NO_CACHE, /* unqualified */
	CONTROL_PRIVATE,  /* unqualified */
	CONTROL_PUBLIC,
	CONTROL_MUST_REVALIDATE,
	CONTROL_PROXY_REVALIDATE,
	CONTROL_MUST_UNDERSTAND,
	CONTROL_IMMUTABLE,
	CONTROL_ONLY_IF_CACHED,
	CONTROL_MAX_AGE, /* from here on with seconds */
	CONTROL_S_MAXAGE,
	CONTROL_MAX_STALE, /* seconds, or CONTROL_ANY */
	CONTROL_MIN_FRESH,
	CONTROL_STALE_WHILE_REVALIDATE,
	CONTROL_STALE_IF_ERROR,
	CONTROL_END
};

/* RFC 9111, 1.2.2: what is more counts as this. */
#define CONTROL_SECONDS_MAX UINT32_C(2147483648)
#define CONTROL_ANY UINT32_MAX

/* Lists of names: more of them, and it counts as unqualified. */
#define CONTROL_LISTS_MAX 8

struct control {
	bool there;	  /* any such field */
	uint32_t said;	  /* a bit for each directive */
	uint32_t unclear; /* the same: its seconds can't be read, or are said
			     in several ways; SECONDS are 0 then */
	uint32_t seconds[CONTROL_END];

	/* Of no-cache="..." and private="...": what is in the quotes. */
	unsigned list_count;
	struct str lists[CONTROL_LISTS_MAX];
};

/* A directive of a list, as its parser has it. */
struct control_item {
	struct str name;  /* in any case */
	struct str value; /* without quotes; STR_NONE: it has none */
	bool quoted;
	bool malformed; /* more or else than a name and a value */
};

/* Reads Cache-Control of M. */
void control_read(const struct message *m, struct control *c);

/* The same of a request, where Pragma: no-cache says it for old clients (RFC
 * 9111, 5.4). */
void control_read_request(const struct message *m, struct control *c);

/* ---- for parsers of lists of another kind: targeted.c ---- */

/* CONTROL_END: we know none of that name. */
enum control_directive control_identify(struct str name);

/* One directive more; one that we don't know is passed by. */
void control_take(struct control *c, const struct control_item *item);
void control_take_seconds(struct control *c, enum control_directive d,
    uint32_t seconds);
void control_take_unclear(struct control *c, enum control_directive d);

/* ELEMENT as name and value. */
void control_read_item(struct str element, struct control_item *item);

/* Seconds of digits only, at most CONTROL_SECONDS_MAX.  False: they are none. */
bool control_read_seconds(struct str text, uint32_t *seconds_r);

/*
 * What is before the first SEPARATOR of *LIST that is in no quoted string,
 * trimmed; *LIST moves behind it.  False at the end.  A quoted string without
 * an end goes to the end.
 */
bool control_next_part(struct str *list, char separator, struct str *part_r);

static inline bool control_has(const struct control *c,
    enum control_directive d)
{
	return c->said & (UINT32_C(1) << d);
}

static inline bool control_is_unclear(const struct control *c,
    enum control_directive d)
{
	return c->unclear & (UINT32_C(1) << d);
}

#endif

/*
 * strict.h - an independent, strict reading of HTTP/1.
 *
 * What a careful peer makes of a stream of bytes, written from RFC 9110 and
 * 9112 and from what we promise, not from worker/http: it shares no code with
 * that, so that a mistake would have to be made twice to stay unseen.  It is
 * slow and simple, and reads only complete bytes.
 *
 * A message points into the stream it was read from, but for a body, which is
 * decoded into memory of its own: strict_free.
 */
#ifndef TESTS_TORTURE_STRICT_H
#define TESTS_TORTURE_STRICT_H

#include "common/base/str.h"

#define STRICT_FIELDS_MAX 128
#define STRICT_HEAD_MAX ((size_t)64 * 1024)
#define STRICT_TARGET_MAX ((size_t)16 * 1024)

enum strict_verdict {
	STRICT_WHOLE, /* a message, and where it ends */
	STRICT_PART,  /* the beginning of one */
	STRICT_BAD    /* nobody may take it for anything: WHY */
};

enum strict_framing {
	STRICT_NO_BODY,
	STRICT_LENGTH,
	STRICT_CHUNKED,
	STRICT_UNTIL_CLOSE
};

struct strict_field {
	struct str name;
	struct str value;
};

struct strict_message {
	struct str method; /* of a request */
	struct str target;
	unsigned status; /* of a reply */
	struct str reason;
	unsigned minor; /* HTTP/1.MINOR, 0 or 1 */

	unsigned field_count;
	struct strict_field fields[STRICT_FIELDS_MAX];
	unsigned trailer_count;
	struct strict_field trailers[STRICT_FIELDS_MAX];

	enum strict_framing framing;
	uint64_t length; /* of STRICT_LENGTH */
	char *body;	 /* what there is of it; NULL: nothing */
	size_t body_n;

	bool head_whole; /* all but the body is known */
	size_t head_n;
	size_t n; /* bytes of the stream, when STRICT_WHOLE */
	const char *why;
};

/* The request at the beginning of S.  If a head is there and bad its first
 * word is its method all the same: whether it seems to be HEAD decides what a
 * reply is. */
enum strict_verdict strict_request(struct str s, struct strict_message *m);

/*
 * The reply at the beginning of S, to a request of METHOD; ENDED: S is all
 * that there will ever be, and the stream had a proper end.
 */
enum strict_verdict strict_reply(struct str s, struct str method, bool ended,
    struct strict_message *m);

void strict_free(struct strict_message *m);

/* How many fields have that name, and the value of the first in *VALUE_R. */
unsigned strict_find(const struct strict_message *m, const char *name,
    struct str *value_r);

/* Is WORD in the comma separated list of all fields with that NAME? */
bool strict_has_word(const struct strict_message *m, const char *name,
    struct str word);

/* Does the sender of M keep its connection open behind it? */
bool strict_persists(const struct strict_message *m);

/* ---- for the files of the reader ---- */

bool strict_is_token(struct str s);
bool strict_is_value(struct str s);
bool strict_equal_nocase(struct str a, struct str b);
struct str strict_trim(struct str s);

/* The next element of a comma separated list, trimmed; not empty. */
bool strict_next_word(struct str *list, struct str *word_r);

/* The line at the beginning of *REST, which moves behind its CR LF.  False:
 * there is none, or it holds another CR or LF. */
bool strict_next_line(struct str *rest, struct str *line_r);

/* One field line, without its CR LF. */
bool strict_read_field(struct str line, struct strict_field *f);

/* Decodes the chunks of S into M, and sets its N. */
enum strict_verdict strict_chunks(struct str s, struct strict_message *m);

#endif

/*
 * range.h - parts of a representation: RFC 9110, 14.
 *
 * Pure; memory from the arena given.  Only bytes are a unit.
 */
#ifndef WORKER_HTTP_RANGE_H
#define WORKER_HTTP_RANGE_H

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/out.h"
#include "worker/http/message.h"

#define RANGE_PARTS_MAX 16
#define RANGE_TO_END UINT64_MAX

/* As asked for, before anybody knows how long it is. */
struct range_spec {
	bool suffix;	/* the last LAST bytes, FIRST is 0 */
	uint64_t first; /* bytes FIRST to LAST, */
	uint64_t last;	/* which may be RANGE_TO_END */
};

struct range_asked {
	unsigned count;
	struct range_spec spec[RANGE_PARTS_MAX];
};

/*
 * What REQUEST asks for.  False: all, because it has no Range, is no GET, or
 * its Range is malformed, of another unit, or of more than RANGE_PARTS_MAX
 * parts, which is no different.
 */
bool range_read(const struct message *request, struct range_asked *asked);

struct range_part {
	uint64_t first;
	uint64_t length; /* not 0 */
};

struct range_set {
	unsigned count;
	struct range_part part[RANGE_PARTS_MAX];
};

enum range_answer {
	RANGE_WHOLE,  /* 200 */
	RANGE_PARTS,  /* 206 */
	RANGE_OUTSIDE /* 416 */
};

/* What is ASKED of LENGTH bytes.  Parts that overlap or touch become one; the
 * others keep the order in which they were asked for. */
enum range_answer range_apply(const struct range_asked *asked,
    uint64_t length, struct range_set *set);

/*
 * Is what REQUEST has a part of still what is stored (RFC 9110, 13.1.5)?
 * STORED's tag must be the same and strong, or its date, if that is.  True
 * without If-Range.  WALL is now.
 */
bool range_is_of(const struct message *request, const struct message *stored,
    usec_t wall);

/* Have two replies the same strong validator: are their bytes of one
 * representation? */
bool range_is_same(const struct message *a, const struct message *b,
    usec_t wall);

/* "bytes 0-4/10" */
void range_write(struct out *o, const struct range_part *part,
    uint64_t complete);
/* "bytes=0-4", "bytes=5-" for RANGE_TO_END. */
void range_write_ask(struct out *o, uint64_t first, uint64_t last);
/* Of a 416: "bytes", a star, "/10". */
void range_write_outside(struct out *o, uint64_t complete);
#define RANGE_TEXT_MAX 72

/* ---- replies ---- */

struct range_content {
	uint64_t first;
	uint64_t length;
	bool complete_known;
	uint64_t complete; /* of the whole */
};

/* The Content-Range of REPLY, a 206 with one part.  False: there is none, or it
 * is malformed. */
bool range_read_content(const struct message *reply,
    struct range_content *content_r);

/* ---- several parts: multipart/byteranges ---- */

/* TEXT, then LENGTH bytes of the whole from FIRST on (perhaps none). */
struct range_piece {
	struct str text;
	uint64_t first;
	uint64_t length;
};

struct range_plan {
	struct str type;   /* for Content-Type */
	uint64_t length;   /* of all of it */
	unsigned count;
	struct range_piece piece[RANGE_PARTS_MAX + 1];
};

/* How SET is sent.  TYPE: of the whole, or STR_NONE.  False: A is spent. */
bool range_make_plan(const struct range_set *set, uint64_t complete,
    struct str type, struct arena *a, struct range_plan *plan);

#endif

/*
 * chunk.c - takes the chunked coding off, wherever the bytes are cut.
 *
 * Runs in workers, for bodies in both directions.  RFC 9112, 7.1.  What is
 * not payload goes byte by byte through a table of states; what is, is moved
 * as a whole.  Extensions and trailer fields are checked and forgotten, but
 * for a trailer section that somebody wants to read: CR LF is the only line
 * end, whitespace stands only where the grammar's BWS is, and a trailer field
 * that would mean something to framing, routing or the connection is a fault.
 *
 *	+---------------------------------------------------------------+
 *	v                                                               |
 *	SIZE_FIRST - SIZE - EXT_... - SIZE_LF - DATA - DATA_CR - DATA_LF
 *	                                 |
 *	          size 0                 v
 *	done - LAST_LF --------- TRAILER_FIRST - _NAME - _VALUE - _LF
 *	                                 ^                         |
 *	                                 +-------------------------+
 *
 * Invariant: a line that is not payload is bounded, so a state costs a peer
 * what it costs us.
 */
#include "worker/http/chunk.h"

#include "common/base/insist.h"
#include "worker/http/field.h"
#include "worker/http/scan.h"

enum state {
	FAIL,
	SIZE_FIRST,
	SIZE,
	EXT_GAP,	/* whitespace before ";" */
	EXT_NAME_FIRST, /* behind ";" */
	EXT_NAME,
	EXT_NAME_GAP,	 /* whitespace before "=" or ";" */
	EXT_VALUE_FIRST, /* behind "=" */
	EXT_TOKEN,
	EXT_QUOTED,
	EXT_PAIR, /* behind "\" */
	EXT_QUOTED_END,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_FIRST,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,
	STATES
};

/* What a byte is to the grammar. */
enum class {
	BAD, /* a control */
	CR,
	LF,
	HEX,   /* a hex digit, which is a tchar too */
	TCHAR, /* any other */
	BLANK,
	SEMI,
	EQUAL,
	QUOTE,
	BACK,
	COLON,
	TEXT, /* any other that a field value may hold */
	CLASSES
};

/* A row is a state, what is not in it is FAIL.  SIZE_LF's LF leads to
 * TRAILER_FIRST when the size is 0; LAST_LF's is the end. */
static const uint8_t next_state[STATES][CLASSES] = {
    [SIZE_FIRST] = {[HEX] = SIZE},
    [SIZE] = {[HEX] = SIZE, [BLANK] = EXT_GAP, [SEMI] = EXT_NAME_FIRST,
	[CR] = SIZE_LF},
    [EXT_GAP] = {[BLANK] = EXT_GAP, [SEMI] = EXT_NAME_FIRST},
    [EXT_NAME_FIRST] = {[BLANK] = EXT_NAME_FIRST, [HEX] = EXT_NAME,
	[TCHAR] = EXT_NAME},
    [EXT_NAME] = {[HEX] = EXT_NAME, [TCHAR] = EXT_NAME, [BLANK] = EXT_NAME_GAP,
	[SEMI] = EXT_NAME_FIRST, [EQUAL] = EXT_VALUE_FIRST, [CR] = SIZE_LF},
    [EXT_NAME_GAP] = {[BLANK] = EXT_NAME_GAP, [SEMI] = EXT_NAME_FIRST,
	[EQUAL] = EXT_VALUE_FIRST},
    [EXT_VALUE_FIRST] = {[BLANK] = EXT_VALUE_FIRST, [HEX] = EXT_TOKEN,
	[TCHAR] = EXT_TOKEN, [QUOTE] = EXT_QUOTED},
    [EXT_TOKEN] = {[HEX] = EXT_TOKEN, [TCHAR] = EXT_TOKEN, [BLANK] = EXT_GAP,
	[SEMI] = EXT_NAME_FIRST, [CR] = SIZE_LF},
    [EXT_QUOTED] = {[HEX] = EXT_QUOTED, [TCHAR] = EXT_QUOTED,
	[BLANK] = EXT_QUOTED, [SEMI] = EXT_QUOTED, [EQUAL] = EXT_QUOTED,
	[COLON] = EXT_QUOTED, [TEXT] = EXT_QUOTED, [BACK] = EXT_PAIR,
	[QUOTE] = EXT_QUOTED_END},
    [EXT_PAIR] = {[HEX] = EXT_QUOTED, [TCHAR] = EXT_QUOTED,
	[BLANK] = EXT_QUOTED, [SEMI] = EXT_QUOTED, [EQUAL] = EXT_QUOTED,
	[COLON] = EXT_QUOTED, [TEXT] = EXT_QUOTED, [BACK] = EXT_QUOTED,
	[QUOTE] = EXT_QUOTED},
    [EXT_QUOTED_END] = {[BLANK] = EXT_GAP, [SEMI] = EXT_NAME_FIRST,
	[CR] = SIZE_LF},
    [SIZE_LF] = {[LF] = DATA},
    [DATA_CR] = {[CR] = DATA_LF},
    [DATA_LF] = {[LF] = SIZE_FIRST},
    [TRAILER_FIRST] = {[HEX] = TRAILER_NAME, [TCHAR] = TRAILER_NAME,
	[CR] = LAST_LF},
    [TRAILER_NAME] = {[HEX] = TRAILER_NAME, [TCHAR] = TRAILER_NAME,
	[COLON] = TRAILER_VALUE},
    [TRAILER_VALUE] = {[HEX] = TRAILER_VALUE, [TCHAR] = TRAILER_VALUE,
	[BLANK] = TRAILER_VALUE, [SEMI] = TRAILER_VALUE,
	[EQUAL] = TRAILER_VALUE, [QUOTE] = TRAILER_VALUE,
	[BACK] = TRAILER_VALUE, [COLON] = TRAILER_VALUE,
	[TEXT] = TRAILER_VALUE, [CR] = TRAILER_LF},
    [TRAILER_LF] = {[LF] = TRAILER_FIRST},
    [LAST_LF] = {[LF] = SIZE_FIRST},
};

#define FIELD(id, name, flags)                                                 \
	_Static_assert((flags) == 0 || sizeof(name) - 1 <= BODY_NAME_MAX, name);
#include "worker/http/fields.h"
#undef FIELD

static enum class class_of(char c)
{
	switch (c) {
	case '\r':
		return CR;
	case '\n':
		return LF;
	case ' ':
	case '\t':
		return BLANK;
	case ';':
		return SEMI;
	case '=':
		return EQUAL;
	case '"':
		return QUOTE;
	case '\\':
		return BACK;
	case ':':
		return COLON;
	default:
		break;
	}
	if (char_hex(c) >= 0)
		return HEX;
	if (scan_is(c, SCAN_TOKEN))
		return TCHAR;
	return scan_is(c, SCAN_VALUE) ? TEXT : BAD;
}

static enum fault fault_in(enum state state)
{
	if (state >= TRAILER_FIRST)
		return FAULT_trailer;
	if (state >= DATA)
		return FAULT_chunk_end;
	return state >= EXT_GAP && state < SIZE_LF ? FAULT_chunk_extension
						   : FAULT_chunk_size;
}

void chunk_begin(struct body *b)
{
	b->state = SIZE_FIRST;
}

/* A byte of a size and its extensions, which led to B->state. */
static enum fault note_size(struct body *b, char c)
{
	if (b->state == SIZE_LF)
		return FAULT_NONE;
	if (++b->line_len > BODY_SIZE_LINE_MAX)
		return FAULT_chunk_extension;
	if (b->state != SIZE)
		return FAULT_NONE;
	if (b->line_len > 16)
		return FAULT_chunk_size;
	b->left = b->left << 4 | (unsigned)char_hex(c);
	return b->left > BODY_LENGTH_MAX ? FAULT_chunk_size : FAULT_NONE;
}

static bool is_forbidden(const struct body *b)
{
	enum field_id id = FIELD_OTHER;

	if (b->name_len <= BODY_NAME_MAX)
		id = field_identify(str_make(b->name, b->name_len));
	return id == FIELD_DISGUISED || field_flags(id) != 0;
}

/* A byte of the trailer section, which led to B->state from PREVIOUS. */
static enum fault note_trailer(struct body *b, enum state previous, char c)
{
	if (b->trailer_len == BODY_TRAILER_MAX)
		return FAULT_trailer;
	if (b->trailers != NULL)
		b->trailers[b->trailer_len] = c;
	b->trailer_len++;
	if (b->state == TRAILER_NAME) {
		if (previous == TRAILER_FIRST)
			b->name_len = 0;
		if (b->name_len < BODY_NAME_MAX)
			b->name[b->name_len] = c;
		if (b->name_len <= BODY_NAME_MAX)
			b->name_len++;
	}
	return previous == TRAILER_NAME && b->state == TRAILER_VALUE &&
		is_forbidden(b)
	    ? FAULT_trailer
	    : FAULT_NONE;
}

/* One byte that is not payload. */
static enum fault step(struct body *b, char c)
{
	enum state previous = b->state;

	INSIST(previous < STATES && previous != DATA);
	b->state = next_state[previous][class_of(c)];
	if (b->state == FAIL)
		return fault_in(previous);
	if (previous >= TRAILER_FIRST) {
		enum fault fault = note_trailer(b, previous, c);

		b->done = fault == FAULT_NONE && previous == LAST_LF;
		return fault;
	}
	if (previous < SIZE_LF)
		return note_size(b, c);
	if (previous == SIZE_LF) {
		b->line_len = 0;
		if (b->left == 0)
			b->state = TRAILER_FIRST;
	}
	return FAULT_NONE;
}

/* Payload of the chunk, from N bytes at P down to TO; how many. */
static size_t take_payload(struct body *b, char *to, const char *p, size_t n)
{
	INSIST(b->left > 0 && to <= p);
	if (n > b->left)
		n = (size_t)b->left;
	if (to != p)
		memmove(to, p, n);
	b->left -= n;
	if (b->left == 0)
		b->state = DATA_CR;
	return n;
}

enum fault chunk_decode(struct body *b, char *p, size_t n, size_t *payload_r,
    size_t *used_r)
{
	size_t payload = 0;
	size_t at = 0;

	while (at < n && !b->done) {
		enum fault fault;
		size_t taken;

		if (b->state == DATA) {
			taken = take_payload(b, p + payload, p + at, n - at);
			payload += taken;
			at += taken;
			continue;
		}
		fault = step(b, p[at++]);
		if (fault != FAULT_NONE)
			return fault;
	}
	INSIST(payload <= at);
	*payload_r = payload;
	*used_r = at;
	return FAULT_NONE;
}

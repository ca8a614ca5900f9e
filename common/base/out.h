/*
 * out.h - append text to a bounded buffer, in one pass.
 *
 * The house never measures first and fills later: writers append, and an
 * append that does not fit sets FULL, writes nothing and makes every later
 * append do nothing too.  Check out_ok() once at the end.
 *
 * The buffer belongs to the caller.  Nothing here waits or allocates.
 */
#ifndef COMMON_BASE_OUT_H
#define COMMON_BASE_OUT_H

#include "common/base/str.h"

struct out {
	char *p;
	size_t n;
	size_t cap;
	bool full;
};

static inline struct out out_make(char *p, size_t cap)
{
	return (struct out){.p = p, .cap = cap};
}

static inline bool out_ok(const struct out *o)
{
	return !o->full;
}

static inline struct str out_text(const struct out *o)
{
	return str_make(o->p, o->n);
}

static inline void out_bytes(struct out *o, const char *p, size_t n)
{
	if (o->full || n > o->cap - o->n) {
		o->full = true;
		return;
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static inline void out_str(struct out *o, struct str s)
{
	if (s.n > 0)
		out_bytes(o, s.p, s.n);
}

static inline void out_char(struct out *o, char c)
{
	out_bytes(o, &c, 1);
}

/* A string literal: its length is known to the compiler. */
#define out_lit(o, literal) out_bytes((o), (literal), sizeof(literal) - 1)

/* S with its ASCII letters in lower case. */
void out_lower(struct out *o, struct str s);

void out_u64(struct out *o, uint64_t value);
void out_hex(struct out *o, uint64_t value);

/* Microseconds as milliseconds with three decimals: 1234 -> 1.234 */
void out_msec(struct out *o, int64_t usec);

/* How long something takes, for people: "12s", "3m12s", "2h5m", "4d1h". */
void out_span(struct out *o, int64_t usec);

/* For what is rare: uses vsnprintf (about 2.4 KiB of stack). */
void out_fmt(struct out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * S inside double quotes would be safe: controls, DEL, bytes over 0x7f, quote
 * and backslash become \xHH, \" and \\.
 */
void out_escaped(struct out *o, struct str s);

/* Terminates with a NUL that n does not count; the last byte gives way. */
const char *out_cstr(struct out *o);

#endif

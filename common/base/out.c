/*
 * out.c - append text to a bounded buffer: numbers, escapes and formats.
 */
#include "common/base/out.h"

#include <stdarg.h>
#include <stdio.h>

void out_lower(struct out *o, struct str s)
{
	size_t start = o->n;

	out_str(o, s);
	for (size_t i = start; i < o->n; i++)
		o->p[i] = char_lower(o->p[i]);
}

void out_u64(struct out *o, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	out_bytes(o, digits + at, sizeof(digits) - at);
}

void out_hex(struct out *o, uint64_t value)
{
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value > 0);
	out_bytes(o, digits + at, sizeof(digits) - at);
}

void out_msec(struct out *o, int64_t usec)
{
	uint64_t value = usec > 0 ? (uint64_t)usec : 0;
	unsigned part = (unsigned)(value % 1000);
	char decimals[4] = {'.', (char)('0' + part / 100),
	    (char)('0' + part / 10 % 10), (char)('0' + part % 10)};

	out_u64(o, value / 1000);
	out_bytes(o, decimals, sizeof(decimals));
}

void out_span(struct out *o, int64_t usec)
{
	long s = usec > 0 ? (long)(usec / 1000000) : 0;

	if (s >= 86400)
		out_fmt(o, "%ldd%ldh", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		out_fmt(o, "%ldh%ldm", s / 3600, s / 60 % 60);
	else if (s >= 60)
		out_fmt(o, "%ldm%lds", s / 60, s % 60);
	else
		out_fmt(o, "%lds", s);
}

void out_fmt(struct out *o, const char *fmt, ...)
{
	va_list args;
	size_t room = o->cap - o->n;
	int n;

	if (o->full)
		return;
	va_start(args, fmt);
	n = vsnprintf(o->p + o->n, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		o->full = true;
	else
		o->n += (size_t)n;
}

/* Printable ASCII but for the quote and the backslash. */
static const bool plain[256] = {
    [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

static void escape(struct out *o, char c)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)c;

	if (c == '"' || c == '\\') {
		out_bytes(o, (char[]){'\\', c}, 2);
		return;
	}
	out_bytes(o, (char[]){'\\', 'x', hex[byte >> 4], hex[byte & 15]}, 4);
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* Is one of eight bytes zero?  Then the highest bit of one is set. */
static uint64_t has_zero(uint64_t bytes)
{
	return (bytes - EACH(1)) & ~bytes & EACH(0x80);
}

/* Are all of the eight bytes at P plain? */
static bool eight_are_plain(const char *p)
{
	uint64_t b;

	memcpy(&b, p, sizeof(b));
	return (((b - EACH(' ')) | b) & EACH(0x80)) == 0 &&
	    (has_zero(b ^ EACH('"')) | has_zero(b ^ EACH('\\')) |
		has_zero(b ^ EACH(0x7f))) == 0;
}

/* The plain bytes that P begins with.  The last of them are looked at eight
 * together, too, with some that were seen before. */
static size_t plain_run(const char *p, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && eight_are_plain(p + i))
		i += 8;
	if (n >= 8 && n - i < 8 && eight_are_plain(p + n - 8))
		return n;
	while (i < n && plain[(unsigned char)p[i]])
		i++;
	return i;
}

void out_escaped(struct out *o, struct str s)
{
	while (s.n > 0) {
		size_t n = plain_run(s.p, s.n);

		out_bytes(o, s.p, n);
		if (n == s.n)
			break;
		escape(o, s.p[n]);
		s = str_behind(s, n + 1);
	}
}

const char *out_cstr(struct out *o)
{
	if (o->cap == 0)
		return "";
	if (o->n == o->cap)
		o->n--;
	o->p[o->n] = '\0';
	return o->p;
}

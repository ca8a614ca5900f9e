/*
 * out.c - append text to a bounded buffer: numbers, escapes and formats.
 */
#include "common/base/out.h"

#include <stdarg.h>
#include <stdio.h>

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

static bool is_plain(char c)
{
	return plain[(unsigned char)c];
}

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

void out_escaped(struct out *o, struct str s)
{
	size_t done = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (is_plain(s.p[i]))
			continue;
		out_bytes(o, s.p + done, i - done);
		escape(o, s.p[i]);
		done = i + 1;
	}
	if (s.n > done)
		out_bytes(o, s.p + done, s.n - done);
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

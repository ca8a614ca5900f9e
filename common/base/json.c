/*
 * json.c - writing JSON.
 *
 * What was written last tells whether a comma is due: it is, unless that was
 * an opening bracket.  Of strings, runs of bytes that need nothing are copied as they are.
 */
#include "common/base/json.h"

#include "common/base/insist.h"

#define REPLACEMENT "\\ufffd"

/* Printable ASCII but for the quote and the backslash. */
static const bool plain[256] = {
    [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

static bool is_between(char c, unsigned least, unsigned most)
{
	return (unsigned char)c >= least && (unsigned char)c <= most;
}

/* The second byte of what begins with FIRST: neither overlong, nor a
 * surrogate, nor above U+10FFFF. */
static bool is_second(unsigned char first, char c)
{
	switch (first) {
	case 0xe0:
		return is_between(c, 0xa0, 0xbf);
	case 0xed:
		return is_between(c, 0x80, 0x9f);
	case 0xf0:
		return is_between(c, 0x90, 0xbf);
	case 0xf4:
		return is_between(c, 0x80, 0x8f);
	default:
		return is_between(c, 0x80, 0xbf);
	}
}

size_t json_utf8(struct str s)
{
	unsigned char first = (unsigned char)s.p[0];
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	INSIST(s.n > 0);
	if (n == 1)
		return 1;
	if (first < 0xc2 || first > 0xf4 || n > s.n ||
	    !is_second(first, s.p[1]))
		return 0;
	for (size_t i = 2; i < n; i++)
		if (!is_between(s.p[i], 0x80, 0xbf))
			return 0;
	return n;
}

/* What is at the beginning of S and not plain; its length. */
static size_t write_special(struct out *o, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)s.p[0];
	size_t n = json_utf8(s);

	if (n > 1)
		out_bytes(o, s.p, n);
	else if (n == 0)
		out_lit(o, REPLACEMENT);
	else if (c == '"' || c == '\\')
		out_bytes(o, (char[]){'\\', (char)c}, 2);
	else
		out_bytes(o,
		    (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
	return n > 0 ? n : 1;
}

void json_text(struct out *o, struct str s)
{
	size_t done = 0;
	size_t at = 0;

	while (at < s.n) {
		if (plain[(unsigned char)s.p[at]]) {
			at++;
			continue;
		}
		out_bytes(o, s.p + done, at - done);
		at += write_special(o, str_behind(s, at));
		done = at;
	}
	if (s.n > done)
		out_bytes(o, s.p + done, s.n - done);
}

void json_item(struct out *o)
{
	INSIST(o->full || o->n > 0);
	if (!o->full && o->p[o->n - 1] != '{' && o->p[o->n - 1] != '[')
		out_char(o, ',');
}

void json_name(struct out *o, const char *name)
{
	json_item(o);
	out_char(o, '"');
	out_str(o, str_from(name));
	out_lit(o, "\":");
}

void json_string(struct out *o, struct str s)
{
	out_char(o, '"');
	json_text(o, s);
	out_char(o, '"');
}

void json_name_string(struct out *o, const char *name, struct str s)
{
	json_name(o, name);
	json_string(o, s);
}

void json_name_number(struct out *o, const char *name, uint64_t number)
{
	json_name(o, name);
	out_u64(o, number);
}

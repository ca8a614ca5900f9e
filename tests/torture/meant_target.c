/*
 * meant_target.c - an independent reading of request targets.
 *
 * RFC 9112, 3.2, RFC 3986, and what we promise beyond them: one normal form,
 * and nothing that another reader, who decodes once more, takes "\" for a
 * slash or cuts at ";", could take for another path.
 */
#include <arpa/inet.h>

#include "tests/torture/meant.h"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_unreserved(char c)
{
	return is_alnum(c) || is_one_of(c, "-._~");
}

/* pchar without "%", and what browsers send as it is. */
static bool is_path_char(char c)
{
	return is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:@/[]|^");
}

static bool is_query_char(char c)
{
	return is_path_char(c) || is_one_of(c, "?%\\`{}");
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)((at - digits) % 16) : -1;
}

/* The byte that is escaped at S, or -1. */
static int escape(struct str s)
{
	if (s.n < 3 || s.p[0] != '%' || hex(s.p[1]) < 0 || hex(s.p[2]) < 0)
		return -1;
	return hex(s.p[1]) * 16 + hex(s.p[2]);
}

static bool refuse(struct meaning *r, const char *why)
{
	r->why = why;
	return false;
}

/* ---- who ---- */

static bool is_ipv6(struct str s)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr ignored;

	if (s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	return inet_pton(AF_INET6, text, &ignored) == 1;
}

static bool is_name(struct str s)
{
	bool label = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? !label
				  : !is_alnum(s.p[i]) &&
			    !is_one_of(s.p[i], "-_"))
			return false;
		label = s.p[i] != '.';
	}
	return s.n > 0 && s.n <= 255;
}

static bool is_port(struct str s)
{
	unsigned port = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		port = port * 10 + (unsigned)(s.p[i] - '0');
	}
	return s.n > 0 && s.n <= 5 && port <= 65535;
}

bool meant_is_authority(struct str s)
{
	const char *bracket = s.n > 0 && s.p[0] == '['
	    ? memchr(s.p, ']', s.n)
	    : NULL;
	struct str host = s;
	const char *colon;

	if (bracket != NULL)
		host.n = (size_t)(bracket + 1 - s.p);
	else if ((colon = memchr(s.p, ':', s.n)) != NULL)
		host.n = (size_t)(colon - s.p);
	if (host.n < s.n && (s.p[host.n] != ':' ||
		!is_port(str_make(s.p + host.n + 1, s.n - host.n - 1))))
		return false;
	if (bracket != NULL)
		return is_ipv6(str_make(host.p + 1, host.n - 2));
	return is_name(host);
}

/* ---- which path ---- */

static void append(struct meaning *r, const char *p, size_t n)
{
	memcpy(r->target + r->target_n, p, n);
	r->target_n += n;
}

/* Unreserved bytes decoded, other escapes in upper case. */
static bool append_decoded(struct meaning *r, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	while (s.n > 0) {
		int byte = escape(s);
		size_t used = byte >= 0 ? 3 : 1;

		if (byte < 0 && !is_path_char(s.p[0]))
			return refuse(r, "a byte in the path");
		if (byte == 0x7f || (byte >= 0 && byte < ' '))
			return refuse(r, "an escaped control");
		if (byte < 0)
			append(r, s.p, 1);
		else if (byte < 0x80 && is_unreserved((char)byte))
			append(r, (char[]){(char)byte}, 1);
		else
			append(r, (char[]){'%', digits[byte / 16],
				      digits[byte % 16]}, 3);
		s = str_make(s.p + used, s.n - used);
	}
	return true;
}

/* The last segment of the path, R->target from AT on, is a dot segment. */
static bool pop_segments(struct meaning *r, size_t at, bool up)
{
	r->target_n = at - 1; /* without its slash */
	if (!up)
		return true;
	if (r->target_n == 0)
		return refuse(r, "a path above the root");
	if (r->target[r->target_n - 1] == '/')
		return refuse(r, "an empty segment before ..");
	while (r->target[r->target_n - 1] != '/')
		r->target_n--;
	r->target_n--;
	return true;
}

/* The segments of RAW, each behind its slash, without dot segments. */
static bool append_path(struct meaning *r, struct str raw)
{
	while (raw.n > 0) {
		const char *slash = memchr(raw.p + 1, '/', raw.n - 1);
		size_t n = slash != NULL ? (size_t)(slash - raw.p) : raw.n;
		size_t at = r->target_n + 1;
		struct str segment;
		bool up;

		append(r, "/", 1);
		if (!append_decoded(r, str_make(raw.p + 1, n - 1)))
			return false;
		segment = str_make(r->target + at, r->target_n - at);
		up = str_eq(segment, STR(".."));
		raw = str_make(raw.p + n, raw.n - n);
		if (!up && !str_eq(segment, STR(".")))
			continue;
		if (!pop_segments(r, at, up))
			return false;
		if (raw.n == 0)
			append(r, "/", 1);
	}
	return true;
}

/* ---- what another reader may make of it ---- */

/* All escapes decoded as often as there are any. */
static size_t decode_fully(struct str s, char *to)
{
	size_t n = 0;
	size_t before;

	memcpy(to, s.p, s.n);
	do {
		before = s.n;
		for (size_t i = n = 0; i < before; n++) {
			int byte = escape(str_make(to + i, before - i));

			to[n] = byte >= 0 ? (char)byte : to[i];
			i += byte >= 0 ? 3 : 1;
		}
		s.n = n;
	} while (n < before);
	return n;
}

/* Longer than need be, in UTF-8: a byte of ASCII, and how long; else 0. */
static size_t overlong(const unsigned char *p, size_t n, char *c_r)
{
	size_t length = p[0] == 0xc0 || p[0] == 0xc1 ? 2
	    : p[0] == 0xe0			     ? 3
	    : p[0] == 0xf0			     ? 4
						     : 0;
	unsigned value = length == 2 ? p[0] & 1 : 0;

	if (length == 0 || length > n)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3f);
	}
	*c_r = (char)value;
	return value < 0x80 ? length : 0;
}

static size_t shorten(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; to++) {
		size_t length = overlong((unsigned char *)p + i, n - i,
		    &p[to]);

		if (length == 0)
			p[to] = p[i];
		i += length > 0 ? length : 1;
	}
	return to;
}

/* Has what everybody decoded a segment that is a dot segment for somebody? */
static bool is_ambiguous(struct str path)
{
	static char loose[STRICT_TARGET_MAX + 1];
	size_t n = shorten(loose, decode_fully(path, loose));
	size_t dots = 0;
	bool segment = true; /* nothing but dots in it so far */

	loose[n++] = '/';
	for (size_t i = 0; i < n; i++) {
		bool slash = loose[i] == '/' || loose[i] == '\\';

		if (slash || memchr(";?#", loose[i], 4) != NULL) {
			if (segment && (dots == 1 || dots == 2))
				return true;
			segment = slash;
			dots = 0;
		} else if (loose[i] == '.') {
			dots++;
		} else {
			segment = false;
		}
	}
	return false;
}

static bool read_path_and_query(struct meaning *r, struct str s)
{
	const char *mark = memchr(s.p, '?', s.n);
	struct str path = s;

	if (mark != NULL)
		path.n = (size_t)(mark - s.p);
	if (!append_path(r, path.n > 0 ? path : STR("/")))
		return false;
	if (is_ambiguous(str_make(r->target, r->target_n)))
		return refuse(r, "an ambiguous path");
	for (size_t i = path.n; i < s.n; i++)
		if (!is_query_char(s.p[i]))
			return refuse(r, "a byte in the query");
	append(r, s.p + path.n, s.n - path.n);
	return true;
}

/* ---- the four forms ---- */

/* "http://" or "https://", an authority, and the rest. */
static bool read_absolute(const struct strict_message *m, struct meaning *r)
{
	struct str s = m->target;
	size_t scheme = 7;
	size_t n;

	if (s.n > 8 && strict_equal_nocase(str_make(s.p, 8), STR("https://")))
		scheme = 8, r->secure = true;
	else if (s.n <= 7 ||
	    !strict_equal_nocase(str_make(s.p, 7), STR("http://")))
		return refuse(r, "no form of a target");
	for (n = scheme; n < s.n && s.p[n] != '/' && s.p[n] != '?'; n++)
		;
	r->host = str_make(s.p + scheme, n - scheme);
	s = str_make(s.p + n, s.n - n);
	if (s.n == 0 && str_eq(m->method, STR("OPTIONS")))
		return append(r, "*", 1), true;
	return read_path_and_query(r, s);
}

bool meant_target(const struct strict_message *m, struct meaning *r)
{
	r->host = STR_NONE;
	r->secure = false;
	r->target_n = 0;
	if (m->target.n > STRICT_TARGET_MAX)
		return refuse(r, "a long target");
	if (m->target.p[0] == '/')
		return read_path_and_query(r, m->target);
	if (!str_eq(m->target, STR("*")))
		return read_absolute(m, r);
	append(r, "*", 1);
	return str_eq(m->method, STR("OPTIONS")) ||
	    refuse(r, "* for another method than OPTIONS");
}

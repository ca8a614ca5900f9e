/*
 * path.c - one reading of a path.
 *
 * Runs in workers, once for each request, before anything is decided by the
 * path.  RFC 3986, 6.2.2, done once and then checked: what is forwarded must
 * mean the same to an origin that decodes once, as it may, and to one that
 * decodes too often, takes "\" for "/", or cuts a segment at ";".
 *
 *	/a/%2e%2E/b%41;x//c%2Fd?q     as received
 *	/bA;x//c%2Fd                  forward: decoded, dot segments removed
 *	/bA;x/c%2Fd                   path: matched against routes
 *	/bA/c/d                       loose: must not lead to another route
 *
 * A usual path has no escape, no empty segment and none that begins with a
 * dot; one loop finds that out and nothing is copied.
 */
#include "worker/http/path.h"

#include "common/base/insist.h"
#include "common/base/out.h"
#include "worker/http/scan.h"

static bool is_plain(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];

		if ((c == '.' || c == '/') && s.p[i - 1] == '/')
			return false;
		if (c != '/' && !scan_is(c, SCAN_PATH))
			return false;
	}
	return true;
}

/* The byte that two hex digits at P stand for, or -1. */
static int escaped_byte(const char *p, const char *end)
{
	int high, low;

	if (end - p < 2)
		return -1;
	high = char_hex(p[0]);
	low = char_hex(p[1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* The escape at AT, which begins with its "%". */
static enum fault append_escape(struct out *o, const char *at, const char *end)
{
	static const char hex[] = "0123456789ABCDEF";
	int byte = escaped_byte(at + 1, end);

	if (byte < ' ' || byte == 0x7f)
		return FAULT_path_escape;
	if (scan_is((char)byte, SCAN_PLAIN))
		out_char(o, (char)byte);
	else
		out_bytes(o, (char[]){'%', hex[byte >> 4], hex[byte & 15]}, 3);
	return FAULT_NONE;
}

static enum fault append_segment(struct out *o, const char *at, const char *end)
{
	while (at < end) {
		enum fault fault = FAULT_NONE;

		if (*at == '%') {
			fault = append_escape(o, at, end);
			at += 3;
		} else if (scan_is(*at, SCAN_PATH)) {
			out_char(o, *at++);
		} else {
			fault = FAULT_target;
		}
		if (fault != FAULT_NONE)
			return fault;
	}
	return FAULT_NONE;
}

/*
 * The segment that begins at START, behind its slash, is the LAST or not: if
 * it is a dot segment it goes, and ".." takes the one before it along.  If
 * that one is empty, readers who ignore empty segments would take another.
 */
static enum fault resolve_dots(struct out *o, size_t start, bool last)
{
	struct str segment = str_make(o->p + start, o->n - start);
	bool up = str_eq(segment, STR(".."));

	INSIST(start > 0 && start <= o->n && o->p[start - 1] == '/');
	if (!up && !str_eq(segment, STR(".")))
		return FAULT_NONE;
	o->n = start - 1;
	if (up && o->n == 0)
		return FAULT_path_above_root;
	if (up && o->p[o->n - 1] == '/')
		return FAULT_path_ambiguous;
	if (up)
		do
			o->n--;
		while (o->p[o->n] != '/');
	if (last)
		out_char(o, '/');
	return FAULT_NONE;
}

static enum fault append_segments(struct out *o, struct str raw)
{
	const char *end = raw.p + raw.n;
	const char *slash = raw.p;

	while (slash < end) {
		const char *at = slash + 1;
		size_t start = o->n + 1;
		enum fault fault;

		slash = memchr(at, '/', (size_t)(end - at));
		if (slash == NULL)
			slash = end;
		out_char(o, '/');
		fault = append_segment(o, at, slash);
		if (fault == FAULT_NONE)
			fault = resolve_dots(o, start, slash == end);
		if (fault != FAULT_NONE)
			return fault;
	}
	return FAULT_NONE;
}

/* A byte as it is after decoding as often as it can be. */
static int loose_byte(const char **at, const char *end)
{
	int c = (unsigned char)*(*at)++;
	int byte;

	while (c == '%' && (byte = escaped_byte(*at, end)) >= 0) {
		c = byte;
		*at += 2;
	}
	return c;
}

/* Bytes behind LEAD in a UTF-8 sequence that may be longer than it need be. */
static int overlong_rest(int lead)
{
	if (lead == 0xc0 || lead == 0xc1)
		return 1;
	if (lead == 0xe0)
		return 2;
	return lead == 0xf0 ? 3 : 0;
}

/*
 * The next byte, where such a sequence ("%C0%AE") stands for the ASCII that
 * careless decoders make of it (".").  Others count as the bytes they are.
 */
static int loose_char(const char **at, const char *end)
{
	int c = loose_byte(at, end);
	int rest = overlong_rest(c);
	int value = rest == 1 ? c & 1 : 0;
	const char *p = *at;

	for (int i = 0; i < rest; i++) {
		int next = p < end ? loose_byte(&p, end) : 0;

		if ((next & 0xc0) != 0x80)
			return c;
		value = value << 6 | (next & 0x3f);
	}
	if (rest == 0 || value > 0x7f)
		return c;
	*at = p;
	return value;
}

/* What a dot segment could end at for somebody who decodes the path again. */
static bool ends_segment(int c)
{
	return c == '/' || c == '\\' || c == ';' || c == '?' || c == '#' ||
	    c == '\0';
}

/* Would decoding the normalised path again make a dot segment? */
static bool is_ambiguous(struct str s)
{
	const char *at = s.p;
	const char *end = s.p + s.n;
	int dots = 0; /* of a segment of only dots; else more than two */

	while (at < end) {
		int c = loose_char(&at, end);

		if (!ends_segment(c)) {
			dots = c == '.' && dots < 3 ? dots + 1 : 3;
			continue;
		}
		if (dots == 1 || dots == 2)
			return true;
		dots = c == '/' || c == '\\' ? 0 : 3;
	}
	return dots == 1 || dots == 2;
}

static bool has_empty_segment(struct str s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] == '/' && s.p[i - 1] == '/')
			return true;
	return false;
}

static enum fault drop_empty_segments(struct str s, struct arena *a,
    struct str *path_r)
{
	struct out o = out_make(arena_alloc(a, s.n), s.n);

	if (o.p == NULL)
		return FAULT_no_room;
	for (size_t i = 0; i < s.n; i++)
		if (i == 0 || s.p[i] != '/' || s.p[i - 1] != '/')
			out_char(&o, s.p[i]);
	*path_r = out_text(&o);
	return FAULT_NONE;
}

/* ---- the loose reading ---- */

/* Nothing in S is read in two ways: it has no escape, no parameter and no
 * segment that ends with a dot. */
static bool is_clear(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char next = i + 1 < s.n ? s.p[i + 1] : '/';

		if (s.p[i] == '%' || s.p[i] == ';' ||
		    (s.p[i] == '.' && next == '/'))
			return false;
	}
	return true;
}

static bool is_separator(int c)
{
	return c == '/' || c == '\\';
}

/* What no path holds as it is stays escaped, as in the routes' paths. */
static void append_loose(struct out *o, int c)
{
	if (scan_is((char)c, SCAN_PATH))
		out_char(o, (char)c);
	else
		out_fmt(o, "%%%02X", (unsigned)c);
}

/* The segment at the end of O is over: what file systems ignore there, dots
 * and spaces, goes, and so does the segment if it is empty then. */
static void end_segment(struct out *o)
{
	while (o->p[o->n - 1] == '.' ||
	    (o->n > 3 && memcmp(o->p + o->n - 3, "%20", 3) == 0))
		o->n -= o->p[o->n - 1] == '.' ? 1 : 3;
	if (o->p[o->n - 1] != '/')
		out_char(o, '/');
}

static void append_loosely(struct out *o, struct str path)
{
	const char *at = path.p;
	const char *end = path.p + path.n;
	bool parameter = false;

	while (at < end) {
		int c = loose_char(&at, end);

		if (c == '?' || c == '#' || c == '\0')
			break;
		if (is_separator(c))
			end_segment(o);
		parameter = !is_separator(c) && (parameter || c == ';');
		if (!is_separator(c) && !parameter)
			append_loose(o, c);
	}
	end_segment(o);
}

enum fault path_loosen(struct str path, struct arena *a, struct str *loose_r)
{
	struct out o;

	INSIST(path.n > 0);
	*loose_r = path;
	if (is_clear(path))
		return FAULT_NONE;
	o = out_make(arena_alloc(a, path.n + 2), path.n + 2);
	if (o.p == NULL)
		return FAULT_no_room;
	out_char(&o, '/');
	append_loosely(&o, path);
	if (o.n > 1 && !is_separator(path.p[path.n - 1]))
		o.n--;
	INSIST(out_ok(&o));
	*loose_r = out_text(&o);
	return FAULT_NONE;
}

/* ---- the one reading ---- */

enum fault path_normalise(struct str raw, struct arena *a,
    struct str *forward_r, struct str *path_r)
{
	struct out o;
	enum fault fault;

	INSIST(raw.n > 0 && raw.p[0] == '/');
	*forward_r = *path_r = raw;
	if (is_plain(raw))
		return FAULT_NONE;
	o = out_make(arena_alloc(a, raw.n), raw.n);
	if (o.p == NULL)
		return FAULT_no_room;
	fault = append_segments(&o, raw);
	if (fault != FAULT_NONE)
		return fault;
	INSIST(out_ok(&o));
	*forward_r = *path_r = out_text(&o);
	if (is_ambiguous(*forward_r))
		return FAULT_path_ambiguous;
	if (has_empty_segment(*forward_r))
		return drop_empty_segments(*forward_r, a, path_r);
	return FAULT_NONE;
}

bool path_may_have_query(struct str query)
{
	const char *end;

	if (query.n == 0)
		return true;
	end = query.p + query.n;
	return scan_past(query.p, end, SCAN_QUERY) == end;
}

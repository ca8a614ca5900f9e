/*
 * path.c - the paths of routes, and the prefixes of servers.
 *
 * Runs in the master.  A worker normalises the path of each request before
 * it looks for a route (worker/http/path.c): unreserved escapes decoded, hex
 * in capitals, no dot segments, no empty segments.  A route's path is held
 * to the same form here, and what would be different is refused with what to
 * write, because a silent repair would leave two readings of one file.
 */
#include "common/conf/path.h"

#include "common/base/out.h"

struct fault {
	const char *text;
	char help[48]; /* "" for none */
};

static bool is_unreserved(char c)
{
	char low = char_lower(c);

	return (low >= 'a' && low <= 'z') || char_is_digit(c) ||
	    (c != '\0' && strchr("-._~", c) != NULL);
}

static bool is_small_hex(char c)
{
	return c >= 'a' && c <= 'f';
}

/* RFC 3986 pchar and "/", and what browsers send as it is. */
static bool is_path_byte(char c)
{
	return is_unreserved(c) ||
	    (c != '\0' && strchr("/!$&'()*+,;=:@[]|^", c) != NULL);
}

static void help_write(struct fault *fault, const char *fmt, unsigned value)
{
	snprintf(fault->help, sizeof(fault->help), fmt, value);
}

/* The escape at AT. */
static bool is_good_escape(struct str path, size_t at, struct fault *fault)
{
	bool complete = at + 2 < path.n && char_hex(path.p[at + 1]) >= 0 &&
	    char_hex(path.p[at + 2]) >= 0;
	unsigned byte;

	if (!complete) {
		fault->text = "\"%\" must be followed by two hex digits";
		help_write(fault, "write %%25 for the sign itself", 0);
		return false;
	}
	byte = (unsigned)char_hex(path.p[at + 1]) * 16 +
	    (unsigned)char_hex(path.p[at + 2]);
	if (byte == 0) {
		fault->text = "no path holds %00: it is refused";
	} else if (byte < 0x80 && is_unreserved((char)byte)) {
		fault->text = "an escape that is decoded before matching";
		help_write(fault, "write \"%c\"", byte);
	} else if (is_small_hex(path.p[at + 1]) ||
	    is_small_hex(path.p[at + 2])) {
		fault->text = "an escape in small letters";
		help_write(fault, "paths are matched with \"%%%02X\"", byte);
	}
	return fault->text == NULL;
}

/* The first character of S, which may be several bytes of UTF-8, escaped. */
static void help_escape(struct fault *fault, struct str s)
{
	struct out o = out_make(fault->help, sizeof(fault->help));
	size_t n = 1;

	while (n < s.n && n < 4 && (s.p[n] & 0xc0) == 0x80)
		n++;
	out_lit(&o, "write it as ");
	for (size_t i = 0; i < n; i++)
		out_fmt(&o, "%%%02X", (unsigned char)s.p[i]);
	out_cstr(&o);
}

static bool is_good_byte(struct str path, size_t at, struct fault *fault)
{
	char c = path.p[at];

	if (c == '%')
		return is_good_escape(path, at, fault);
	if (is_path_byte(c))
		return true;
	if (c == '?' || c == '#') {
		fault->text = "a path ends before \"?\" and \"#\"";
		help_write(fault, "leave out what follows it", 0);
	} else {
		fault->text = "a byte that a path cannot hold";
		help_escape(fault, str_behind(path, at));
	}
	return false;
}

/* From AT, behind a slash, to the next slash or the end. */
static bool is_good_segment(struct str path, size_t at, struct fault *fault)
{
	const char *slash = memchr(path.p + at, '/', path.n - at);
	size_t end = slash ? (size_t)(slash - path.p) : path.n;
	struct str segment = str_make(path.p + at, end - at);

	if (segment.n == 0 && slash != NULL) {
		fault->text = "an empty segment, \"//\"";
		help_write(fault, "write one \"/\"", 0);
	} else if (str_eq(segment, STR(".")) || str_eq(segment, STR(".."))) {
		fault->text = "a dot segment; paths are matched without";
		help_write(fault, "write the path that it leads to", 0);
	}
	for (size_t i = at; i < end && fault->text == NULL; i++)
		is_good_byte(path, i, fault);
	return fault->text == NULL;
}

bool conf_path_check(struct conf_report *r, const struct conf_spot *spot,
    struct str path)
{
	struct fault fault = {0};
	bool good = true;

	if (path.n == 0 || path.p[0] != '/') {
		conf_report_error(r, spot, "a path begins with \"/\"");
		conf_report_help(r, "write \"/%" PRI_STR "\"", ARG_STR(path));
		return false;
	}
	for (size_t i = 0; i < path.n && good; i++)
		if (path.p[i] == '/')
			good = is_good_segment(path, i + 1, &fault);
	if (good)
		return true;
	conf_report_error(r, spot, "%s", fault.text);
	if (fault.help[0] != '\0')
		conf_report_help(r, "%s", fault.help);
	return false;
}

static bool ends_segment(struct str path, size_t at)
{
	return at == path.n || path.p[at] == '/';
}

/* The escape at AT, which is good. */
static bool is_loose_escape(struct str path, size_t at)
{
	int byte = char_hex(path.p[at + 1]) * 16 + char_hex(path.p[at + 2]);
	struct str behind = str_behind(path, at + 3);

	if (byte == '%')
		return behind.n >= 2 && char_hex(behind.p[0]) >= 0 &&
		    char_hex(behind.p[1]) >= 0;
	if (byte == ' ')
		return ends_segment(path, at + 3);
	return byte < 0x80 &&
	    (is_path_byte((char)byte) || strchr("\\?#", byte) != NULL);
}

bool conf_path_is_loose(struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == ';' ||
		    (path.p[i] == '.' && ends_segment(path, i + 1)) ||
		    (path.p[i] == '%' && is_loose_escape(path, i)))
			return true;
	return false;
}

bool conf_path_is_below(struct str path, struct str top)
{
	if (top.n == 1)
		return true;
	return str_starts(path, top) &&
	    (path.n == top.n || path.p[top.n] == '/');
}

struct str conf_path_trim(struct str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

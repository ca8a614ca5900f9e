/*
 * target.c - what rewriting makes of a path, as far as it is written out.
 *
 * Runs in the master.  A worker normalises what rules make of a path as it did
 * the request's own (worker/http/path.h), and refuses the request if there is
 * a bad escape in it, or if it leads above the root.  What would be so whatever
 * the request is an error of the file.
 */
#include "common/conf/target.h"

#include "common/conf/report.h"

/* The "%" that TEXT begins with: does it begin what no path holds?  MORE: what
 * is filled in behind TEXT may be the rest of it. */
static bool is_bad_escape(struct str text, bool more)
{
	int high = text.n > 1 ? char_hex(text.p[1]) : 0;
	int low = text.n > 2 ? char_hex(text.p[2]) : 0;

	if (high < 0 || low < 0)
		return true;
	if (text.n < 3)
		return !more;
	return high < 2 || (high == 7 && low == 15);
}

/* The path that TEXT begins with. */
static struct str path_of(struct str text)
{
	const char *mark = memchr(text.p, '?', text.n);

	return mark != NULL ? str_make(text.p, (size_t)(mark - text.p)) : text;
}

static bool check_escapes(struct conf_build *b,
    const config_setting_t *setting, struct str path, bool more)
{
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] != '%' ||
		    !is_bad_escape(str_behind(path, i), more))
			continue;
		conf_report_error(b->report, conf_tree_spot(setting),
		    "\"%%\" must be followed by two hex digits, from 20 to 7E "
		    "or from 80 to FF");
		conf_report_help(b->report, "write %%25 for the sign itself");
		return false;
	}
	return true;
}

/* ---- dot segments ---- */

static bool is_dots(struct str segment, unsigned dots)
{
	while (segment.n > 0 && dots > 0) {
		bool escaped = str_starts(segment, STR("%2e")) ||
		    str_starts(segment, STR("%2E"));

		if (segment.p[0] != '.' && !escaped)
			return false;
		segment = str_behind(segment, escaped ? 3 : 1);
		dots--;
	}
	return segment.n == 0 && dots == 0;
}

/* MORE: something is filled in behind PATH, so its last segment isn't known. */
static bool leads_out(struct str path, bool more)
{
	int depth = 0;

	while (depth >= 0) {
		const char *slash = memchr(path.p, '/', path.n);
		size_t n = slash != NULL ? (size_t)(slash - path.p) : path.n;
		struct str segment = str_make(path.p, n);

		if (slash == NULL && more)
			break;
		if (is_dots(segment, 2))
			depth--;
		else if (n > 0 && !is_dots(segment, 1))
			depth++;
		if (slash == NULL)
			break;
		path = str_behind(path, n + 1);
	}
	return depth < 0;
}

static bool check_dots(struct conf_build *b, const config_setting_t *setting,
    struct str path, bool more)
{
	if (!leads_out(path, more))
		return true;
	conf_report_error(b->report, conf_tree_spot(setting),
	    "every request is refused: this path leads above \"/\"");
	conf_report_help(b->report, "leave out the \"..\"");
	return false;
}

/* ---- all of it ---- */

bool conf_target_check(struct conf_build *b, const config_setting_t *setting,
    const struct conf_template *t, bool whole)
{
	for (unsigned i = 0; i < t->count; i++) {
		struct str text = t->parts[i].text;
		struct str path = path_of(text);
		bool more = path.n == text.n && (i + 1 < t->count || !whole);

		if (t->parts[i].id != CONF_PART_TEXT)
			continue;
		if (!check_escapes(b, setting, path, more) ||
		    (i == 0 && whole && !check_dots(b, setting, path, more)))
			return false;
		if (path.n < text.n)
			break;
	}
	return true;
}

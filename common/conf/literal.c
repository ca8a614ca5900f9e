/*
 * literal.c - what every match of a pattern holds, for certain.
 *
 * Runs in the master.  Reads a pattern from left to right as a row of items at
 * its outermost level.  Runs of plain characters are literals; anything else
 * (a class, a group, an escape that is no plain character) ends a run, and a
 * quantifier that allows none takes the character before it away.  The run
 * behind "^" is certain to be at the start, the one before a last "$" at the
 * end; of the others the longest is certain to be somewhere.
 *
 *	^/shop/([0-9]+)/item-[a-z]*\.html$
 *	 start          inside     end
 *
 * Being wrong here would lose matches, so whatever is out of the ordinary
 * gives up: an alternative at the outermost level, an option or a verb, \Q,
 * \E, \c, a lookaround, a callout, a condition.  Fuzzed against PCRE2 itself.
 */
#include "common/conf/literal.h"

#include "common/base/out.h"

struct reader {
	const char *at;
	const char *end;
	struct out text; /* the plain characters of all runs */
	size_t run;	 /* where in TEXT the one that is going on began */
	bool anchored;	 /* it stands behind "^" */
	struct conf_literal found;
};

static bool more(const struct reader *r)
{
	return r->at < r->end;
}

static bool is_word(char c)
{
	return char_is_digit(c) || (char_lower(c) >= 'a' && char_lower(c) <= 'z');
}

/* Passes by what is behind a backslash in a class or group.  False: give up,
 * for \c takes any character along, and \Q and \E change what others mean. */
static bool skip_escape(struct reader *r)
{
	return more(r) && strchr("QEc", *r->at) == NULL && r->at++ != NULL;
}

/* Behind "[": to the byte behind its "]"; false when there is none. */
static bool skip_class(struct reader *r)
{
	if (more(r) && *r->at == '^')
		r->at++;
	if (more(r) && *r->at == ']')
		r->at++;
	while (more(r) && *r->at != ']') {
		char c = *r->at++;

		if (c == '[' && more(r) && strchr(":.=", *r->at) != NULL)
			return false;
		if (c == '\\' && !skip_escape(r))
			return false;
	}
	return more(r) && r->at++ != NULL;
}

/* "(?:", "(?<name>", "(?P<name>" or a plain "(": what is in it is skipped as
 * a whole.  Nothing else is understood. */
static bool is_plain_group(const struct reader *r)
{
	struct str rest = str_make(r->at, (size_t)(r->end - r->at));

	if (str_starts(rest, STR("*")))
		return false;
	if (!str_starts(rest, STR("?")))
		return true;
	if (str_starts(rest, STR("?P<")))
		return true;
	if (str_starts(rest, STR("?<")))
		return !str_starts(rest, STR("?<=")) &&
		    !str_starts(rest, STR("?<!"));
	return str_starts(rest, STR("?:"));
}

/* Behind "(": to the byte behind its ")". */
static bool skip_group(struct reader *r)
{
	unsigned depth = 1;

	if (!is_plain_group(r))
		return false;
	while (more(r) && depth > 0) {
		char c = *r->at++;

		if (c == '\\' && !skip_escape(r))
			return false;
		if (c == '[' && !skip_class(r))
			return false;
		if (c == '(' && !is_plain_group(r))
			return false;
		depth += c == '(';
		depth -= c == ')';
	}
	return depth == 0;
}

/* "{2}", "{2,}", "{2,3}": its length, or 0.  Not looked into: newer versions
 * of PCRE2 know more forms, and plain text those are not. */
static size_t braces_length(struct str s)
{
	size_t n = 1;

	if (s.n < 2 || s.p[0] != '{' || !char_is_digit(s.p[1]))
		return 0;
	while (n < s.n && (char_is_digit(s.p[n]) || s.p[n] == ','))
		n++;
	return n < s.n && s.p[n] == '}' ? n + 1 : 0;
}

/* A quantifier at R: 1 it may be none, 0 at least one, -1 there is none. */
static int read_quantifier(struct reader *r)
{
	struct str rest = str_make(r->at, (size_t)(r->end - r->at));
	size_t n = braces_length(rest);

	if (n == 0 && rest.n > 0 && strchr("*+?", rest.p[0]) != NULL)
		n = rest.p[0] != '\0';
	if (n == 0)
		return -1;
	r->at += n;
	if (more(r) && (*r->at == '?' || *r->at == '+'))
		r->at++;
	return rest.p[0] != '+';
}

/* The run ends here, which may be the END of every subject. */
static void end_run(struct reader *r, bool at_end)
{
	struct str run = str_make(r->text.p + r->run, r->text.n - r->run);

	if (r->anchored)
		r->found.start = run;
	if (at_end)
		r->found.end = run;
	if (!r->anchored && !at_end && run.n > r->found.inside.n)
		r->found.inside = run;
	r->anchored = false;
	r->run = r->text.n;
}

/* A plain character C, and what follows it. */
static void take_char(struct reader *r, char c)
{
	int none;

	out_char(&r->text, c);
	none = read_quantifier(r);
	if (none > 0)
		r->text.n--;
	if (none >= 0)
		end_run(r, false);
}

/* Something that is not plain was read; a quantifier may follow. */
static void take_other(struct reader *r)
{
	end_run(r, false);
	(void)read_quantifier(r);
}

/* Behind a "$". */
static void take_end(struct reader *r)
{
	if (more(r))
		take_other(r);
	else
		end_run(r, true);
}

/* Behind a backslash.  False: give up. */
static bool take_escape(struct reader *r)
{
	char c;

	if (!more(r))
		return false;
	c = *r->at++;
	if (!is_word(c)) {
		take_char(r, c);
		return true;
	}
	if (strchr("dDwWsSbBAzZGhHvVRNX", c) == NULL)
		return false;
	take_other(r);
	return true;
}

static bool take_item(struct reader *r)
{
	char c = *r->at++;

	switch (c) {
	case '\\':
		return take_escape(r);
	case '[':
		if (!skip_class(r))
			return false;
		take_other(r);
		return true;
	case '(':
		if (!skip_group(r))
			return false;
		take_other(r);
		return true;
	case '.':
		take_other(r);
		return true;
	case '$':
		take_end(r);
		return true;
	case '^':
	case '|':
	case ')':
	case '*':
	case '+':
	case '?':
	case '{':
		return false;
	default:
		take_char(r, c);
		return true;
	}
}

struct conf_literal conf_literal_of(struct str pattern, struct arena *a)
{
	static const struct conf_literal nothing = {{"", 0}, {"", 0}, {"", 0}};
	struct reader r = {.at = pattern.p,
	    .end = pattern.p + pattern.n,
	    .text = out_make(arena_alloc(a, pattern.n + 1), pattern.n + 1),
	    .found = nothing};

	if (more(&r) && *r.at == '^') {
		r.anchored = true;
		r.at++;
	}
	while (more(&r))
		if (!take_item(&r))
			return nothing;
	end_run(&r, false);
	return r.found;
}

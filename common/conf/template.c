/*
 * template.c - "/blog${path_rest}": text with names in it, taken apart.
 *
 * Runs in the master.  One pass from left to right: plain text up to the next
 * "${", then what is in the braces.
 *
 *	/blog ${path_rest} ?u= ${header:X-User}
 *	text  name         text name, argument
 */
#include "common/conf/template.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/insist.h"
#include "common/conf/suggest.h"

#define HELP_MAX 600

/* A text being taken apart. */
struct cutter {
	struct arena *arena;
	const struct conf_template_names *names;
	struct conf_template_fault *fault;
	struct conf_template_part *parts;
	unsigned count;
	unsigned room;
};

static struct conf_template_part *add_part(struct cutter *c, int id)
{
	struct conf_template_part *part = &c->parts[c->count++];

	INSIST(c->count <= c->room);
	part->id = id;
	part->text = STR("");
	return part;
}

/* False, for callers that return it. */
static bool fail(struct cutter *c, struct str where, const char *text,
    const char *help)
{
	*c->fault = (struct conf_template_fault){where, text, help};
	return false;
}

static __attribute__((format(printf, 2, 3))) const char *say(struct cutter *c,
    const char *fmt, ...)
{
	char text[HELP_MAX];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	INSIST(n >= 0);
	return arena_strdup(c->arena, str_from(text));
}

/* ---- what stands in the braces ---- */

static bool takes_argument(struct str name)
{
	return name.n > 0 && name.p[name.n - 1] == ':';
}

/* "there are ${host}, ${header:...}" */
static const char *list_names(struct cutter *c)
{
	const struct conf_template_names *names = c->names;
	char text[HELP_MAX] = "there are";
	size_t n = strlen(text);

	for (unsigned i = 0; i < names->count; i++) {
		struct str name = str_from(names->at[i]);
		int more = snprintf(text + n, sizeof(text) - n,
		    "%s ${%s%s}", i > 0 ? "," : "", name.p,
		    takes_argument(name) ? "..." : "");

		if (more < 0 || n + (size_t)more >= sizeof(text)) {
			text[n] = '\0';
			break;
		}
		n += (size_t)more;
	}
	return arena_strdup(c->arena, str_make(text, n));
}

/* KNOWN is meant, but for what stands behind it, or does not. */
static bool fail_colon(struct cutter *c, struct str where, struct str known)
{
	if (takes_argument(known))
		return fail(c, where,
		    say(c, "something is missing behind ${%s", known.p),
		    say(c, "write ${%s...}", known.p));
	return fail(c, where, say(c, "${%s} takes nothing behind it", known.p),
	    say(c, "write ${%s}", known.p));
}

static bool fail_unknown(struct cutter *c, struct str where, struct str name)
{
	struct conf_suggest suggest = conf_suggest_make(name);

	for (unsigned i = 0; i < c->names->count; i++)
		conf_suggest_offer(&suggest, c->names->at[i]);
	return fail(c, where,
	    say(c, "there is no ${%" PRI_STR "} here", ARG_STR(name)),
	    suggest.best == NULL ? list_names(c)
	    : say(c, "did you mean ${%s%s}?", suggest.best,
		takes_argument(str_from(suggest.best)) ? "..." : ""));
}

static bool read_capture(struct cutter *c, struct str where, struct str name)
{
	uint64_t number;

	if (!str_to_u64(name, c->names->captures, &number) || number == 0) {
		if (c->names->captures == 0)
			return fail(c, where, "no pattern has groups for this",
			    "${1} is what the first group of a pattern took");
		return fail(c, where,
		    say(c, "the pattern has no group %" PRI_STR,
			ARG_STR(name)),
		    say(c, "it has ${1}%s", c->names->captures == 1 ? ""
			: say(c, " to ${%u}", c->names->captures)));
	}
	add_part(c, CONF_PART_CAPTURE)->number = (unsigned)number;
	return true;
}

/* A group with a name. */
static bool read_group(struct cutter *c, struct str name)
{
	unsigned number = c->names->pattern != NULL
	    ? conf_pattern_group(c->names->pattern, name)
	    : 0;

	if (number == 0 || number > c->names->captures)
		return false;
	add_part(c, CONF_PART_CAPTURE)->number = number;
	return true;
}

static struct str without_colon(struct str name)
{
	return takes_argument(name) ? str_make(name.p, name.n - 1) : name;
}

/* Is ARGUMENT what a request could have?  Cookies have stranger names than
 * fields. */
static bool may_be_there(struct str known, struct str argument)
{
	if (str_eq(known, STR("header:")))
		return str_is_token(argument);
	for (size_t i = 0; i < argument.n; i++)
		if (argument.p[i] == ' ' || argument.p[i] == ';' ||
		    argument.p[i] == '=')
			return !str_eq(known, STR("cookie:"));
	return true;
}

/* INSIDE: "host", "header:X-User". */
static bool read_name(struct cutter *c, struct str where, struct str inside)
{
	const char *colon = memchr(inside.p, ':', inside.n);
	size_t n = colon ? (size_t)(colon - inside.p) + 1 : inside.n;
	struct str name = without_colon(str_make(inside.p, n));
	struct str argument = str_behind(inside, n);

	for (unsigned i = 0; i < c->names->count; i++) {
		struct str known = str_from(c->names->at[i]);

		if (!str_eq(without_colon(known), name))
			continue;
		if ((colon != NULL) != takes_argument(known) ||
		    (colon != NULL && argument.n == 0))
			return fail_colon(c, where, known);
		if (argument.n > CONF_TEMPLATE_ARGUMENT_MAX)
			return fail(c, where, "this name is too long", NULL);
		if (!may_be_there(known, argument))
			return fail(c, where, say(c, "no %" PRI_STR " has the "
			    "name \"%" PRI_STR "\"", ARG_STR(name),
			    ARG_STR(argument)), NULL);
		add_part(c, (int)i)->text = argument;
		return true;
	}
	return read_group(c, inside) || fail_unknown(c, where, name);
}

/* TEXT begins with "${"; *N_R bytes of it were read. */
static bool read_braces(struct cutter *c, struct str text, size_t *n_r)
{
	const char *close = memchr(text.p, '}', text.n);
	struct str where, inside;

	if (close == NULL)
		return fail(c, text, "this \"${\" is never closed",
		    "close it with \"}\"; a plain ${ is written $${");
	where = str_make(text.p, (size_t)(close - text.p) + 1);
	inside = str_make(text.p + 2, where.n - 3);
	*n_r = where.n;
	if (inside.n == 0)
		return fail(c, where, "a name is missing in \"${}\"",
		    list_names(c));
	if (char_is_digit(inside.p[0]))
		return read_capture(c, where, inside);
	return read_name(c, where, inside);
}

/* ---- the whole ---- */

/* The first "${", plain ones too; NULL: there is none. */
static const char *find_dollar(struct str text)
{
	return memmem(text.p, text.n, "${", 2);
}

static unsigned count_dollars(struct str text)
{
	unsigned count = 0;
	const char *found;

	while ((found = find_dollar(text)) != NULL) {
		size_t n = (size_t)(found - text.p) + 2;

		text = str_behind(text, n);
		count++;
	}
	return count;
}

static void add_text(struct cutter *c, struct str text)
{
	if (text.n > 0)
		add_part(c, CONF_PART_TEXT)->text = text;
}

static bool cut(struct cutter *c, struct str text)
{
	while (text.n > 0) {
		const char *found = find_dollar(text);
		size_t n = found ? (size_t)(found - text.p) : text.n;
		bool plain = n > 0 && found && found[-1] == '$';
		size_t used = plain ? 2 : 0;

		/* "$${" is the text "${", whose "$" is taken here */
		add_text(c, str_make(text.p, plain ? n - 1 : n));
		text = str_behind(text, n);
		if (plain)
			add_text(c, STR("${"));
		else if (found && !read_braces(c, text, &used))
			return false;
		text = str_behind(text, used);
	}
	return true;
}

bool conf_template_compile(struct arena *a, struct str text,
    const struct conf_template_names *names, struct conf_template *template_r,
    struct conf_template_fault *fault_r)
{
	struct cutter c = {.arena = a, .names = names, .fault = fault_r};
	struct str kept = str_make(arena_strdup(a, text), text.n);
	unsigned dollars = count_dollars(kept);

	INSIST(names != NULL && (names->count == 0 || names->at != NULL));
	if (dollars > CONF_TEMPLATE_PARTS_MAX)
		return fail(&c, kept, "there are more than 1000 \"${\" here",
		    NULL);
	c.room = 2 * dollars + 1;
	c.parts = ARENA_ARRAY(a, struct conf_template_part, c.room);
	if (!cut(&c, kept))
		return false;
	INSIST(c.count <= c.room);
	template_r->parts = c.parts;
	template_r->count = c.count;
	return true;
}

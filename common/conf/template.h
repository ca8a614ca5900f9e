/*
 * template.h - "/blog${path_rest}": text with names in it, taken apart at
 * load.
 *
 *	${name}			the value of that name
 *	${name:argument}	of a name that takes one: ${header:X-User}
 *	${1} ${year}		a group of the pattern that matched
 *	$${			a plain ${; any other $ is itself
 *
 * The names are the caller's table, so routes, log lines and error pages each
 * have their own.  ${env:NAME} and ${file:/PATH} were filled in when the file
 * was read (variables.h) and never come here.  What the parts mean at a
 * request is said by who owns the table; a template itself is plain data.
 */
#ifndef COMMON_CONF_TEMPLATE_H
#define COMMON_CONF_TEMPLATE_H

#include "common/base/arena.h"
#include "common/conf/pattern.h"

/* Ids of parts that are no name of the table. */
#define CONF_PART_TEXT (-1)
#define CONF_PART_CAPTURE (-2)

struct conf_template_part {
	int id;		 /* index in the table, or CONF_PART_... */
	unsigned number; /* of CONF_PART_CAPTURE, from 1 */
	struct str text; /* of CONF_PART_TEXT; else the argument, or "" */
};

struct conf_template {
	const struct conf_template_part *parts;
	unsigned count; /* 0: the empty text */
};

#define CONF_TEMPLATE_PARTS_MAX 1000
#define CONF_TEMPLATE_ARGUMENT_MAX 100 /* bytes */

/*
 * The names that a template may hold, in the order of their ids.  A name that
 * ends in ':' takes an argument: "header:".
 */
struct conf_template_names {
	const char *const *at;
	unsigned count;
	unsigned captures; /* ${1} to ${CAPTURES}; 0: there is no pattern */
	const struct conf_pattern *pattern; /* whose groups have names, or
					       NULL: ${year} is one */
};

/* What is wrong, to be put behind a place, and where in the text. */
struct conf_template_fault {
	struct str where;  /* part of the text */
	const char *text;  /* "there is no ${hots}" */
	const char *help;
};

/*
 * Takes TEXT apart; parts and faults lie in A, the pieces of TEXT are copied.
 * False: *fault_r says why, the first thing only.
 */
bool conf_template_compile(struct arena *a, struct str text,
    const struct conf_template_names *names, struct conf_template *template_r,
    struct conf_template_fault *fault_r);

/* What a filled template is part of: so are the values of requests written
 * into it. */
enum conf_fill {
	CONF_FILL_TEXT, /* as they are: no value holds CR, LF or NUL */
	CONF_FILL_URL,	/* percent-encoded, but for paths and queries */
	CONF_FILL_HTML, /* or XML: without markup */
	CONF_FILL_JSON	/* as in a string */
};

/* Is it text alone, the same for every request? */
static inline bool conf_template_is_plain(const struct conf_template *t)
{
	return t->count == 0 ||
	    (t->count == 1 && t->parts[0].id == CONF_PART_TEXT);
}

#endif

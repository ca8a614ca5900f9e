/*
 * literal.h - what every match of a pattern holds, for certain.
 *
 * Most patterns of operators begin with, end with, or hold, some plain text:
 * "^/old/...", "\.php$".  A subject without that text can't match, and to find
 * that out takes a few nanoseconds, where asking PCRE2 takes fifty.
 */
#ifndef COMMON_CONF_LITERAL_H
#define COMMON_CONF_LITERAL_H

#include "common/base/arena.h"

/* A subject that matches; "": nothing is certain. */
struct conf_literal {
	struct str start;  /* begins with this, */
	struct str inside; /* holds this, */
	struct str end;	   /* and ends with this */
};

/*
 * Reads it off the text of a pattern that PCRE2 has compiled, in its usual
 * syntax and without options but PCRE2_DOLLAR_ENDONLY.  Whatever is not
 * understood for certain makes nothing certain.  The texts lie in A.
 */
struct conf_literal conf_literal_of(struct str pattern, struct arena *a);

/* May SUBJECT match? */
static inline bool conf_literal_allows(const struct conf_literal *l,
    struct str subject)
{
	if (!str_starts(subject, l->start) || subject.n < l->end.n)
		return false;
	if (l->end.n > 0 &&
	    memcmp(subject.p + subject.n - l->end.n, l->end.p, l->end.n) != 0)
		return false;
	return l->inside.n == 0 || (subject.n > 0 &&
	    memmem(subject.p, subject.n, l->inside.p, l->inside.n) != NULL);
}

#endif

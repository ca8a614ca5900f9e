/*
 * pattern.h - regular expressions: compiled at load, matched for requests.
 *
 * PCRE2, by bytes, case-sensitive unless the pattern says (?i).  Compiled, and
 * JIT-compiled, in the master before the fork, so workers share the code and
 * never map executable memory.  No pattern can stall a worker: matching ends
 * after CONF_PATTERN_WORK steps.
 */
#ifndef COMMON_CONF_PATTERN_H
#define COMMON_CONF_PATTERN_H

#include "common/base/arena.h"
#include "common/conf/literal.h"

#define CONF_PATTERN_WORK 100000
#define CONF_CAPTURES_MAX 20 /* groups of a pattern that can be referred to */

struct conf_pattern {
	struct str text;
	void *code;		     /* pcre2_code; conf_pattern_free_all */
	bool is_jit;		     /* it is machine code */
	struct conf_literal literal; /* what a subject must have */
	unsigned groups;
	struct conf_pattern *next; /* of its conf: to be freed with it */
};

/* What is wrong with a pattern, and at which of its bytes. */
struct conf_pattern_fault {
	char text[120];
	size_t at;
};

/* Compiles TEXT (kept in A).  NULL: *FAULT_R says why.  For the master's own
 * stack only: compiling takes up to 180 KiB of it. */
struct conf_pattern *conf_pattern_compile(struct arena *a, struct str text,
    struct conf_pattern_fault *fault_r);

/* Frees the code of P and of those behind it. */
void conf_pattern_free_all(struct conf_pattern *p);

/* The number of the group NAME, or 0. */
unsigned conf_pattern_group(const struct conf_pattern *p, struct str name);

/* Is one of those from P on not compiled to machine code?  It is slow then. */
bool conf_pattern_any_slow(const struct conf_pattern *p);

/* Makes what matching needs, unless it is there.  0 or -ENOMEM. */
int conf_pattern_init(void);

/* The groups of a match, 0 the whole; they point into the subject.  A group
 * that took no part is STR_NONE. */
struct conf_captures {
	unsigned count;
	struct str at[CONF_CAPTURES_MAX + 1];
};

enum conf_match { CONF_NO_MATCH, CONF_MATCH, CONF_MATCH_TOO_HARD };

/* Does SUBJECT match?  CAPTURES_R may be NULL.  Never waits or allocates. */
enum conf_match conf_pattern_match(const struct conf_pattern *p,
    struct str subject, struct conf_captures *captures_r);

/* Is there a plain subject, one character many times, for which matching is
 * given up?  Tries a few: for the loader. */
bool conf_pattern_explodes(const struct conf_pattern *p);

#endif

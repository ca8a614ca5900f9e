/*
 * report.h - telling an operator what is wrong with a configuration.
 *
 * Every message has one form: place, text, the line with a caret under what
 * is meant, and help.  Whatever a file holds, what is printed is harmless to
 * a terminal: controls and malformed UTF-8 become "?".
 *
 * For programs there is a second form: one array of JSON, an object for each
 * message (report_json.c).
 */
#ifndef COMMON_CONF_REPORT_H
#define COMMON_CONF_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/str.h"
#include "common/conf/conf.h"

/* The text of one file, or an option of the command line ("--to"). */
struct conf_source {
	const char *name; /* lives as long as the conf: places point to it */
	struct str text;
};

/* N bytes of a source.  LINE 0: the source as a whole is meant. */
struct conf_spot {
	const struct conf_source *source;
	uint32_t at;
	uint32_t n;
	unsigned line;
	unsigned column; /* in bytes, from 1 */
};

/* The ids of warnings. */
enum conf_lint {
#define LINT(id, meaning) LINT_##id,
#include "common/tbl/lints.h"
#undef LINT
	LINT_END
};

/*
 * A message is told once: what many vhosts inherit is read with each of them.
 * This many are remembered.
 */
#define CONF_REPORT_TOLD 64

struct conf_report {
	FILE *out;
	bool json;
	unsigned errors;
	unsigned warnings;
	const struct conf_source *source; /* of the last message */
	unsigned source_count;		  /* messages about it, in a row */
	bool muted; /* the last message is not printed, so no help */
	bool began; /* a message was printed */
	uint64_t told[CONF_REPORT_TOLD]; /* the last messages, hashed */
	unsigned told_count;
	struct arena arena; /* of what waits for conf_report_flush: */
	struct conf_message *first;
	struct conf_message *last;
	unsigned waiting;
};

/* Messages about one source beyond this many are counted, not printed. */
#define CONF_REPORT_MAX 100

void conf_report_error(struct conf_report *r, const struct conf_spot *spot,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void conf_report_lint(struct conf_report *r, enum conf_lint id,
    const struct conf_spot *spot, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* What to do about the message before. */
void conf_report_help(struct conf_report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Prints what was said since the last flush, in the order of the files' lines;
 * while the sources are still there.
 */
void conf_report_flush(struct conf_report *r);

/* The last call of all: flushes, and ends the array of JSON. */
void conf_report_end(struct conf_report *r);

/* "unreachable-route": as it is printed. */
#define CONF_LINT_SIZE 40
const char *conf_lint_name(enum conf_lint id, char text[CONF_LINT_SIZE]);

/*
 * Bytes of the well-formed printable UTF-8 character that S, not empty, begins
 * with.  0: it begins with something else.
 */
size_t conf_report_printable(struct str s);

static inline struct conf_place conf_spot_place(const struct conf_spot *spot)
{
	return (struct conf_place){spot->source->name, spot->line,
	    spot->column};
}

static inline struct str conf_spot_text(const struct conf_spot *spot)
{
	return str_make(spot->source->text.p + spot->at, spot->n);
}

static inline bool conf_spot_same_line(const struct conf_spot *a,
    const struct conf_spot *b)
{
	return a->source == b->source && a->line == b->line;
}

/* The source as a whole. */
static inline struct conf_spot conf_spot_whole(const struct conf_source *source)
{
	return (struct conf_spot){.source = source};
}

#endif

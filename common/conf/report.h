/*
 * report.h - telling an operator what is wrong with a configuration.
 *
 * Every message has one form: place, text, the line with a caret under what
 * is meant, and help.  Whatever a file holds, what is printed is harmless to
 * a terminal: controls and malformed UTF-8 become "?".
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

struct conf_report {
	FILE *out;
	unsigned errors;
	unsigned warnings;
	const struct conf_source *source; /* of the last message */
	unsigned source_count;		  /* messages about it, in a row */
	bool muted; /* the last message was not printed, so no help */
};

/* Messages about one source beyond this many are counted, not printed. */
#define CONF_REPORT_MAX 100

void conf_report_error(struct conf_report *r, const struct conf_spot *spot,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void conf_report_warning(struct conf_report *r, const struct conf_spot *spot,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What to do about the message before. */
void conf_report_help(struct conf_report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

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

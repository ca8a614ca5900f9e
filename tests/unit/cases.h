/*
 * cases.h - the tables of tests/cases: messages, and the verdict of each.
 *
 * tests/cases/requests says how they are written; tests/system/cases.py reads
 * the same.
 */
#ifndef TESTS_UNIT_CASES_H
#define TESTS_UNIT_CASES_H

#include <stdbool.h>

#include "common/base/str.h"

#define CASE_WORDS 3

struct case_row {
	const char *words[CASE_WORDS]; /* the verdict: "400", "line_end"; "" */
	const char *title;
	struct str sent;     /* "<" */
	struct str received; /* ">"; STR_NONE: the head of SENT */
	struct str payload;  /* "+" */
};

/* Reads the file at PATH, or ends the test program.  *rows_r is allocated for
 * ever; their number. */
int cases_load(const char *path, struct case_row **rows_r);

#endif

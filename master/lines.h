/*
 * lines.h - text of several lines in a log of single lines.
 */
#ifndef MASTER_LINES_H
#define MASTER_LINES_H

#include "common/base/log.h"
#include "common/base/str.h"

/* Takes the next line, without its end, off *TEXT.  False when none is left. */
bool lines_next(struct str *text, struct str *line_r);

/* Logs each line that is not empty as "ABOUT: line". */
void lines_log(enum log_level level, const char *about, struct str text);

#endif

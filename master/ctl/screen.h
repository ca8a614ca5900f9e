/*
 * screen.h - a text that is shown again and again, in the same place.
 *
 * If standard output is no terminal, the texts follow each other instead.
 */
#ifndef MASTER_CTL_SCREEN_H
#define MASTER_CTL_SCREEN_H

#include <stdbool.h>

/* From now on, until screen_end, a signal that would end the program only makes
 * screen_show say so.  LINES: texts are lines for a program, which follow each
 * other wherever they are shown. */
void screen_begin(bool lines);

/* Shows what fits of TEXT, over what was there, for a second.  False: it is to
 * end. */
bool screen_show(const char *text);

/* The terminal is as it was before. */
void screen_end(void);

#endif

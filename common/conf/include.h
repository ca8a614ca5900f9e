/*
 * include.h - @include "file", alone on its line.
 */
#ifndef COMMON_CONF_INCLUDE_H
#define COMMON_CONF_INCLUDE_H

#include "common/conf/lex.h"

/*
 * If the lexer stands at an @include at the start of a line: goes on in the
 * file it names, or reports why not and goes on behind it.  False, and
 * nothing is done, if it stands at something else.
 */
bool conf_include_enter(struct conf_lex *lex);

/*
 * At the end of a file: its text goes to the expanded one, and the lexer
 * goes on in the file that included it.  False: it was the outermost.
 */
bool conf_include_leave(struct conf_lex *lex);

#endif

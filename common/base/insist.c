/*
 * insist.c - what happens when we were wrong about ourselves.
 *
 * Runs in every process.  Formats into a static buffer (the heap may be what
 * is broken), prints, tells the hook, aborts.
 */
#include "common/base/insist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*insist_hook)(const char *text);
static char text[512];

void insist_set_hook(void (*hook)(const char *text))
{
	insist_hook = hook;
}

void insist_failed(const char *cond, const char *file, int line,
    const char *func)
{
	snprintf(text, sizeof(text), "INSIST(%s) failed in %s, %s:%d", cond,
	    func, file, line);
	if (insist_hook != NULL)
		insist_hook(text);
	(void)!write(STDERR_FILENO, text, strlen(text));
	(void)!write(STDERR_FILENO, "\n", 1);
	abort();
}

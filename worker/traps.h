/*
 * traps.h - debug builds: death for what a ready worker must not do.
 *
 * After it is ready a worker opens no path by name, executes nothing and maps
 * no executable memory.  A build with --enable-traps holds it to that: the
 * system call raises SIGSYS, and the last words name it.  The system tests
 * run so.  Not for sanitizer builds: their reports read /proc/self/maps and
 * start a symbolizer, which would be trapped in turn.
 */
#ifndef WORKER_TRAPS_H
#define WORKER_TRAPS_H

#ifdef SLUICE_TRAPS

/* For good: there is no way back.  0 or -errno. */
int traps_set(void);

/* "openat" of a trapped call's number; NULL: not one of ours.
 * Async-signal-safe. */
const char *traps_call_name(int number);

#else

static inline int traps_set(void)
{
	return 0;
}

#endif
#endif

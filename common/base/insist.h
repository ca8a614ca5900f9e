/*
 * insist.h - assertions that are always on.
 *
 * A failed INSIST is a bug of ours: the process writes its last words (see
 * common/shm/seat.h) and dies by SIGABRT; the master logs the words and
 * starts another.  Never INSIST on anything that a peer, a file or an
 * operator can cause: those get an error.
 *
 * Structures that are handed about carry a magic number as their first
 * member, checked where they enter a module and wiped when they are freed.
 */
#ifndef COMMON_BASE_INSIST_H
#define COMMON_BASE_INSIST_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define INSIST(cond)                                                           \
	(likely(cond) ? (void)0                                                \
		      : insist_failed(#cond, __FILE__, __LINE__, __func__))

#define INSIST_MAGIC(p, m) INSIST((p) != NULL && (p)->magic == (m))

/* Prints to stderr, calls the hook, aborts. */
_Noreturn void insist_failed(const char *cond, const char *file, int line,
    const char *func);

/*
 * HOOK gets the text of a failed INSIST before the process aborts; it may
 * only do what a signal handler may do.  NULL takes it away.
 */
void insist_set_hook(void (*hook)(const char *text));

#endif

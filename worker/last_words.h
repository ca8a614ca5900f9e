/*
 * last_words.h - the crash report that a dying worker leaves in its seat.
 *
 * One line of text, read and logged by the master after the death:
 *
 *   SIGSEGV at 0x7f10a2c40ff8: fiber stack overflow; fiber "client";
 *   sluiced+0x1c3f2 sluiced+0x1c40a libc.so.6+0x8a3c1
 *
 * An offset is what addr2line -e FILE takes.  The exit status stays that of
 * the signal, and a core file, where allowed, shows the place of the fault.
 */
#ifndef WORKER_LAST_WORDS_H
#define WORKER_LAST_WORDS_H

/*
 * Installs handlers for SEGV, BUS, ILL, FPE and ABRT (and SYS, for traps) on
 * an alternate stack, unblocks these signals, and connects failed INSISTs.
 * Once a process, after seat_sit.  0 or -errno.
 */
int last_words_install(void);

#endif

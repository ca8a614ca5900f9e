/*
 * stack.h - the stacks of a worker's fibers.
 *
 * One reservation for all of them, FIBER_MAX x STACK_SIZE of address space;
 * the lowest page of each is a guard.  A stack is made (gets its guard) when
 * so many fibers are alive for the first time: MADV_GUARD_INSTALL where the
 * kernel has it, mprotect elsewhere (two mappings a stack, of which a process
 * may have 65530: a few less than FIBER_MAX needs).  Recycled last-in
 * first-out: the hottest stack is the next one, and memory is used only as far
 * as stacks were in use at the same moment, of late.
 */
#ifndef WORKER_FIBER_STACK_H
#define WORKER_FIBER_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/fiber/sanitize.h"

/* Room for code; the guard is taken off it.  Larger under ASan and -O0. */
#if defined(WITH_ASAN) || !defined(__OPTIMIZE__)
#define STACK_SIZE ((size_t)256 * 1024)
#else
#define STACK_SIZE ((size_t)64 * 1024)
#endif

/*
 * 0; -ENOMEM: the kernel does not reserve so much (strict overcommit);
 * -ENOTSUP: its pages are too large for guards.
 */
int stack_init(void);
void stack_free_all(void);

/* Are there COUNT stacks, or could they be made?  stack_take relies on it. */
bool stack_reserve(unsigned count);

/* The low end of STACK_SIZE bytes, guard included.  The caller has reserved
 * at least one more than are taken. */
void *stack_take(void);
void stack_give(void *stack);

/*
 * To be called now and then: gives back the memory of stacks that nobody
 * needed since the last call, which a burst has left behind.  Takes a
 * millisecond at most.
 */
void stack_trim(void);

/* Bytes at the low end of each that belong to the guard. */
size_t stack_guard_size(void);

/* Is ADDR in a guard page of ours?  Async-signal-safe, for last words. */
bool stack_is_guard(const void *addr);

#ifdef SLUICE_CENSUS
/* Stacks are painted when taken: bytes ever used since, before it is given. */
size_t stack_used(const void *stack);
#endif

#endif

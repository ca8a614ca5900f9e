/*
 * wake.h - waking a process that waits for what is shared.
 *
 * One eventfd a seat, made by the master before the first fork.  Who waits for
 * a shared thing sets its seat's bit in the thing's wake_set; who changes the
 * thing calls wake_all, after unlocking, which writes once to each eventfd of
 * a set bit; the woken process looks through its own waiters (fiber/wakeup.h).
 * Every waiter has a deadline too: a lost wake-up is only a delay.
 */
#ifndef COMMON_SHM_WAKE_H
#define COMMON_SHM_WAKE_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/shm/seat.h"

/* In the segment: one bit a seat. */
struct wake_set {
	_Atomic uint64_t seats[SEAT_COUNT / 64];
};

/* In the master, once.  0 or -errno. */
int wake_create(void);

/* The descriptor of this process's seat, non-blocking: readable when it was
 * woken; who reads 8 bytes takes all wake-ups so far.  -1: none were made. */
int wake_fd(void);

void wake_want(struct wake_set *set);
void wake_unwant(struct wake_set *set);

/* Nobody waits there for SEAT any more. */
void wake_forget(struct wake_set *set, int seat);

/* Wakes all that are in SET, but for this process. */
void wake_all(const struct wake_set *set);

#endif

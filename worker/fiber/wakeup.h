/*
 * wakeup.h - being woken by other processes: common/shm/wake.h.
 */
#ifndef WORKER_FIBER_WAKEUP_H
#define WORKER_FIBER_WAKEUP_H

/* Listens for wake-ups of this process's seat, behind loop_init.  0 or -errno;
 * also 0 when there is nothing to listen to. */
int wakeup_init(void);

/* FN is called in the loop at each wake-up, to look through its own waiters:
 * it may start and signal fibers, it must not wait.  At most 8 of them. */
void wakeup_on(void (*fn)(void));

#endif

/*
 * fiber.h - straight-line code that waits: fibers over one epoll loop.
 *
 * A fiber is a stackful coroutine.  Code on it reads from top to bottom as if
 * it had a process to itself; a call that must wait parks the fiber and the
 * loop runs another.  One thread, so nothing needs a lock between two waits,
 * and nothing may be assumed across one.
 *
 * Every call here that may wait takes an absolute deadline (loop_now() + ...;
 * DEADLINE_NEVER) and returns 0 or more when what it waited for came,
 * -ETIMEDOUT at the deadline, or -ECANCELED.  errno is never used: it belongs
 * to all fibers at once.  When several of these come in one turn, exactly one
 * is reported: cancellation first, then what was waited for, then the
 * deadline.  A deadline never comes early; one that has passed already still
 * lets the loop look for events first.
 *
 * Cancellation is an ordinary error.  After fiber_cancel the blocked call
 * returns -ECANCELED and so does every later one; the code unwinds through
 * its own cleanup.  A fiber is never freed while suspended.  Two exceptions:
 * fiber_join waits although its caller is cancelled (it cancels the child
 * then), and cleanup that must wait runs between fiber_shield and
 * fiber_unshield, with a deadline of its own of at most a second.
 *
 * Who owns a fiber: fiber_spawn makes a child that its parent must join;
 * fiber_start makes one that belongs to the worker and ends by itself (a
 * connection's exchanges).  Functions that may wait are marked WAITS.
 */
#ifndef WORKER_FIBER_FIBER_H
#define WORKER_FIBER_FIBER_H

#include <stdbool.h>

#include "common/base/clock.h"
#include "common/base/list.h"

/* Documentation that a script can read: this call may park the fiber. */
#define WAITS

struct fiber;
typedef void fiber_fn(void *arg);

/*
 * A child of the calling fiber, run at the next turn.  NAME (a literal) is
 * the spawn site, for the census and last words.  NULL when all FIBER_MAX
 * fibers are alive (or the kernel has no memory for another one).  The parent
 * owes one fiber_join, and does not end before.
 */
struct fiber *fiber_spawn(const char *name, fiber_fn *fn, void *arg);

/* The same without a parent, also from the loop: what an event or a timer
 * starts runs in the same turn.  False where fiber_spawn says NULL. */
bool fiber_start(const char *name, fiber_fn *fn, void *arg);

/*
 * Waits until *F has ended, frees it, nulls *F.  If the caller is (or gets)
 * cancelled, cancels the child and goes on waiting.  NULL is fine.
 */
WAITS void fiber_join(struct fiber **f);

/* Makes F's blocked call, and all later ones, return -ECANCELED.  Does not
 * wait; may be called from the loop (a hang-up) as well as from a fiber, for
 * itself too.  A fiber that has not run yet does run, and learns it then. */
void fiber_cancel(struct fiber *f);

/* The running fiber; NULL in the loop itself. */
struct fiber *fiber_self(void);
const char *fiber_name(const struct fiber *f);

/* Would a wait of the running fiber say -ECANCELED?  Not while shielded. */
bool fiber_is_cancelled(void);

/* Lets everything that is ready run first. 0 or -ECANCELED. */
WAITS int fiber_yield(void);

/* -ETIMEDOUT when DEADLINE has come, which is what was wanted. */
WAITS int fiber_sleep_until(usec_t deadline);

/* Between these, cancellation is held back; they nest.  A join in between
 * does not cancel the child. */
void fiber_shield(void);
void fiber_unshield(void);

/*
 * Fairness: the I/O wrappers say what they moved (BYTES may be 0).  A fiber
 * that has made 16 calls or moved 256 KiB without parking yields here.
 * 0, or -ECANCELED: also the test at the entry of each I/O call.
 */
WAITS int fiber_charge(size_t bytes);

/*
 * ---- conditions ----
 *
 * Who is signalled is out of the condition at once.  If it is cancelled in
 * the same turn its wait says -ECANCELED and the signal has reached nobody:
 * whoever waits for one of many things signals once more before it leaves
 * with that error.
 */

struct cond {
	struct list waiters; /* struct fiber */
};

void cond_init(struct cond *c);
WAITS int cond_wait(struct cond *c, usec_t deadline);
void cond_signal(struct cond *c); /* the longest waiter, if any */
void cond_broadcast(struct cond *c);

/* ---- how many ---- */

/* Twice what the setting fibers may be: each exchange may need a child, and is
 * not refused it. */
#define FIBER_MAX 32768

unsigned fiber_count(void);

/*
 * Calls FN once there is room again after fiber_spawn or fiber_start had to
 * refuse: in the loop or on the fiber that joins.  FN may start fibers (if
 * that is refused it is called again), it must not wait.  Forgotten by
 * loop_free.
 */
void fiber_on_room(void (*fn)(void));

/* Deepest stack use per spawn site, a line each, to the error log; census
 * builds only (otherwise logs nothing). */
void fiber_census_log(void);

#endif

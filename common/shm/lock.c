/*
 * lock.c - robust locks over the shards of an area.
 *
 * Runs in workers; the master makes the mutexes and never takes one.  (It
 * must not: glibc keeps the list of held robust mutexes inside the mutexes,
 * so who takes a lock writes through pointers that every process can forge.)
 *
 * The kernel knows which robust mutexes a process held when it died, and the
 * next locker learns it as EOWNERDEAD.  All that can happen to a shard:
 *
 *            lock_enter                      lock_leave
 *   free ------------------> held ------------------------> free
 *    ^                        |
 *    | reset, counted,        | its process dies, in the section
 *    | marked consistent,     v or in the middle of a reset
 *    +-- and then left --- orphaned: the next lock_enter gets EOWNERDEAD
 *
 * An orphan stays an orphan until pthread_mutex_consistent, which is called
 * only behind a reset that was finished: dying in a reset means that the next
 * one starts over.  ENOTRECOVERABLE would take an unlock between EOWNERDEAD
 * and there, and there is none.
 *
 * The fast path is a trylock: no clock is read.  Only who finds the shard
 * taken looks at the clock, and then sleeps in the kernel, not in a spin.
 */
#include "common/shm/lock.h"

#include <errno.h>
#include <time.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"

/* The one shard that this process has locked. */
static struct shard_lock *held;

static struct shard_lock *shard_at(const struct lock_table *t, unsigned i)
{
	INSIST(i < t->count);
	return (struct shard_lock *)(void *)(t->shards + i * t->shard_size);
}

static void mutex_create(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	INSIST(pthread_mutexattr_init(&attr) == 0);
	INSIST(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) ==
	    0);
	INSIST(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
	INSIST(pthread_mutex_init(mutex, &attr) == 0);
	INSIST(pthread_mutexattr_destroy(&attr) == 0);
}

void lock_table_create(const struct lock_table *t)
{
	INSIST(t->name != NULL && t->reset != NULL);
	INSIST(t->count > 0 && t->shunned_until != NULL);
	INSIST(t->shard_size > sizeof(struct shard_lock));
	INSIST(t->shard_size % _Alignof(struct shard_lock) == 0);
	INSIST((uintptr_t)t->shards % _Alignof(struct shard_lock) == 0);
	for (unsigned i = 0; i < t->count; i++) {
		struct shard_lock *s = shard_at(t, i);

		mutex_create(&s->mutex);
		s->resets = 0;
		s->generation = 1;
		t->reset(s, t->arg);
	}
}

/*
 * The shard is taken: waits a little, unless it was waited for in vain less
 * than LOCK_SHUN ago.  The mutex's answer; EBUSY and ETIMEDOUT: not locked.
 */
static int wait_for(struct lock_table *t, unsigned i, struct shard_lock *s)
{
	usec_t now = clock_mono();
	usec_t end = now + LOCK_PATIENCE;
	struct timespec until = {
	    .tv_sec = (time_t)(end / USEC_PER_SEC),
	    .tv_nsec = (long)(end % USEC_PER_SEC) * 1000,
	};
	int rc;

	if (now < t->shunned_until[i])
		return EBUSY;
	rc = pthread_mutex_clocklock(&s->mutex, CLOCK_MONOTONIC, &until);
	if (rc == ETIMEDOUT)
		t->shunned_until[i] = clock_mono() + LOCK_SHUN;
	return rc;
}

/* The last holder died inside: nothing that it left can be relied on. */
static void recover(const struct lock_table *t, struct shard_lock *s)
{
	t->reset(s, t->arg);
	s->resets++;
	s->generation++;
	INSIST(pthread_mutex_consistent(&s->mutex) == 0);
	count(lock_resets);
}

enum lock_result lock_enter(struct lock_table *t, unsigned i, void **shard_r)
{
	struct shard_lock *s = shard_at(t, i);
	int rc;

	INSIST(held == NULL);
	rc = pthread_mutex_trylock(&s->mutex);
	if (rc == EBUSY)
		rc = wait_for(t, i, s);
	if (rc == EBUSY || rc == ETIMEDOUT) {
		count(lock_busy);
		return LOCK_BUSY;
	}
	INSIST(rc == 0 || rc == EOWNERDEAD);
	held = s;
	if (rc == EOWNERDEAD)
		recover(t, s);
	*shard_r = s;
	return LOCK_OK;
}

void lock_leave(struct lock_table *t, unsigned i)
{
	struct shard_lock *s = shard_at(t, i);

	INSIST(held == s);
	held = NULL;
	INSIST(pthread_mutex_unlock(&s->mutex) == 0);
}

unsigned lock_held(void)
{
	return held != NULL;
}

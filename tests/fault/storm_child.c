/*
 * storm_child.c - a process in the lock storm: enters shards until it ends.
 *
 * A witness looks into the table's private SHUNNED_UNTIL to tell a call that
 * waited in vain from one that only tried.  Two things are exact, whatever
 * the scheduler does: between two vain waits of one process for one shard lie
 * LOCK_SHUN and the second wait; and who only tries never sleeps, so that the
 * kernel counts no voluntary switch.
 */
#include "tests/fault/storm.h"

#include <sys/resource.h>
#include <unistd.h>

struct life {
	struct storm_child *notes;
	bool witness;
	uint64_t seed;
	uint64_t generation[SHARDS_MAX]; /* as last seen */
	uint64_t entries[SHARDS_MAX];
};

/* A shard that has fewer entries than before was emptied, and must say so. */
static void check_generation(struct life *l, unsigned i,
    const struct storm_shard *s)
{
	if (s->entries < l->entries[i] &&
	    s->lock.generation == l->generation[i])
		storm_accuse("a reset kept its generation", i);
	l->generation[i] = s->lock.generation;
	l->entries[i] = s->entries;
}

static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

static void note_vain(struct life *l, unsigned i, usec_t shunned_before)
{
	usec_t shunned = storm_table.shunned_until[i];

	if (shunned_before != 0 &&
	    shunned - shunned_before < LOCK_SHUN + LOCK_PATIENCE)
		storm_accuse("waited for a shard that is shunned", i);
	atomic_fetch_add(&l->notes->in_vain[i], 1);
}

static void note_longest(struct life *l, usec_t took)
{
	if ((uint64_t)took > atomic_load(&l->notes->longest))
		atomic_store(&l->notes->longest, (uint64_t)took);
}

/* One call of lock_enter, and what may be said about it. */
static struct storm_shard *witness_enter(struct life *l, unsigned i)
{
	usec_t shunned = storm_table.shunned_until[i];
	long slept = sleeps();
	usec_t start = clock_mono(), took;
	void *p = NULL;
	enum lock_result result = lock_enter(&storm_table, i, &p);

	took = clock_mono() - start;
	slept = sleeps() - slept;
	note_longest(l, took);
	if (storm_table.shunned_until[i] != shunned)
		note_vain(l, i, shunned);
	else if (result == LOCK_BUSY && slept > 0)
		storm_accuse("waited in vain and does not shun", i);
	if (result == LOCK_BUSY)
		atomic_fetch_add(&l->notes->busy_usec[i], (uint64_t)took);
	return p;
}

static struct storm_shard *victim_enter(unsigned i)
{
	void *p = NULL;

	return lock_enter(&storm_table, i, &p) == LOCK_OK ? p : NULL;
}

/* False: the shard was busy. */
static bool call_on(struct life *l, unsigned i)
{
	struct storm_shard *s =
	    l->witness ? witness_enter(l, i) : victim_enter(i);

	if (s == NULL) {
		atomic_fetch_add(&l->notes->busy, 1);
		return false;
	}
	storm_visit(s, &l->seed);
	check_generation(l, i, s);
	lock_leave(&storm_table, i);
	count(requests);
	atomic_fetch_add(&l->notes->entries, 1);
	return true;
}

void storm_child(unsigned c, bool witness, uint64_t seed)
{
	struct life l = {.notes = &storm->children[c],
	    .witness = witness,
	    .seed = seed};
	unsigned shards = storm_table.count;

	storm_reset_seed = seed;
	while (!atomic_load(&storm->finish)) {
		call_on(&l, (unsigned)storm_random(&l.seed, shards));
		if (storm_random(&l.seed, 4) == 0)
			storm_pause(&l.seed, 1000);
	}
	/* The storm is over: nothing may be locked for good. */
	for (unsigned i = 0; i < shards; i++)
		while (!call_on(&l, i))
			usleep(1000);
	_exit(0);
}

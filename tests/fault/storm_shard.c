/*
 * storm_shard.c - the shards of the lock storm, and what must hold in them.
 *
 * Every change goes through states that a reader would notice, with pauses
 * in between, so that a kill or a stop leaves the shard visibly broken.  The
 * reset takes its time as well: it must survive being killed itself.
 */
#include "tests/fault/storm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/shm/area.h"

struct storm *storm;
struct lock_table storm_table;
uint64_t storm_reset_seed;

static struct area area;
static usec_t shunned_until[SHARDS_MAX];

/* splitmix64 */
uint64_t storm_random(uint64_t *seed, uint64_t n)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % n;
}

void storm_accuse(const char *what, uint64_t number)
{
	if (atomic_fetch_add(&storm->verdicts, 1) == 0)
		snprintf(storm->verdict, sizeof(storm->verdict),
		    "process %d: %s (%llu)", (int)getpid(), what,
		    (unsigned long long)number);
}

void storm_pause(uint64_t *seed, usec_t longest)
{
	if (!storm->fierce)
		usleep((useconds_t)storm_random(seed, (uint64_t)longest));
}

/* Mostly nothing; sometimes long enough to be hit here for certain. */
static void pause_inside(uint64_t *seed)
{
	uint64_t dice = storm_random(seed, 100);

	if (dice < 4)
		storm_pause(seed, 400);
	else if (dice < 30)
		for (volatile int i = 0; i < 300; i++)
			;
}

/* What is there now may be anything. */
static void reset(void *p, const void *arg)
{
	struct storm_shard *s = p;

	(void)arg;
	atomic_fetch_add(&storm->resets_begun, 1);
	for (int i = 0; i < CELLS; i++) {
		s->left[i] = 0;
		pause_inside(&storm_reset_seed);
		s->right[i] = 0;
	}
	if (storm_random(&storm_reset_seed, 2) == 0)
		storm_pause(&storm_reset_seed, 8000);
	s->sum = 0;
	s->entries = 0;
	s->inside = 0;
	atomic_fetch_add(&storm->resets_done, 1);
}

const char *storm_fault(const struct storm_shard *s)
{
	uint64_t sum = 0;

	if (s->inside != 0)
		return "somebody is or was inside";
	for (int i = 0; i < CELLS; i++) {
		if (s->left[i] != s->right[i])
			return "two halves differ";
		sum += s->left[i];
	}
	return sum != s->sum ? "the sum is wrong" : NULL;
}

static void change(struct storm_shard *s, uint64_t *seed)
{
	for (uint64_t n = storm_random(seed, 6); n > 0; n--) {
		uint64_t cell = storm_random(seed, CELLS);
		uint64_t more = storm_random(seed, 1000);

		s->left[cell] += more;
		pause_inside(seed);
		s->sum += more;
		pause_inside(seed);
		s->right[cell] += more;
	}
}

void storm_visit(struct storm_shard *s, uint64_t *seed)
{
	uint64_t me = (uint64_t)getpid();
	const char *fault = storm_fault(s);

	if (fault != NULL)
		storm_accuse(fault, s->inside);
	s->inside = me;
	pause_inside(seed);
	change(s, seed);
	s->entries++;
	if (s->inside != me)
		storm_accuse("another came while I was inside", s->inside);
	s->inside = 0;
}

int storm_create(unsigned shards, bool fierce)
{
	const struct area_shape shape = {
	    .name = "storm", .size = shards * sizeof(struct storm_shard)};
	int rc = area_create(&shape, &area);

	if (rc < 0)
		return rc;
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (storm == MAP_FAILED)
		return -errno;
	storm->fierce = fierce;
	storm_table = (struct lock_table){
	    .name = "storm",
	    .shards = area.table,
	    .shard_size = sizeof(struct storm_shard),
	    .count = shards,
	    .reset = reset,
	    .shunned_until = shunned_until,
	};
	lock_table_create(&storm_table);
	return 0;
}

/*
 * cache_storm.c - kills and stops processes that use the cache.
 *
 *   cache_storm [--seconds N] [--seed N] [--children N] [--megabytes N]
 *	[--every MSEC]
 *
 * Children read, write and purge at random; every so many milliseconds one is
 * killed with SIGKILL, or stopped for a while, wherever it is.  What must hold,
 * and what the exit status 0 says:
 *
 *   - every byte that anybody reads is the one that was written;
 *   - in the end every unit of memory is free or of exactly one object, and no
 *     pin is left;
 *   - nobody fails, and everybody ends when asked to;
 *   - shards that were reset are counted.
 */
#include "tests/fault/cache_storm.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/cache.h"
#include "tests/fault/storm.h"
#include "tests/unit/cache_units.c"

#define END_DEADLINE (60 * USEC_PER_SEC)

struct child {
	pid_t pid;
	int seat;
	usec_t goes_on; /* when stopped; 0: it is not */
};

static struct {
	unsigned seconds, children, megabytes, every;
	uint64_t seed;
} options = {4, 8, 16, 100, 0};

static struct area area;
static uint64_t area_size;
static struct child children[CHILDREN_MAX];
static uint64_t dice, lives, kills, stops;

static _Noreturn void give_up(const char *what, long number)
{
	printf("FAILED: %s (%ld)\n", what, number);
	for (unsigned i = 0; i < options.children; i++)
		if (children[i].pid > 0)
			kill(children[i].pid, SIGKILL);
	exit(1);
}

/* ---- children ---- */

static void start(unsigned i)
{
	struct child *c = &children[i];

	*c = (struct child){.seat = seat_take(i, 1)};
	if (c->seat == SEAT_NONE)
		give_up("no seat is free", i);
	lives++;
	c->pid = fork();
	if (c->pid < 0)
		give_up("fork: errno", errno);
	if (c->pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* no child outlives the parent */
	seat_sit(c->seat);
	cache_enter(area.table, area_size);
	cache_storm_child(options.seed + lives * 1000003);
}

static void reap(struct child *c, int *status_r)
{
	if (waitpid(c->pid, status_r, 0) != c->pid)
		give_up("waitpid: errno", errno);
	cache_give_back(c->seat);
	seat_release(c->seat);
	c->pid = 0;
}

static void kill_child(unsigned i)
{
	struct child *c = &children[i];
	int status;

	kills++;
	kill(c->pid, SIGKILL);
	reap(c, &status);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		give_up("a child ended by itself, status", status);
	start(i);
}

static void strike(void)
{
	unsigned i = (unsigned)storm_random(&dice, options.children);
	struct child *c = &children[i];

	if (c->goes_on != 0 || storm_random(&dice, 8) != 0) {
		kill_child(i);
		return;
	}
	stops++;
	c->goes_on = clock_mono() +
		     (usec_t)storm_random(&dice, 800) * USEC_PER_MSEC;
	kill(c->pid, SIGSTOP);
}

static void let_go_on(bool all)
{
	usec_t now = clock_mono();

	for (unsigned i = 0; i < options.children; i++) {
		struct child *c = &children[i];

		if (c->goes_on == 0 || (!all && now < c->goes_on))
			continue;
		c->goes_on = 0;
		kill(c->pid, SIGCONT);
	}
}

static void rage(void)
{
	usec_t end = clock_mono() + options.seconds * USEC_PER_SEC;

	while (clock_mono() < end) {
		usleep((useconds_t)storm_random(&dice, options.every * 2000));
		let_go_on(false);
		strike();
		if (atomic_load(&cache_storm->verdicts) > 0)
			give_up(cache_storm->verdict, 0);
	}
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		give_up("waitid: errno", errno);
	return info.si_pid == pid;
}

static void calm_down(void)
{
	usec_t deadline = clock_mono() + END_DEADLINE;

	let_go_on(true);
	atomic_store(&cache_storm->finish, true);
	for (unsigned i = 0; i < options.children; i++) {
		int status;

		while (!has_ended(children[i].pid)) {
			if (clock_mono() > deadline)
				give_up("a child can't end: number", i);
			usleep(2000);
		}
		reap(&children[i], &status);
		if (status != 0)
			give_up("a child failed: status", status);
	}
}

/* ---- the reckoning ---- */

/* Seats whose pins could not be given back, for somebody stood in the way. */
static void give_back_all(void)
{
	for (int seat = 0; seat < SEAT_COUNT; seat++)
		cache_give_back(seat);
}

static void tell(const struct cache_sums *sums)
{
	const struct cache_storm *s = cache_storm;

	printf("kills %" PRIu64 ", stops %" PRIu64 ", resets %" PRIu64
	       ", shards %" PRIu64 "\n",
	    kills, stops, sums->resets, sums->shards);
	printf("finds %" PRIu64 ", hits %" PRIu64 ", bytes %" PRIu64
	       ", crowded %" PRIu64 ", copied %" PRIu64 ", busy %" PRIu64 "\n",
	    s->finds, s->hits, s->bytes, s->crowded, s->copied, s->busy);
	printf("stored %" PRIu64 ", broken %" PRIu64 ", refreshed %" PRIu64
	       ", marks %" PRIu64 ", refused %" PRIu64 ", waits %" PRIu64
	       ", purged %" PRIu64 ", evicted %" PRIu64 "\n",
	    s->stored, s->broken, s->refreshed, s->marks, s->refused,
	    s->waits, s->purged, sums->evicted);
	printf("left: objects %" PRIu64 ", others %" PRIu64 ", pinned %" PRIu64
	       ", growing %" PRIu64 "\n",
	    sums->objects, sums->marks, sums->pinned, sums->growing);
}

static void reckon(void)
{
	const char *fault;
	struct cache_sums sums;

	give_back_all();
	sums = cache_sum();
	tell(&sums);
	fault = store_fault();
	if (fault != NULL)
		give_up(fault, 0);
	if (sums.pinned != 0 || sums.growing != 0)
		give_up("pins are left", (long)(sums.pinned + sums.growing));
	if (seats_sum(COUNT_lock_resets) + kills < sums.resets ||
	    seats_sum(COUNT_lock_resets) > sums.resets)
		give_up("resets were not counted",
		    (long)seats_sum(COUNT_lock_resets));
	if (cache_storm->hits == 0 || cache_storm->stored == 0)
		give_up("nothing happened, kills", (long)kills);
}

/* ---- options ---- */

static const struct option names[] = {
    {"seconds", required_argument, NULL, 't'},
    {"seed", required_argument, NULL, 's'},
    {"children", required_argument, NULL, 'c'},
    {"megabytes", required_argument, NULL, 'm'},
    {"every", required_argument, NULL, 'e'}, {0}};

static void set_option(int name, uint64_t value)
{
	switch (name) {
	case 't':
		options.seconds = (unsigned)value;
		break;
	case 's':
		options.seed = value;
		break;
	case 'c':
		options.children = (unsigned)value;
		break;
	case 'm':
		options.megabytes = (unsigned)value;
		break;
	case 'e':
		options.every = (unsigned)value;
		break;
	default:
		exit(2);
	}
}

static void read_options(int argc, char **argv)
{
	int name;

	options.seed = (uint64_t)clock_wall() ^ (uint64_t)getpid();
	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1)
		set_option(name, strtoull(optarg, NULL, 0));
	if (options.children == 0 || options.children > CHILDREN_MAX ||
	    options.megabytes < 4 || options.every == 0) {
		fprintf(stderr, "too many, or none\n");
		exit(2);
	}
}

static void create(void)
{
	uint64_t size = (uint64_t)options.megabytes << 20;
	struct area_shape shape = cache_shape(size);

	area_size = shape.size;
	cache_storm = mmap(NULL, sizeof(*cache_storm), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (cache_storm == MAP_FAILED || seats_create() < 0 ||
	    wake_create() < 0 || area_create(&shape, &area) < 0)
		give_up("no shared memory", errno);
	cache_create(area.table, size);
	seat_sit(seat_take(0, 1));
	cache_enter(area.table, area_size);
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	dice = options.seed;
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("cache_storm --seed %" PRIu64 " --seconds %u --children %u "
	       "--megabytes %u --every %u\n",
	    options.seed, options.seconds, options.children,
	    options.megabytes, options.every);
	create();
	for (unsigned i = 0; i < options.children; i++)
		start(i);
	rage();
	calm_down();
	if (atomic_load(&cache_storm->verdicts) > 0)
		give_up(cache_storm->verdict, 0);
	reckon();
	printf("ok\n");
	return 0;
}

/*
 * lock_storm.c - kills and stops real processes inside critical sections.
 *
 *   lock_storm [--seconds N] [--seed N] [--victims N] [--witnesses N]
 *	[--shards N] [--fierce]
 *
 * The parent sends SIGKILL and SIGSTOP to random victims at random moments,
 * starts new ones, lets stopped ones go on or kills them as they stand.  What
 * must hold, and what the exit status 0 says:
 *
 *   - nobody ever enters a shard that is broken, or in which somebody is;
 *   - a shard that was emptied has another generation;
 *   - nobody waits for a shard that is shunned, so a witness waits in vain
 *     at most once a second and shard;
 *   - in the end everybody can enter every shard, and ends;
 *   - resets are counted, in the shards and in the seats; entries counted in
 *     the seats of the living and the dead add up.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/storm.h"

#define END_DEADLINE (60 * USEC_PER_SEC)

struct child {
	pid_t pid;
	int seat;
	bool stopped;
	usec_t goes_on; /* when stopped */
};

static struct {
	unsigned seconds, victims, witnesses, shards;
	uint64_t seed;
	bool fierce;
} options = {3, 6, 3, 4, 0, false};

static struct child children[CHILDREN_MAX];
static uint64_t dice;  /* the parent's seed */
static uint64_t lives; /* children ever started */
static uint64_t kills, kills_stopped, stops;

static unsigned child_count(void)
{
	return options.victims + options.witnesses;
}

static _Noreturn void give_up(const char *what, long number)
{
	printf("FAILED: %s (%ld)\n", what, number);
	for (unsigned i = 0; i < child_count(); i++)
		if (children[i].pid > 0)
			kill(children[i].pid, SIGKILL);
	exit(1);
}

static void start(unsigned i)
{
	struct child *c = &children[i];
	bool witness = i >= options.victims;

	*c = (struct child){.seat = seat_take(i, 1)};
	if (c->seat == SEAT_NONE)
		give_up("no seat is free", i);
	lives++;
	c->pid = fork();
	if (c->pid < 0)
		give_up("fork: errno", errno);
	if (c->pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* no child outlives a killed parent */
	seat_sit(c->seat);
	storm_child(i, witness, options.seed + lives * 1000003);
}

static void reap(struct child *c, int *status_r)
{
	if (waitpid(c->pid, status_r, 0) != c->pid)
		give_up("waitpid: errno", errno);
	seat_release(c->seat);
	c->pid = 0;
}

static void kill_child(unsigned i)
{
	struct child *c = &children[i];
	int status;

	kills++;
	kills_stopped += c->stopped;
	kill(c->pid, SIGKILL);
	reap(c, &status);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		give_up("a child ended by itself, status", status);
	start(i);
}

static void stop_child(struct child *c)
{
	uint64_t msec = storm_random(&dice, 10) == 0
	    ? 500 + storm_random(&dice, 700)
	    : storm_random(&dice, 150);

	stops++;
	c->stopped = true;
	c->goes_on = clock_mono() + (usec_t)msec * USEC_PER_MSEC;
	kill(c->pid, SIGSTOP);
}

static void let_go_on(struct child *c)
{
	c->stopped = false;
	kill(c->pid, SIGCONT);
}

/* Most who are stopped are left so, long enough for others to notice. */
static void strike(void)
{
	unsigned i = (unsigned)storm_random(&dice, options.victims);
	struct child *c = &children[i];
	uint64_t luck = storm_random(&dice, 100);

	if (c->stopped ? luck < 8 : luck < 70)
		kill_child(i);
	else if (!c->stopped)
		stop_child(c);
}

static void free_those_whose_time_has_come(void)
{
	usec_t now = clock_mono();

	for (unsigned i = 0; i < options.victims; i++)
		if (children[i].stopped && now >= children[i].goes_on)
			let_go_on(&children[i]);
}

static void rage(void)
{
	usec_t end = clock_mono() + options.seconds * USEC_PER_SEC;

	while (clock_mono() < end) {
		usleep((useconds_t)storm_random(&dice, 4000));
		free_those_whose_time_has_come();
		strike();
		if (atomic_load(&storm->verdicts) > 0)
			give_up(storm->verdict, 0);
	}
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		give_up("waitid: errno", errno);
	return info.si_pid == pid;
}

/* Everybody visits every shard once more, and ends by itself. */
static void calm_down(void)
{
	usec_t deadline = clock_mono() + END_DEADLINE;

	for (unsigned i = 0; i < options.victims; i++)
		if (children[i].stopped)
			let_go_on(&children[i]);
	atomic_store(&storm->finish, true);
	for (unsigned i = 0; i < child_count(); i++) {
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

struct sums {
	uint64_t resets; /* that were finished, says the area */
	uint64_t cut;	 /* that were not */
	uint64_t entries, busy; /* say the children */
	uint64_t in_vain, longest;
};

static void check_shards(struct sums *sums)
{
	for (unsigned i = 0; i < options.shards; i++) {
		struct storm_shard *s;
		void *p;

		if (lock_enter(&storm_table, i, &p) != LOCK_OK)
			give_up("in the end a shard is locked", i);
		s = p;
		if (storm_fault(s) != NULL)
			give_up(storm_fault(s), i);
		sums->resets += s->lock.resets;
		lock_leave(&storm_table, i);
	}
	sums->cut = atomic_load(&storm->resets_begun) -
	    atomic_load(&storm->resets_done);
}

/*
 * At most one vain wait a second; the time is measured generously, and not at
 * all when processes fight for the processor.
 */
static void check_witness(const struct storm_child *notes, usec_t lasted)
{
	uint64_t periods = (uint64_t)(lasted / LOCK_SHUN) + 1;

	for (unsigned i = 0; i < options.shards; i++) {
		if (atomic_load(&notes->in_vain[i]) > periods)
			give_up("waited in vain too often for shard", i);
		if (!options.fierce &&
		    atomic_load(&notes->busy_usec[i]) >
			periods * LOCK_PATIENCE * 3)
			give_up("spent too long on busy shard", i);
	}
}

static void check_children(struct sums *sums, usec_t lasted)
{
	for (unsigned c = 0; c < child_count(); c++) {
		struct storm_child *notes = &storm->children[c];

		sums->entries += atomic_load(&notes->entries);
		sums->busy += atomic_load(&notes->busy);
		if (c < options.victims)
			continue;
		check_witness(notes, lasted);
		for (unsigned i = 0; i < options.shards; i++)
			sums->in_vain += atomic_load(&notes->in_vain[i]);
		if (atomic_load(&notes->longest) > sums->longest)
			sums->longest = atomic_load(&notes->longest);
	}
}

/* What the seats counted; some kills came between a deed and its count. */
static void check_seats(enum counter what, uint64_t lowest, uint64_t highest)
{
	uint64_t sum = seats_sum(what);

	if (sum < lowest || sum > highest)
		give_up(counter_name(what), (long)(sum - lowest));
}

static void reckon(usec_t lasted)
{
	struct sums sums = {0};

	check_shards(&sums);
	check_children(&sums, lasted);
	printf("kills %" PRIu64 " (%" PRIu64 " while stopped), stops %" PRIu64
	       ", resets %" PRIu64 " (and %" PRIu64 " cut short)\n",
	    kills, kills_stopped, stops, sums.resets, sums.cut);
	printf("entries %" PRIu64 ", busy %" PRIu64
	       "; witnesses: %" PRIu64 " waits in vain, longest call %" PRIu64
	       " us\n",
	    sums.entries, sums.busy, sums.in_vain, sums.longest);
	check_seats(COUNT_requests, sums.entries, sums.entries + kills);
	check_seats(COUNT_lock_busy, sums.busy, sums.busy + kills);
	check_seats(COUNT_lock_resets, sums.resets - sums.resets / 4,
	    sums.resets);
	if (sums.resets == 0 || sums.busy == 0)
		give_up("the storm was too gentle, kills", (long)kills);
}

/* ---- options ---- */

static const struct option names[] = {
    {"seconds", required_argument, NULL, 't'},
    {"seed", required_argument, NULL, 's'},
    {"victims", required_argument, NULL, 'v'},
    {"witnesses", required_argument, NULL, 'w'},
    {"shards", required_argument, NULL, 'n'},
    {"fierce", no_argument, NULL, 'f'}, {0}};

static void set_option(int name, uint64_t value)
{
	switch (name) {
	case 't':
		options.seconds = (unsigned)value;
		break;
	case 's':
		options.seed = value;
		break;
	case 'v':
		options.victims = (unsigned)value;
		break;
	case 'w':
		options.witnesses = (unsigned)value;
		break;
	case 'n':
		options.shards = (unsigned)value;
		break;
	case 'f':
		options.fierce = true;
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
		set_option(name,
		    optarg != NULL ? strtoull(optarg, NULL, 0) : 0);
	if (options.victims == 0 || child_count() > CHILDREN_MAX ||
	    options.shards == 0 || options.shards > SHARDS_MAX) {
		fprintf(stderr, "too many, or none\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	usec_t began = clock_mono();

	read_options(argc, argv);
	dice = options.seed;
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("lock_storm --seed %" PRIu64 " --seconds %u --victims %u "
	       "--witnesses %u --shards %u%s\n",
	    options.seed, options.seconds, options.victims,
	    options.witnesses, options.shards,
	    options.fierce ? " --fierce" : "");
	if (seats_create() < 0 ||
	    storm_create(options.shards, options.fierce) < 0)
		give_up("no shared memory", errno);
	for (unsigned i = 0; i < child_count(); i++)
		start(i);
	rage();
	calm_down();
	if (atomic_load(&storm->verdicts) > 0)
		give_up(storm->verdict, 0);
	reckon(clock_mono() - began);
	printf("ok\n");
	return 0;
}

/*
 * test_cache_instants.c - a process is killed at every instant of what it does
 * in the cache, one instruction after the other.
 *
 * The child says that it begins, and is then let go on by single steps
 * (ptrace), so many and no more.  Whatever it was doing, afterwards every unit
 * is free or of one entry, no pin is left, and what others have pinned has the
 * bytes that it had.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/cache_area.h"
#include "tests/unit/cache_store.h"

#define OLD 7	   /* is there, and pinned by the parent */
#define POINTS 4   /* at which each deed is cut short */
#define POINTS_SOAK 300
#define FULL 60	   /* objects that fill the area */

/* ---- deeds ---- */

static struct cache_object begun; /* before the steps are counted */

static void nothing_before(void)
{
}

static void find_and_release(void)
{
	struct cache_found f;

	if (store_find(OLD, &f) == CACHE_FOUND)
		cache_release(&f.object);
	cache_settle();
}

static void fetch_small(void)
{
	(void)store_put(1, 30);
}

static void fetch_over(void)
{
	(void)store_put(OLD, 10);
}

static void claim_one(void)
{
	(void)store_claim(1, &begun);
}

static void publish_one(void)
{
	struct cache_publish head = store_head(1, CACHE_LENGTH_UNKNOWN);

	claim_one();
	(void)cache_publish(&begun, &head);
}

static void grow_and_finish(void)
{
	(void)store_write(&begun, 1, 0, 10);
	cache_finish(&begun);
}

static void mark_it(void)
{
	cache_mark(&begun, DEADLINE_NEVER, 3);
}

static void abort_it(void)
{
	cache_abort(&begun, 3);
}

/* Takes all room for a large body: others give way. */
static void evict(void)
{
	struct cache_publish head = store_head(1, 900000);

	(void)cache_publish(&begun, &head);
}

/* By the parent, before each child. */
static void fill(void)
{
	for (unsigned i = 100; i < 100 + FULL; i++) {
		struct cache_found f;

		if (store_find(i, &f) != CACHE_FOUND)
			(void)store_put(i, 140000);
		cache_release(&f.object);
	}
}

static const struct deed {
	const char *name;
	void (*before)(void);
	void (*steps)(void);
} deeds[] = {
    {"find", nothing_before, find_and_release},
    {"fetch", nothing_before, fetch_small},
    {"fetch what is there", nothing_before, fetch_over},
    {"grow", publish_one, grow_and_finish},
    {"break off", publish_one, abort_it},
    {"fail", claim_one, abort_it},
    {"mark", claim_one, mark_it},
    {"evict", claim_one, evict},
};

/* With what AddressSanitizer adds there are ten times as many steps. */
#ifdef __SANITIZE_ADDRESS__
#define DEEDS 2
#else
#define DEEDS ((int)(sizeof(deeds) / sizeof(deeds[0])))
#endif

/* ---- steps ---- */

static void child(const struct deed *d)
{
	d->before();
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(77);
	raise(SIGSTOP);
	d->steps();
	_exit(0);
}

/* True: it ended before so many steps. */
static bool let_go_on(pid_t pid, long steps)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSTOPPED(status), "no ptrace: %x", status);
	for (long i = 0; i < steps; i++) {
		ck_assert_int_eq(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL),
		    0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			ck_assert_int_eq(WEXITSTATUS(status), 0);
			return true;
		}
		ck_assert(WIFSTOPPED(status));
	}
	return false;
}

/* How many steps D takes. */
static long count_steps(const struct deed *d)
{
	int seat, status;
	pid_t pid = store_fork(&seat);
	long n = 0;

	if (pid == 0)
		child(d);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		n++;
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
	}
	cache_give_back(seat);
	seat_release(seat);
	return n;
}

static void expect_sound(const struct deed *d, long steps)
{
	const char *fault = store_fault();

	ck_assert_msg(fault == NULL, "%s, killed after %ld steps: %s",
	    d->name, steps, fault);
}

static void cut_short(const struct deed *d, long steps,
    struct cache_object *old)
{
	int seat;
	pid_t pid;

	if (d->steps == evict)
		fill();
	pid = store_fork(&seat);
	if (pid == 0)
		child(d);
	if (!let_go_on(pid, steps)) {
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
	cache_give_back(seat);
	seat_release(seat);
	expect_sound(d, steps);
	ck_assert_int_eq(store_read(old, OLD, 0), 5000);
	ck_assert_uint_eq(cache_sum().growing, 0);
}

START_TEST(who_is_killed_at_any_instant_leaves_all_sound)
{
	const struct deed *d = &deeds[_i];
	long all, points = getenv("SOAK") != NULL ? POINTS_SOAK : POINTS;
	struct cache_found f;

	ck_assert(store_put(OLD, 5000));
	ck_assert_int_eq(store_find(OLD, &f), CACHE_FOUND);
	all = count_steps(d);
	ck_assert_int_gt(all, 100);
	for (long i = 0; i < points; i++)
		cut_short(d, (2 * i + 1) * all / (2 * points), &f.object);
	cache_release(&f.object);
	expect_sound(d, all);
	ck_assert_uint_eq(cache_sum().pinned, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_instants");
	TCase *tcase = tcase_create("cache_instants");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, store_setup, store_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase,
	    who_is_killed_at_any_instant_leaves_all_sound, 0, DEEDS);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

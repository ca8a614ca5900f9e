/*
 * test_cache_dying.c - the store of the cache when processes die and stop:
 * inside a shard, and between.
 */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/cache_pins.h"
#include "common/shm/wake.h"
#include "tests/unit/cache_store.h"

#define LONG (100 * USEC_PER_SEC)

static const char *const nothing;

static void expect_sound(void)
{
	ck_assert_pstr_eq(store_fault(), nothing);
}

static void expect_nothing_held(void)
{
	cache_settle();
	expect_sound();
	ck_assert_uint_eq(cache_sum().pinned, 0);
	ck_assert_uint_eq(cache_sum().growing, 0);
}

/* ---- children that do something and then wait to be killed or stopped ---- */

static int line[2];

static void ready(void)
{
	if (write(line[1], "r", 1) != 1)
		_exit(9);
	for (;;)
		pause();
}

static pid_t start(void (*life)(void), int *seat_r)
{
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(line), 0);
	pid = store_fork(seat_r);
	if (pid == 0) {
		life();
		_exit(8);
	}
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	close(line[0]);
	close(line[1]);
	return pid;
}

static void read_one(void)
{
	struct cache_found f;

	if (store_find(1, &f) == CACHE_FOUND)
		ready();
}

static void read_many(void)
{
	struct cache_found f;

	for (int i = 0; i < 100; i++)
		if (store_find(1, &f) != CACHE_FOUND)
			_exit(1);
	cache_release(&f.object);
	ready();
}

static void claim_one(void)
{
	struct cache_object fetch;

	if (store_claim(1, &fetch))
		ready();
}

static void grow_one(void)
{
	struct cache_publish head = store_head(1, CACHE_LENGTH_UNKNOWN);
	struct cache_object fetch;

	if (store_claim(1, &fetch) && cache_publish(&fetch, &head) &&
	    store_write(&fetch, 1, 0, 9000) == 9000)
		ready();
}

/* Inside, with nothing in the shard left as it was. */
static void destroy(void)
{
	struct cache_view *v = cache_lock(0);

	if (v == NULL)
		_exit(1);
	memset(v->index, 0x5a, v->buckets * sizeof(*v->index));
	memset(v->blocks.bits, 0, v->units / 8);
	memset(&v->shard->queues, 0x77, sizeof(v->shard->queues));
	v->shard->objects = 12345;
	ready();
}

static void be_inside(void)
{
	if (cache_lock(0) != NULL)
		ready();
}

/* ---- deaths between ---- */

START_TEST(the_pins_of_the_dead_are_given_back)
{
	int seat;
	pid_t pid;

	ck_assert(store_put(1, 30000));
	pid = start(_i == 0 ? read_one : read_many, &seat);
	ck_assert_uint_gt(cache_sum().pinned, 0);
	store_kill(pid, seat);
	expect_nothing_held();
}
END_TEST

START_TEST(who_sits_on_the_seat_of_the_dead_gives_back_what_nobody_did)
{
	int seat, again;
	pid_t pid;

	ck_assert(store_put(1, 30000));
	pid = start(read_one, &seat);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	seat_release(seat);
	ck_assert_uint_gt(cache_sum().pinned, 0);
	pid = store_fork(&again);
	if (pid == 0)
		_exit(cache_sum().pinned != 0);
	ck_assert_int_eq(again, seat);
	store_reap(pid, again);
	expect_nothing_held();
}
END_TEST

START_TEST(the_claim_of_the_dead_is_free)
{
	struct cache_object fetch;
	struct cache_found f;
	int seat;
	pid_t pid = start(claim_one, &seat);

	(void)store_find(1, &f);
	ck_assert(f.fetching);
	ck_assert(!store_claim(1, &fetch));
	store_kill(pid, seat);
	(void)store_find(1, &f);
	ck_assert(!f.fetching);
	ck_assert(store_claim(1, &fetch));
	cache_abort(&fetch, 0);
	expect_nothing_held();
}
END_TEST

START_TEST(what_the_dead_was_fetching_breaks_off)
{
	struct cache_found f;
	struct str piece;
	int seat;
	pid_t pid = start(grow_one, &seat);

	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	ck_assert_int_eq(store_read(&f.object, 1, 0), 9000);
	store_kill(pid, seat);
	ck_assert_int_eq(cache_read(&f.object, 0, &piece), 1);
	ck_assert_int_eq(cache_read(&f.object, 9000, &piece), -1);
	cache_release(&f.object);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	expect_nothing_held();
}
END_TEST

static void wait_for_claim(void)
{
	struct cache_object fetch;
	struct pollfd p = {.fd = wake_fd(), .events = POLLIN};

	if (store_claim(1, &fetch) || write(line[1], "r", 1) != 1)
		_exit(1);
	_exit(poll(&p, 1, 20000) == 1 ? 0 : 2);
}

START_TEST(who_waited_for_the_dead_is_woken)
{
	int claimer_seat, waiter_seat;
	pid_t claimer = start(claim_one, &claimer_seat);
	pid_t waiter = start(wait_for_claim, &waiter_seat);

	store_kill(claimer, claimer_seat);
	store_reap(waiter, waiter_seat);
	expect_nothing_held();
}
END_TEST

/* ---- deaths inside ---- */

static void die_inside(void)
{
	int seat;
	pid_t pid = start(destroy, &seat);

	store_kill(pid, seat);
}

START_TEST(a_shard_whose_holder_died_is_empty_and_sound)
{
	struct cache_found f;

	for (unsigned i = 0; i < 20; i++)
		ck_assert(store_put(i, 1000 * i));
	die_inside();
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(store_find(i, &f), CACHE_NOTHING);
	expect_nothing_held();
	ck_assert_uint_eq(cache_sum().resets, 1);
	ck_assert_uint_eq(cache_sum().objects, 0);
	ck_assert(store_put(1, 1000));
	expect_nothing_held();
}
END_TEST

START_TEST(what_is_being_read_outlives_a_reset)
{
	struct cache_found f[20];
	unsigned stored = 0;

	for (unsigned i = 0; i < 20; i++) {
		ck_assert(store_put(i, 1 + 3000 * i));
		ck_assert_int_eq(store_find(i, &f[i]), CACHE_FOUND);
	}
	die_inside();
	expect_sound();
	for (unsigned i = 100; i < 400; i++)
		stored += store_put(i, 100000);
	ck_assert_uint_eq(stored, 300);
	for (unsigned i = 0; i < 20; i++) {
		ck_assert_int_eq(store_read(&f[i].object, i, 0),
		    1 + 3000 * i);
		cache_release(&f[i].object);
	}
	expect_nothing_held();
}
END_TEST

START_TEST(what_others_read_outlives_a_reset_until_they_die)
{
	int seat;
	pid_t pid;

	ck_assert(store_put(1, 30000));
	pid = start(read_many, &seat);
	die_inside();
	expect_sound();
	ck_assert_uint_ge(cache_sum().pinned, 30000);
	store_kill(pid, seat);
	expect_nothing_held();
	ck_assert_uint_eq(cache_sum().objects, 0);
}
END_TEST

START_TEST(a_fetch_goes_on_after_a_reset)
{
	struct cache_publish head = store_head(1, CACHE_LENGTH_UNKNOWN);
	struct cache_object fetch, other;
	struct cache_found f;

	ck_assert(store_claim(1, &fetch));
	ck_assert(store_claim(2, &other));
	ck_assert(cache_publish(&fetch, &head));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 5000), 5000);
	die_inside();
	ck_assert_uint_eq(store_write(&fetch, 1, 5000, 70000), 70000);
	cache_finish(&fetch);
	ck_assert_int_eq(store_read(&f.object, 1, 0), 75000);
	cache_release(&f.object);
	head = store_head(2, 10);
	ck_assert(cache_publish(&other, &head));
	ck_assert_uint_eq(store_write(&other, 2, 0, 10), 10);
	cache_finish(&other);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert_int_eq(store_find(2, &f), CACHE_FOUND);
	cache_release(&f.object);
	expect_nothing_held();
}
END_TEST

START_TEST(what_the_dead_says_in_its_table_is_not_believed)
{
	struct cache_pins *t;
	struct cache_found f;
	int seat;
	pid_t pid;

	ck_assert(store_put(1, 3000));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	pid = start(be_inside, &seat);
	t = cache_pins_of(0, seat);
	for (unsigned i = 0; i < CACHE_PINS; i++)
		t->at[i] = (struct cache_pin){
		    .at = i * 2654435761u, .count = 1 + i * 77};
	t->top = UINT32_MAX;
	store_kill(pid, seat);
	ck_assert_int_eq(store_read(&f.object, 1, 0), 3000);
	cache_release(&f.object);
	expect_nothing_held();
}
END_TEST

/* ---- stops ---- */

START_TEST(behind_who_is_stopped_inside_the_cache_seems_empty)
{
	struct cache_key key;
	struct cache_found f;
	struct cache_object fetch, other;
	uint64_t length;
	int seat;
	pid_t pid;

	ck_assert(store_put(2, 3000));
	ck_assert(store_claim(1, &fetch));
	{
		struct cache_publish head = store_head(1, 20);

		ck_assert(cache_publish(&fetch, &head));
	}
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	ck_assert(store_claim(3, &other));
	pid = start(be_inside, &seat);
	ck_assert_int_eq(store_find(2, &(struct cache_found){.cap = 0}),
	    CACHE_BUSY);
	key = store_key(2);
	ck_assert(!cache_begin(&key, &(struct cache_object){.at = 0}));
	ck_assert_uint_eq(cache_sum().busy, 1);

	/* What is growing goes on, and its readers see it end. */
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 20), 20);
	cache_finish(&fetch);
	ck_assert_int_eq(store_read(&f.object, 1, 0), 20);
	ck_assert(cache_is_whole(&f.object, &length));
	ck_assert_uint_eq(length, 20);
	cache_release(&f.object);
	cache_mark(&other, DEADLINE_NEVER, 1);
	ck_assert_uint_eq(other.at, 0);
	store_kill(pid, seat);
	expect_nothing_held();
}
END_TEST

static void stop_inside_and_go_on(void)
{
	struct cache_view *v = cache_lock(0);
	char byte = 'r';

	if (v == NULL || write(line[1], &byte, 1) != 1)
		_exit(1);
	raise(SIGSTOP);
	cache_unlock(v);
	_exit(0);
}

START_TEST(what_was_done_while_one_was_stopped_is_made_good_afterwards)
{
	struct cache_found f;
	struct cache_object fetch, other;
	int seat;
	pid_t pid;

	ck_assert(store_put(2, 300000));
	ck_assert_int_eq(store_find(2, &f), CACHE_FOUND);
	ck_assert(store_claim(1, &fetch));
	pid = start(stop_inside_and_go_on, &seat);
	cache_release(&f.object);
	cache_abort(&fetch, 1);
	kill(pid, SIGCONT);
	store_reap(pid, seat);
	expect_nothing_held();
	ck_assert(store_claim(1, &other));
	cache_abort(&other, 0);
}
END_TEST

static TCase *deaths(void)
{
	TCase *tc = tcase_create("deaths");

	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, the_pins_of_the_dead_are_given_back, 0, 2);
	tcase_add_test(
	    tc, who_sits_on_the_seat_of_the_dead_gives_back_what_nobody_did);
	tcase_add_test(tc, the_claim_of_the_dead_is_free);
	tcase_add_test(tc, what_the_dead_was_fetching_breaks_off);
	tcase_add_test(tc, who_waited_for_the_dead_is_woken);
	tcase_add_test(tc, a_shard_whose_holder_died_is_empty_and_sound);
	tcase_add_test(tc, what_is_being_read_outlives_a_reset);
	tcase_add_test(
	    tc, what_others_read_outlives_a_reset_until_they_die);
	tcase_add_test(tc, a_fetch_goes_on_after_a_reset);
	tcase_add_test(tc, what_the_dead_says_in_its_table_is_not_believed);
	return tc;
}

static TCase *stops(void)
{
	TCase *tc = tcase_create("stops");

	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(
	    tc, behind_who_is_stopped_inside_the_cache_seems_empty);
	tcase_add_test(
	    tc, what_was_done_while_one_was_stopped_is_made_good_afterwards);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("cache_dying");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, deaths());
	suite_add_tcase(suite, stops());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

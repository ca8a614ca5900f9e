/*
 * test_seat.c - seats: taking and releasing, sums that hold whatever dies,
 * and a segment in which a hostile process has scribbled.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/seat.h"

static void setup(void)
{
	ck_assert_int_eq(seats_create(), 0);
}

static int take(void)
{
	int i = seat_take(1, 2);

	ck_assert_int_ne(i, SEAT_NONE);
	return i;
}

START_TEST(a_taken_seat_is_starting_and_says_for_whom)
{
	usec_t before = clock_mono();
	struct seat *s = seat_at(seat_take(3, 44));

	ck_assert_uint_eq(s->state, SEAT_STARTING);
	ck_assert_uint_eq(s->slot, 3);
	ck_assert_uint_eq(s->generation, 44);
	ck_assert_int_ge(s->started, before);
	ck_assert_int_eq(s->stamp, s->started);
}
END_TEST

START_TEST(seats_are_all_different_and_run_out)
{
	bool seen[SEAT_COUNT] = {false};

	for (int n = 0; n < SEAT_COUNT; n++) {
		int i = take();

		ck_assert(!seen[i]);
		seen[i] = true;
	}
	ck_assert_int_eq(seat_take(0, 0), SEAT_NONE);
	seat_release(77);
	ck_assert_uint_eq(seat_at(77)->state, SEAT_FREE);
	ck_assert_int_eq(take(), 77);
}
END_TEST

START_TEST(seats_are_records_of_whole_pages)
{
	ck_assert_uint_eq((uintptr_t)seat_at(0) % 4096, 0);
	ck_assert_int_eq((char *)seat_at(1) - (char *)seat_at(0), SEAT_SIZE);
}
END_TEST

START_TEST(a_seat_taken_again_is_clear)
{
	int i = take();
	char text[10];

	seat_sit(i);
	count(accepted);
	seat_words_add("old");
	seat_release(i);
	ck_assert_int_eq(take(), i);
	ck_assert_uint_eq(seat_at(i)->counters[COUNT_accepted], 0);
	ck_assert_int_eq(seat_at(i)->pid, 0);
	ck_assert_uint_eq(seat_words_read(i, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(counting_before_sitting_reaches_no_sum)
{
	count(accepted);
	seat_words_add("nobody reads this");
	ck_assert_uint_eq(seats_sum(COUNT_accepted), 0);
}
END_TEST

START_TEST(sitting_notes_the_pid_and_stamps)
{
	int i = take();
	usec_t before = clock_mono();

	seat_sit(i);
	ck_assert_ptr_eq(seat_mine(), seat_at(i));
	ck_assert_int_eq(seat_at(i)->pid, getpid());
	ck_assert_int_ge(seat_at(i)->stamp, before);
	seat_stamp(12345);
	ck_assert_int_eq(seat_at(i)->stamp, 12345);
}
END_TEST

START_TEST(what_a_child_counts_is_summed_while_it_lives_and_after)
{
	int i = take();
	pid_t pid = fork();

	if (pid == 0) {
		seats_drop_fd();
		seat_sit(i);
		count(accepted);
		count_add(COUNT_bytes_out, 1 << 30);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_uint_eq(seats_sum(COUNT_accepted), 1);
	seat_release(i);
	ck_assert_uint_eq(seats_sum(COUNT_accepted), 1);
	ck_assert_uint_eq(seats_sum(COUNT_bytes_out), 1 << 30);
	ck_assert_uint_eq(seats_sum(COUNT_requests), 0);
}
END_TEST

START_TEST(sums_are_of_all_seats_and_all_that_were)
{
	for (uint64_t n = 1; n <= 10; n++) {
		int living = take(), dead = take();

		seat_sit(living);
		count(requests);
		seat_sit(dead);
		count_add(COUNT_requests, 100);
		seat_release(dead);
		ck_assert_uint_eq(seats_sum(COUNT_requests), n * 101);
	}
}
END_TEST

START_TEST(a_gauge_ends_with_its_process)
{
	int i = take();

	seat_sit(i);
	count_add(COUNT_clients, 5);
	count_down(clients);
	ck_assert_uint_eq(seats_sum(COUNT_clients), 4);
	atomic_store(&seat_at(i)->state, SEAT_DEAD);
	ck_assert_uint_eq(seats_sum(COUNT_clients), 0);
	seat_release(i);
	ck_assert_uint_eq(seats_sum(COUNT_clients), 0);
}
END_TEST

START_TEST(a_dead_seat_still_counts_until_it_is_folded)
{
	int i = take();

	seat_sit(i);
	count(requests);
	atomic_store(&seat_at(i)->state, SEAT_DEAD);
	ck_assert_uint_eq(seats_sum(COUNT_requests), 1);
	seat_release(i);
	ck_assert_uint_eq(seats_sum(COUNT_requests), 1);
}
END_TEST

START_TEST(every_counter_has_a_name_and_a_help)
{
	for (int c = 0; c < COUNT_END; c++) {
		ck_assert_ptr_nonnull(counter_name((enum counter)c));
		ck_assert_uint_gt(strlen(counter_help((enum counter)c)), 5);
	}
	ck_assert_ptr_null(counter_name(COUNT_END));
	ck_assert_ptr_null(counter_help(COUNT_END));
	ck_assert_str_eq(counter_name(COUNT_lock_busy), "lock_busy");
	ck_assert(counter_is_gauge(COUNT_fibers));
	ck_assert(!counter_is_gauge(COUNT_accepted));
}
END_TEST

/* ---- a master that is killed ---- */

/*
 * Seat I is used and released, for ever; NOTED follows the counting.  No
 * ck_assert in here: it writes to Check's file, and we are killed anywhere.
 */
static _Noreturn void busy_master(int i, _Atomic uint64_t *noted)
{
	for (;;) {
		seat_sit(i);
		for (int n = 0; n < 5; n++) {
			count(requests);
			atomic_fetch_add(noted, 1);
		}
		seat_release(i);
		while (seat_take(1, 2) != i)
			;
	}
}

static void expect_sum(const char *when, uint64_t sum, uint64_t noted)
{
	ck_assert_msg(sum == noted || sum == noted + 1,
	    "%s: sum %llu, noted %llu", when, (unsigned long long)sum,
	    (unsigned long long)noted);
}

/* Whatever the master was doing, its successor sees the right sum. */
static void kill_a_master(_Atomic uint64_t *noted, useconds_t after)
{
	int i = take(), other;
	uint64_t sum;
	pid_t pid = fork();

	if (pid == 0)
		busy_master(i, noted);
	usleep(after);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	sum = seats_sum(COUNT_requests);
	expect_sum("after the kill", sum, *noted);
	seat_release(i);
	ck_assert_uint_eq(seats_sum(COUNT_requests), sum);
	other = take();
	seat_sit(other);
	count(requests);
	seat_release(other);
	ck_assert_uint_eq(seats_sum(COUNT_requests), sum + 1);
	*noted = sum + 1;
}

START_TEST(a_master_killed_while_folding_never_counts_twice)
{
	_Atomic uint64_t *noted = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne((void *)noted, MAP_FAILED);
	for (int n = 0; n < 300; n++)
		kill_a_master(noted, (useconds_t)(n * 7 % 500));
}
END_TEST

/* ---- last words ---- */

static const char *read_words(int i)
{
	static char text[2 * SEAT_WORDS_SIZE];
	size_t n = seat_words_read(i, text, sizeof(text));

	ck_assert_uint_eq(n, strlen(text));
	return text;
}

START_TEST(words_are_appended_with_numbers)
{
	int i = take();

	seat_sit(i);
	seat_words_add("SIGSEGV");
	seat_words_add_number(" at ", UINT64_MAX, 16);
	seat_words_add_number(" pid ", UINT64_MAX, 10);
	seat_words_add_number(" zero ", 0, 16);
	ck_assert_str_eq(read_words(i), "SIGSEGV at 0xffffffffffffffff pid "
					"18446744073709551615 zero 0x0");
}
END_TEST

START_TEST(too_many_words_are_cut_at_the_end_of_the_seat)
{
	int i = take(), next = take();

	seat_sit(i);
	for (int n = 0; n < 2000; n++)
		seat_words_add("0123456789");
	ck_assert_uint_eq(strlen(read_words(i)), SEAT_WORDS_SIZE);
	ck_assert_str_eq(read_words(next), "");
	ck_assert_uint_eq(seat_at(next)->state, SEAT_STARTING);
}
END_TEST

START_TEST(words_fit_the_readers_buffer)
{
	int i = take();
	char text[8];

	seat_sit(i);
	seat_words_add("0123456789");
	memset(text, '#', sizeof(text));
	ck_assert_uint_eq(seat_words_read(i, text, 5), 4);
	ck_assert_str_eq(text, "0123");
	ck_assert_int_eq(text[5], '#');
	ck_assert_uint_eq(seat_words_read(i, text, 1), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(unprintable_words_are_hidden)
{
	int i = take();

	seat_sit(i);
	seat_words_add("a\nb\033[2J\x7f\xff\tz");
	ck_assert_str_eq(read_words(i), "a?b?[2J???z");
}
END_TEST

/* ---- a hostile segment ---- */

START_TEST(a_lie_about_the_length_of_words_reads_no_further)
{
	int i = take();
	struct seat *s = seat_at(i);

	memset(s->words, 'w', SEAT_WORDS_SIZE);
	s->words[10] = '\0';
	atomic_store(&s->words_len, UINT32_MAX);
	ck_assert_uint_eq(strlen(read_words(i)), SEAT_WORDS_SIZE);
	ck_assert_int_eq(read_words(i)[10], '?');
}
END_TEST

START_TEST(a_seat_that_says_free_is_not_given_away_twice)
{
	int i = take();

	atomic_store(&seat_at(i)->state, SEAT_FREE);
	ck_assert_int_ne(take(), i);
	atomic_store(&seat_at(i + 5)->state, SEAT_READY);
	for (int n = 0; n < SEAT_COUNT - 2; n++)
		(void)take();
	ck_assert_int_eq(seat_take(0, 0), SEAT_NONE);
}
END_TEST

START_TEST(unknown_states_are_survived)
{
	int i = take();

	atomic_store(&seat_at(i)->state, 0xdeadbeef);
	(void)seats_sum(COUNT_accepted);
	seat_release(i);
	ck_assert_uint_eq(seat_at(i)->state, SEAT_FREE);
}
END_TEST

/* The word at the start of the table, see the drawing in seat.c. */
START_TEST(a_scribbled_ledger_is_survived)
{
	static const uint64_t lies[] = {1, 2, 3, SEAT_COUNT * 2,
	    SEAT_COUNT * 2 + 1, SEAT_COUNT * 2 + 2, UINT32_MAX, UINT64_MAX,
	    UINT64_C(1) << 63};
	uint64_t *ledger = (uint64_t *)((char *)seat_at(0) - (4096 - 64));

	for (size_t n = 0; n < sizeof(lies) / sizeof(lies[0]); n++) {
		int i = take();

		*ledger = lies[n];
		(void)seats_sum(COUNT_accepted);
		seat_release(i);
		ck_assert_uint_le(*ledger, 1);
	}
}
END_TEST

static void release_a_free_seat(void)
{
	seat_release(3);
}

static void release_twice(void)
{
	int i = take();

	seat_release(i);
	seat_release(i);
}

static void sit_on_a_free_seat(void)
{
	seat_sit(9);
}

static void seat_below(void)
{
	(void)seat_at(-1);
}

static void seat_above(void)
{
	(void)seat_at(SEAT_COUNT);
}

static void create_twice(void)
{
	(void)seats_create();
}

START_TEST(misuse_is_a_bug)
{
	static void (*const misuses[])(void) = {release_a_free_seat,
	    release_twice, sit_on_a_free_seat, seat_below, seat_above,
	    create_twice};

	misuses[_i]();
}
END_TEST

static TCase *seats_case(void)
{
	TCase *tc = tcase_create("seats");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_taken_seat_is_starting_and_says_for_whom);
	tcase_add_test(tc, seats_are_all_different_and_run_out);
	tcase_add_test(tc, seats_are_records_of_whole_pages);
	tcase_add_test(tc, a_seat_taken_again_is_clear);
	tcase_add_test(tc, sitting_notes_the_pid_and_stamps);
	tcase_add_loop_test_raise_signal(tc, misuse_is_a_bug, SIGABRT, 0, 6);
	return tc;
}

static TCase *counters_case(void)
{
	TCase *tc = tcase_create("counters");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, counting_before_sitting_reaches_no_sum);
	tcase_add_test(
	    tc, what_a_child_counts_is_summed_while_it_lives_and_after);
	tcase_add_test(tc, sums_are_of_all_seats_and_all_that_were);
	tcase_add_test(tc, a_gauge_ends_with_its_process);
	tcase_add_test(tc, a_dead_seat_still_counts_until_it_is_folded);
	tcase_add_test(tc, every_counter_has_a_name_and_a_help);
	tcase_add_test(tc, a_master_killed_while_folding_never_counts_twice);
	return tc;
}

static TCase *words_case(void)
{
	TCase *tc = tcase_create("words");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, words_are_appended_with_numbers);
	tcase_add_test(tc, too_many_words_are_cut_at_the_end_of_the_seat);
	tcase_add_test(tc, words_fit_the_readers_buffer);
	tcase_add_test(tc, unprintable_words_are_hidden);
	return tc;
}

static TCase *hostile_case(void)
{
	TCase *tc = tcase_create("hostile");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(
	    tc, a_lie_about_the_length_of_words_reads_no_further);
	tcase_add_test(tc, a_seat_that_says_free_is_not_given_away_twice);
	tcase_add_test(tc, unknown_states_are_survived);
	tcase_add_test(tc, a_scribbled_ledger_is_survived);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("seat");
	SRunner *r;
	int failed;

	suite_add_tcase(s, seats_case());
	suite_add_tcase(s, counters_case());
	suite_add_tcase(s, words_case());
	suite_add_tcase(s, hostile_case());
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

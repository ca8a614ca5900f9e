/*
 * test_tickets.c - ticket keys: which are good, how they change, and what is
 * left when a process dies or stops while it changes them.
 */
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/claim.h"
#include "common/shm/lock.h"
#include "common/shm/seat.h"
#include "common/shm/tickets.h"

/* The beginning of the table, as its drawing has it. */
struct beginning {
	struct shard_lock lock;
	claim_word claim;
	_Atomic uint64_t epoch;
	uint64_t records[4][11];
};

static struct area area;
static usec_t now;

static struct beginning *table(void)
{
	return area.table;
}

static void make(void)
{
	struct area_shape shape = tickets_shape(0);

	ck_assert_uint_eq(shape.size, sizeof(struct beginning));
	ck_assert_int_eq(area_create(&shape, &area), 0);
	tickets_create(area.table, 0);
	now = clock_mono();
}

static void setup(void)
{
	ck_assert_int_eq(seats_create(), 0);
	make();
}

static void teardown(void)
{
	area_close(&area);
}

static bool same(const struct ticket_key *a, const struct ticket_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct ticket_key current(void)
{
	struct ticket_key key;

	ck_assert(tickets_current(&key));
	return key;
}

static enum ticket_age age_of(const struct ticket_key *key)
{
	struct ticket_key found;
	enum ticket_age age = tickets_find(key->name, &found);

	if (age != TICKET_UNKNOWN)
		ck_assert(same(&found, key));
	return age;
}

/* The key of the record that is OFFSET from the current one. */
static struct ticket_key raw(int offset)
{
	struct ticket_key key;

	memcpy(&key, table()->records[(table()->epoch + (uint64_t)offset) % 4],
	    sizeof(key));
	return key;
}

static void rotate(void)
{
	now = tickets_due();
	ck_assert(tickets_rotate(now));
}

START_TEST(there_is_a_key_from_the_beginning)
{
	struct ticket_key key = current();
	static const struct ticket_key nothing;

	ck_assert(!same(&key, &nothing));
	ck_assert_int_eq(age_of(&key), TICKET_FRESH);
}
END_TEST

START_TEST(no_two_tables_have_the_same_keys)
{
	struct ticket_key first = current(), second;

	area_close(&area);
	make();
	second = current();
	ck_assert(!same(&first, &second));
	ck_assert_int_ne(memcmp(first.name, second.name, 16), 0);
	ck_assert_int_eq(age_of(&first), TICKET_UNKNOWN);
}
END_TEST

START_TEST(a_name_of_nobody_finds_nothing)
{
	struct ticket_key found;
	static const struct ticket_key nothing;

	memset(&found, 7, sizeof(found));
	ck_assert_int_eq(tickets_find(nothing.name, &found), TICKET_UNKNOWN);
	ck_assert(same(&found, &nothing));
}
END_TEST

START_TEST(a_key_is_known_before_it_is_used_and_for_a_period_after)
{
	struct ticket_key key = raw(1);

	ck_assert_int_eq(age_of(&key), TICKET_FRESH);
	rotate();
	ck_assert(same(&key, (struct ticket_key[]){current()}));
	ck_assert_int_eq(age_of(&key), TICKET_FRESH);
	rotate();
	ck_assert_int_eq(age_of(&key), TICKET_OLD);
	rotate();
	ck_assert_int_eq(age_of(&key), TICKET_UNKNOWN);
}
END_TEST

START_TEST(they_change_once_a_period)
{
	usec_t due = tickets_due();

	ck_assert_int_ge(due, now + TICKETS_PERIOD - USEC_PER_SEC);
	ck_assert_int_le(due, now + TICKETS_PERIOD + USEC_PER_SEC);
	ck_assert(!tickets_rotate(due - USEC_PER_MSEC));
	ck_assert(tickets_rotate(due));
	ck_assert(!tickets_rotate(due));
	ck_assert_int_eq(tickets_due(), due + TICKETS_PERIOD);
	ck_assert_uint_eq(
	    atomic_load(&seat_mine()->counters[COUNT_ticket_rotations]), 1);
}
END_TEST

START_TEST(what_has_left_is_wiped)
{
	struct ticket_key key = current();

	for (int i = 0; i < 6; i++) {
		struct ticket_key left = raw(-1);
		size_t left_n = i == 0 ? 0 : sizeof(left.cipher);

		rotate();
		ck_assert(left_n == 0 || memmem(area.table,
		    sizeof(struct beginning), left.cipher, left_n) == NULL);
	}
	ck_assert_ptr_null(memmem(area.table, sizeof(struct beginning),
	    key.mac, sizeof(key.mac)));
}
END_TEST

START_TEST(many_changes_make_many_keys)
{
	static struct ticket_key keys[100];

	for (int i = 0; i < 100; i++) {
		keys[i] = current();
		for (int k = 0; k < i; k++)
			ck_assert(!same(&keys[i], &keys[k]));
		rotate();
	}
}
END_TEST

START_TEST(another_mapping_has_the_same)
{
	struct area_shape shape = tickets_shape(0);
	struct ticket_key key = current();
	struct area second;

	ck_assert_int_eq(area_attach(dup(area.fd), &shape, &second), 0);
	tickets_enter(second.table, 0);
	ck_assert(same(&key, (struct ticket_key[]){current()}));
	rotate();
	tickets_enter(area.table, 0);
	ck_assert_int_eq(age_of(&key), TICKET_OLD);
	area_close(&second);
}
END_TEST

START_TEST(a_spoiled_record_is_no_key)
{
	struct ticket_key next = raw(1), key = current();

	for (int word = 0; word < 11; word++)
		for (int bit = 0; bit < 64; bit += 7) {
			uint64_t *at =
			    &table()->records[table()->epoch % 4][word];

			*at ^= UINT64_C(1) << bit;
			ck_assert(same(&next,
			    (struct ticket_key[]){current()}));
			ck_assert_int_eq(age_of(&key), TICKET_UNKNOWN);
			*at ^= UINT64_C(1) << bit;
		}
	ck_assert(same(&key, (struct ticket_key[]){current()}));
}
END_TEST

START_TEST(without_any_good_record_there_is_no_key)
{
	struct ticket_key key;
	static const struct ticket_key nothing;

	memset(table()->records, 0, sizeof(table()->records));
	ck_assert(!tickets_current(&key));
	ck_assert(same(&key, &nothing));
	rotate();
	rotate();
	ck_assert(tickets_current(&key));
}
END_TEST

static bool is_hidden(const char *smaps, uintptr_t at)
{
	FILE *f = fopen(smaps, "r");
	bool inside = false, hidden = false;
	uintptr_t from, to;
	char line[512];

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= at && at < to;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			hidden = strstr(line, " dd") != NULL;
	}
	fclose(f);
	return hidden;
}

START_TEST(no_core_dump_has_them)
{
	ck_assert(is_hidden("/proc/self/smaps", (uintptr_t)area.table));
	ck_assert(!is_hidden("/proc/self/smaps", (uintptr_t)seat_at(0)));
}
END_TEST

/* ---- dying and stopping inside ---- */

static void end(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* A child that has claimed the change, has the lock, and has half written what
 * is nobody's. */
static pid_t child_inside(int seat)
{
	static usec_t shunned;
	int line[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(line), 0);
	pid = fork();
	if (pid == 0) {
		struct lock_table t = {.name = "tickets",
		    .shards = area.table,
		    .shard_size = sizeof(struct beginning),
		    .count = 1,
		    .shunned_until = &shunned};
		void *p;

		seat_sit(seat);
		if (claim_take(&table()->claim, tickets_due(),
			USEC_PER_HOUR) == 0 ||
		    lock_enter(&t, 0, &p) != LOCK_OK)
			_exit(99);
		memset(table()->records[(table()->epoch + 2) % 4], 0xff, 40);
		if (write(line[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(line[1]);
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	close(line[0]);
	return pid;
}

START_TEST(who_is_killed_in_a_change_leaves_all_keys_and_it_is_made)
{
	struct ticket_key was = current(), next = raw(1);
	int seat = seat_take(0, 1);
	usec_t due = tickets_due();

	end(child_inside(seat));
	ck_assert(same(&was, (struct ticket_key[]){current()}));
	ck_assert_int_eq(age_of(&next), TICKET_FRESH);
	ck_assert(!tickets_rotate(due)); /* it is another's turn */
	tickets_give_back(seat, due);
	ck_assert(tickets_rotate(due));
	ck_assert(same(&next, (struct ticket_key[]){current()}));
	ck_assert_int_eq(age_of(&was), TICKET_OLD);
	rotate();
	rotate();
}
END_TEST

START_TEST(behind_who_is_stopped_in_a_change_all_keys_are_good)
{
	struct ticket_key was = current(), next = raw(1);
	int seat = seat_take(0, 1);
	pid_t pid = child_inside(seat);

	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < 1000; i++) {
		ck_assert(same(&was, (struct ticket_key[]){current()}));
		ck_assert_int_eq(age_of(&next), TICKET_FRESH);
	}
	now = tickets_due();
	ck_assert(!tickets_rotate(now));
	ck_assert(same(&was, (struct ticket_key[]){current()}));
	end(pid);
	now = tickets_due();
	ck_assert(tickets_rotate(now));
	ck_assert(same(&next, (struct ticket_key[]){current()}));
}
END_TEST

/* Changes them for ever, each time as if it were due. */
static void hammer(void)
{
	for (;;)
		(void)tickets_rotate(tickets_due());
}

/* What readers see while others change the keys, and are killed doing it, is
 * always a whole key: one whose check is right, and never the wiped one. */
static void watch_keys(int rounds)
{
	static const struct ticket_key nothing;

	for (int i = 0; i < rounds; i++) {
		struct ticket_key key, again;

		/* It may leave nine times while we look: rarely. */
		if (!tickets_current(&key))
			continue;
		ck_assert(!same(&key, &nothing));
		if (tickets_find(key.name, &again) != TICKET_UNKNOWN)
			ck_assert(same(&key, &again));
	}
}

START_TEST(killing_many_at_random_never_leaves_a_torn_key)
{
	uint64_t before = table()->epoch;
	pid_t pids[3];

	for (int round = 0; round < 25; round++) {
		for (int i = 0; i < 3; i++) {
			int seat = seat_take((unsigned)i, 1);

			pids[i] = fork();
			if (pids[i] == 0) {
				seat_sit(seat);
				hammer();
			}
		}
		watch_keys(2000);
		for (int i = 0; i < 3; i++)
			end(pids[i]);
		for (int i = 0; i < SEAT_COUNT; i++)
			tickets_give_back(i, tickets_due());
		for (int i = 0; i < 3; i++)
			seat_release(i);
		(void)current();
	}
	ck_assert_uint_gt(table()->epoch, before + 25);
	rotate();
	rotate();
	rotate();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tickets");
	TCase *tcase = tcase_create("tickets");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, there_is_a_key_from_the_beginning);
	tcase_add_test(tcase, no_two_tables_have_the_same_keys);
	tcase_add_test(tcase, a_name_of_nobody_finds_nothing);
	tcase_add_test(tcase,
	    a_key_is_known_before_it_is_used_and_for_a_period_after);
	tcase_add_test(tcase, they_change_once_a_period);
	tcase_add_test(tcase, what_has_left_is_wiped);
	tcase_add_test(tcase, many_changes_make_many_keys);
	tcase_add_test(tcase, another_mapping_has_the_same);
	tcase_add_test(tcase, a_spoiled_record_is_no_key);
	tcase_add_test(tcase, without_any_good_record_there_is_no_key);
	tcase_add_test(tcase, no_core_dump_has_them);
	tcase_add_test(tcase,
	    who_is_killed_in_a_change_leaves_all_keys_and_it_is_made);
	tcase_add_test(tcase,
	    behind_who_is_stopped_in_a_change_all_keys_are_good);
	tcase_add_test(tcase,
	    killing_many_at_random_never_leaves_a_torn_key);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * test_shm_names.c - the table of names: what workers tell each other, and
 * what is left when one of them is killed or stopped.
 */
#include <arpa/inet.h>
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/shm/names.h"
#include "common/shm/seat.h"

#define SIZE ((uint64_t)256 * 1024)
#define SECOND USEC_PER_SEC
#define PATIENCE (10 * SECOND)
#define START (1000 * SECOND)

static const struct str app = {"app.internal", 12};
static struct area area;
static struct names_record known;
static struct names_outcome said;
static unsigned changed;

static void setup(void)
{
	struct area_shape shape = names_shape(SIZE);

	ck_assert_int_eq(area_create(&shape, &area), 0);
	names_create(area.table, SIZE);
	names_enter(area.table, SIZE);
	memset(&known, 0, sizeof(known));
	memset(&said, 0, sizeof(said));
}

static void teardown(void)
{
	area_close(&area);
}

static struct ip ip_from(const char *text)
{
	struct ip ip = {0};

	ck_assert(ip_parse(str_from(text), &ip));
	return ip;
}

/* The name servers say one address, good for TTL. */
static void say(const char *address, usec_t ttl)
{
	struct ip ip = ip_from(address);

	memset(&said, 0, sizeof(said));
	said.ttl = ttl;
	ck_assert(names_add_address(&said.answers, &ip));
	names_sort(&said.answers);
}

static void say_fault(enum names_fault fault)
{
	memset(&said, 0, sizeof(said));
	said.fault = fault;
}

static uint64_t claim(usec_t now)
{
	return names_claim(NAMES_ADDRESS, app, now, PATIENCE);
}

static bool store(uint64_t with, usec_t now)
{
	changed = 0;
	return names_store(NAMES_ADDRESS, app, with, &said, now, SECOND,
	    &changed);
}

static unsigned look(usec_t now)
{
	return names_read(NAMES_ADDRESS, app, &known, now);
}

static void ask(usec_t now)
{
	uint64_t ours = claim(now);

	ck_assert_uint_ne(ours, 0);
	ck_assert_uint_ne(ours, NAMES_ALONE);
	ck_assert(store(ours, now));
}

static const char *address(void)
{
	static char text[IP_TEXT_MAX + 1];
	struct out o = out_make(text, sizeof(text));

	ck_assert_uint_eq(known.answers.count, 1);
	ip_write(&known.answers.at[0].ip, &o);
	return out_cstr(&o);
}

START_TEST(what_one_stores_all_read)
{
	say("192.0.2.1", 5 * SECOND);
	ask(START);
	ck_assert_uint_eq(changed, NAMES_CHANGED);
	ck_assert_uint_eq(look(START), NAMES_CHANGED);
	ck_assert_str_eq(address(), "192.0.2.1");
	ck_assert_int_eq(known.ttl, 5 * SECOND);
	ck_assert_int_eq(known.answered_at, START);
	ck_assert_uint_eq(look(START), 0);
}
END_TEST

START_TEST(only_one_asks_at_a_time)
{
	uint64_t ours = claim(START);

	ck_assert_uint_ne(ours, 0);
	ck_assert_uint_eq(claim(START), 0);
	say("192.0.2.1", SECOND);
	ck_assert(store(ours, START));
	ck_assert_uint_eq(claim(START + SECOND / 2), 0);
	ck_assert_uint_ne(claim(START + SECOND), 0);
}
END_TEST

START_TEST(services_and_addresses_of_a_name_are_two_things)
{
	ck_assert_uint_ne(claim(START), 0);
	ck_assert_uint_ne(
	    names_claim(NAMES_SERVICE, app, START, PATIENCE), 0);
	ck_assert_uint_eq(claim(START), 0);
}
END_TEST

START_TEST(the_same_answers_in_another_order_are_no_change)
{
	struct ip one = ip_from("192.0.2.1"), two = ip_from("2001:db8::1");

	(void)names_add_address(&said.answers, &one);
	(void)names_add_address(&said.answers, &two);
	names_sort(&said.answers);
	ask(START);
	(void)look(START);
	memset(&said, 0, sizeof(said));
	(void)names_add_address(&said.answers, &two);
	(void)names_add_address(&said.answers, &one);
	(void)names_add_address(&said.answers, &two);
	names_sort(&said.answers);
	ck_assert_uint_eq(said.answers.count, 2);
	ask(START + SECOND);
	ck_assert_uint_eq(changed, 0);
	ck_assert_uint_eq(look(START + SECOND), 0);
	ck_assert_int_eq(known.answered_at, START + SECOND);
}
END_TEST

START_TEST(a_failure_takes_no_answer_away)
{
	say("192.0.2.1", SECOND);
	ask(START);
	say_fault(NAMES_no_name);
	ask(START + SECOND);
	ck_assert_uint_eq(changed, NAMES_BROKE);
	ask(START + 2 * SECOND);
	ck_assert_uint_eq(changed, 0);
	(void)look(START + 2 * SECOND);
	ck_assert_str_eq(address(), "192.0.2.1");
	ck_assert_uint_eq(known.failures, 2);
	ck_assert_uint_eq(known.fault, NAMES_no_name);
	say("192.0.2.1", SECOND);
	ask(START + 3 * SECOND);
	ck_assert_uint_eq(changed, NAMES_RECOVERED);
	(void)look(START + 3 * SECOND);
	ck_assert_uint_eq(known.failures, 0);
}
END_TEST

START_TEST(a_first_failure_is_known_to_all)
{
	say_fault(NAMES_silence);
	ask(START);
	ck_assert_uint_eq(changed, NAMES_BROKE);
	ck_assert_uint_eq(look(START), 0);
	ck_assert_uint_eq(known.failures, 1);
	ck_assert_int_eq(known.failed_at, START);
	say("192.0.2.1", SECOND);
	ask(START + SECOND);
	ck_assert_uint_eq(changed, NAMES_CHANGED | NAMES_RECOVERED);
}
END_TEST

/* ---- claimers that die or stop ---- */

/* A process that claims, and then waits for what comes. */
static pid_t start_claimer(int seat)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		seat_sit(seat);
		if (claim(START) == 0)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	return pid;
}

static int end(pid_t pid, int signal)
{
	int status;

	ck_assert_int_eq(kill(pid, signal), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(who_was_killed_holds_a_name_up_until_it_is_given_back)
{
	int seat;
	pid_t pid;

	ck_assert_int_eq(seats_create(), 0);
	seat = seat_take(0, 1);
	pid = start_claimer(seat);
	ck_assert_uint_eq(claim(START + SECOND), 0);
	(void)end(pid, SIGKILL);
	ck_assert_uint_eq(claim(START + SECOND), 0);
	names_give_back(seat, START + SECOND);
	ck_assert_uint_ne(claim(START + SECOND), 0);
}
END_TEST

START_TEST(who_was_killed_holds_a_name_up_no_longer_than_its_patience)
{
	pid_t pid;
	int seat;

	ck_assert_int_eq(seats_create(), 0);
	seat = seat_take(0, 1);
	pid = start_claimer(seat);
	(void)end(pid, SIGKILL);
	ck_assert_uint_eq(claim(START + PATIENCE - SECOND), 0);
	say("192.0.2.1", SECOND);
	ask(START + PATIENCE);
}
END_TEST

START_TEST(who_was_stopped_for_too_long_changes_nothing)
{
	uint64_t late = claim(START);
	uint64_t ours = claim(START + PATIENCE);

	ck_assert_uint_ne(ours, 0);
	say("192.0.2.66", SECOND);
	ck_assert(!store(late, START + PATIENCE));
	say("192.0.2.1", SECOND);
	ck_assert(store(ours, START + PATIENCE));
	ck_assert(!store(late, START + PATIENCE));
	(void)look(START + PATIENCE);
	ck_assert_str_eq(address(), "192.0.2.1");
}
END_TEST

/* ---- without a table ---- */

START_TEST(a_full_table_leaves_a_worker_alone)
{
	char name[32];
	unsigned alone = 0;

	for (unsigned i = 0; i < 2000 && alone == 0; i++) {
		int n = snprintf(name, sizeof(name), "host-%u.internal", i);

		alone = names_claim(NAMES_ADDRESS, str_make(name, (size_t)n),
		    START, PATIENCE) == NAMES_ALONE;
	}
	ck_assert_uint_eq(alone, 1);
	say("192.0.2.1", SECOND);
	ck_assert_uint_eq(names_apply(&known, &said, START), NAMES_CHANGED);
	ck_assert_str_eq(address(), "192.0.2.1");
}
END_TEST

START_TEST(what_nobody_looks_at_makes_room)
{
	char name[32];

	for (unsigned i = 0; i < 2000; i++) {
		int n = snprintf(name, sizeof(name), "host-%u.internal", i);

		ck_assert_uint_ne(names_claim(NAMES_ADDRESS,
		    str_make(name, (size_t)n), START + i * 3600 * SECOND,
		    PATIENCE), NAMES_ALONE);
	}
}
END_TEST

START_TEST(a_table_that_was_emptied_takes_no_answer_away)
{
	say("192.0.2.1", SECOND);
	ask(START);
	(void)look(START);
	names_create(area.table, SIZE);
	names_enter(area.table, SIZE);
	ck_assert_uint_eq(look(START + SECOND), 0);
	ck_assert_str_eq(address(), "192.0.2.1");
}
END_TEST

/* ---- answers ---- */

START_TEST(services_come_by_priority_then_the_heaviest_first)
{
	struct names_answers a = {0};

	ck_assert(names_add_service(&a, STR("far.internal"), 80, 20, 100));
	ck_assert(names_add_service(&a, STR("light.internal"), 80, 10, 1));
	ck_assert(names_add_service(&a, STR("Heavy.Internal"), 81, 10, 60));
	ck_assert(names_add_service(&a, STR("light.internal"), 80, 10, 1));
	names_sort(&a);
	ck_assert_uint_eq(a.count, 3);
	ck_assert(str_eq(names_host(&a, 0), STR("heavy.internal")));
	ck_assert_uint_eq(a.at[0].port, 81);
	ck_assert(str_eq(names_host(&a, 1), STR("light.internal")));
	ck_assert(str_eq(names_host(&a, 2), STR("far.internal")));
}
END_TEST

START_TEST(what_does_not_fit_is_left_out)
{
	static struct names_answers a;
	char host[NAMES_LENGTH_MAX];
	struct ip ip = ip_from("192.0.2.1");
	unsigned n = 0;

	memset(host, 'h', sizeof(host));
	while (names_add_service(&a, str_make(host, sizeof(host)), 1, 1, 1))
		n++;
	ck_assert_uint_eq(n, NAMES_TEXT_MAX / NAMES_LENGTH_MAX);
	memset(&a, 0, sizeof(a));
	for (n = 0; names_add_address(&a, &ip); n++)
		ip.bytes[3]++;
	ck_assert_uint_eq(n, NAMES_ANSWERS_MAX);
}
END_TEST

START_TEST(of_too_many_addresses_the_same_are_kept_in_whatever_order)
{
	static struct names_answers first, a;
	struct ip ip = ip_from("192.0.2.0");

	for (unsigned begin = 0; begin < 100; begin++) {
		memset(&a, 0, sizeof(a));
		for (unsigned i = 0; i < 100; i++) {
			ip.bytes[3] = (unsigned char)((begin + i * 7) % 100);
			(void)names_add_address(&a, &ip);
		}
		names_sort(&a);
		if (begin == 0)
			first = a;
		ck_assert(memcmp(&a, &first, sizeof(a)) == 0);
	}
	ck_assert_uint_eq(a.count, NAMES_ANSWERS_MAX);
	for (unsigned i = 0; i < a.count; i++)
		ck_assert_uint_eq(a.at[i].ip.bytes[3], i);
}
END_TEST

/* Another worker has gone mad. */
START_TEST(lengths_that_lie_are_cut)
{
	unsigned char *p = area.table;

	say("192.0.2.1", SECOND);
	ask(START);
	for (size_t i = 0; i + 1 < SIZE; i++)
		if (memcmp(p + i, "\x01\x00\x00\x00\x02\x00\xc0\x00\x02\x01",
			10) == 0)
			memset(p + i, 0xff, sizeof(struct names_answers));
	(void)look(START);
	ck_assert_uint_eq(known.answers.count, NAMES_ANSWERS_MAX);
	for (unsigned i = 0; i < known.answers.count; i++) {
		struct str host = names_host(&known.answers, i);

		ck_assert(host.p >= known.answers.text);
		ck_assert(host.p + host.n <=
		    known.answers.text + NAMES_TEXT_MAX);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shm_names");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_one_stores_all_read);
	tcase_add_test(t, only_one_asks_at_a_time);
	tcase_add_test(t, services_and_addresses_of_a_name_are_two_things);
	tcase_add_test(t, the_same_answers_in_another_order_are_no_change);
	tcase_add_test(t, a_failure_takes_no_answer_away);
	tcase_add_test(t, a_first_failure_is_known_to_all);
	tcase_add_test(t,
	    who_was_killed_holds_a_name_up_until_it_is_given_back);
	tcase_add_test(t,
	    who_was_killed_holds_a_name_up_no_longer_than_its_patience);
	tcase_add_test(t, who_was_stopped_for_too_long_changes_nothing);
	tcase_add_test(t, a_full_table_leaves_a_worker_alone);
	tcase_add_test(t, what_nobody_looks_at_makes_room);
	tcase_add_test(t, a_table_that_was_emptied_takes_no_answer_away);
	tcase_add_test(t, services_come_by_priority_then_the_heaviest_first);
	tcase_add_test(t, what_does_not_fit_is_left_out);
	tcase_add_test(t,
	    of_too_many_addresses_the_same_are_kept_in_whatever_order);
	tcase_add_test(t, lengths_that_lie_are_cut);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

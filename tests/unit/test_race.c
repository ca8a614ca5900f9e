/*
 * test_race.c - two connects at once: which is taken, and that the other is
 * closed.
 */
#include "worker/origin/race.h"

#include "tests/unit/test_conn.h"

#define DEAF_FILLERS 4

struct runner {
	struct conf_address first;
	struct conf_address second;
	usec_t patience;
	struct conn conns[2];
	struct fiber *fiber;
	int began;
	int result;
	bool done;
};

static struct runner race;
static int fillers[DEAF_FILLERS];
static int listeners[2];

static int listen_at(struct conf_address *a_r, int backlog)
{
	a_r->len = sizeof(struct sockaddr_in);
	return listen_local((struct sockaddr_in *)&a_r->addr, backlog);
}

/* Its queue is full: who connects gets no answer at all. */
static void make_deaf(const struct conf_address *a)
{
	for (int i = 0; i < DEAF_FILLERS; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (const struct sockaddr *)&a->addr,
		    a->len);
	}
}

static void setup(void)
{
	make_loop();
	memset(&race, 0, sizeof(race));
	race.patience = PATIENCE;
	listeners[0] = listen_at(&race.first, 0);
	listeners[1] = listen_at(&race.second, 10);
	make_deaf(&race.first);
}

static void teardown(void)
{
	for (int i = 0; i < DEAF_FILLERS; i++)
		close(fillers[i]);
	for (int i = 0; i < 2; i++)
		if (listeners[i] >= 0)
			close(listeners[i]);
	free_loop();
}

static void run_race(void *arg)
{
	usec_t deadline = loop_now() + race.patience;

	(void)arg;
	race.fiber = fiber_self();
	race.began = conn_begin(&race.conns[0],
	    (const struct sockaddr *)&race.first.addr, race.first.len,
	    deadline);
	if (race.began == -EINPROGRESS)
		race.result = race_run(&race.conns[0], &race.conns[1],
		    &race.second, deadline);
	race.done = true;
}

static void run(void)
{
	start(run_race, NULL);
	turn_until_idle();
	ck_assert(race.done);
	ck_assert_int_eq(race.began, -EINPROGRESS);
}

START_TEST(the_second_is_taken_when_the_first_is_deaf)
{
	run();
	ck_assert_int_eq(race.result, 1);
	ck_assert(!conn_is_open(&race.conns[0]));
	ck_assert(conn_is_open(&race.conns[1]));
	ck_assert(!conn_is_stale(&race.conns[1]));
	conn_close(&race.conns[1]);
}
END_TEST

/* It hears again, at the kernel's next try. */
START_TEST(the_first_is_taken_when_the_second_refuses)
{
	int fd;

	close(listeners[1]);
	listeners[1] = -1;
	start(run_race, NULL);
	loop_turn(0);
	fd = accept(listeners[0], NULL, NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(listen(listeners[0], 16), 0);
	turn_until_idle();
	ck_assert_int_eq(race.result, 0);
	ck_assert(conn_is_open(&race.conns[0]));
	conn_close(&race.conns[0]);
	close(fd);
}
END_TEST

START_TEST(two_that_are_deaf_end_at_the_deadline)
{
	race.patience = 100 * USEC_PER_MSEC;
	race.second = race.first;
	run();
	ck_assert_int_eq(race.result, -ETIMEDOUT);
	ck_assert(!conn_is_open(&race.conns[0]));
	ck_assert(!conn_is_open(&race.conns[1]));
}
END_TEST

START_TEST(who_is_cancelled_leaves_nothing_open)
{
	race.second = race.first;
	start(run_race, NULL);
	loop_turn(0);
	loop_turn(0);
	fiber_cancel(race.fiber);
	turn_until_idle();
	ck_assert_int_eq(race.result, -ECANCELED);
	ck_assert(!conn_is_open(&race.conns[0]));
	ck_assert(!conn_is_open(&race.conns[1]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("race");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_second_is_taken_when_the_first_is_deaf);
	tcase_add_test(t, the_first_is_taken_when_the_second_refuses);
	tcase_add_test(t, two_that_are_deaf_end_at_the_deadline);
	tcase_add_test(t, who_is_cancelled_leaves_nothing_open);
	suite_add_tcase(s, t);
	return run_all(s);
}

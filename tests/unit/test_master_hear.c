/*
 * test_master_hear.c - what the master does with what a worker says.
 *
 * This program has a worker_main of its own, which says what the test wants:
 * a worker that was subverted may say anything.
 */
#include <bsd/unistd.h>
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/ipc/question.h"
#include "master/daemon_key.h"
#include "master/hear.h"
#include "master/logs.h"
#include "master/pairs.h"
#include "master/pseudonym.h"
#include "master/signals.h"
#include "master/supervise.h"

static struct world *world;
static struct conf conf = {
    .workers = 1, .watchdog = USEC_PER_SEC, .drain = USEC_PER_SEC};
static void (*speech)(int channel);
static unsigned changes;
static int status;

_Noreturn void worker_main(const struct worker_start *start)
{
	speech(start->channel);
	for (;;)
		pause();
}

static void note_change(struct world *w)
{
	ck_assert_ptr_eq(w, world);
	changes++;
}

static struct conf_log_file standard_error = {.path = "-"};

static void collect(pid_t pid)
{
	(void)pid;
	ck_assert_int_gt(waitpid(-1, &status, 0), 0);
	events_stop();
}

static const struct signals_action actions[] = {
    {SIGCHLD, collect}, {0, NULL}};

static void setup(void)
{
	char text[256];
	struct out why = out_make(text, sizeof(text));

	signals_block();
	log_set_fd(open("/dev/null", O_WRONLY));
	ck_assert_int_eq(pseudonym_make(), 0);
	ck_assert_int_eq(daemon_key_make(), 0);
	ck_assert_int_eq(events_init(), 0);
	ck_assert_int_eq(signals_listen(actions), 0);
	ck_assert_int_eq(seats_create(), 0);
	world = calloc(1, sizeof(*world));
	world->magic = WORLD_MAGIC;
	world->conf = &conf;
	world->slot_count = 1;
	world->slots[0].world = world;
	world->changed = note_change;
	events_timer_init(&world->slots[0].respawn, NULL);
	world->pairs = pairs_make(&conf);
	conf.log_files = &standard_error;
	conf.log_file_count = 1;
	world->logs = calloc(1, sizeof(*world->logs));
	world->logs[0] = logs_open(&standard_error, &why);
	ck_assert_int_ge(world->logs[0], 0);
}

/* Runs a worker that says SPEECH until it ends; how it ended. */
static int hear(void (*what)(int channel))
{
	speech = what;
	supervise_start(world);
	events_run();
	return status;
}

static void say(int channel, enum message_type type, int64_t value)
{
	ck_assert_int_eq(channel_send(channel, type, value, -1), 0);
}

/* ---- honest ones ---- */

static void say_ready_and_go(int channel)
{
	say(channel, MESSAGE_ready, 0);
	exit(7);
}

START_TEST(ready_makes_it_ready)
{
	int how = hear(say_ready_and_go);

	ck_assert(WIFEXITED(how) && WEXITSTATUS(how) == 7);
	ck_assert_uint_eq(changes, 1);
	ck_assert(world->slots[0].was_ready);
	ck_assert_int_eq(world->slots[0].child->state, CHILD_READY);
}
END_TEST

/* ---- the others are killed ---- */

static void say_ready_twice(int channel)
{
	say(channel, MESSAGE_ready, 0);
	say(channel, MESSAGE_ready, 0);
}

static void swap_unasked(int channel)
{
	say(channel, MESSAGE_log_swapped, 0);
}

static void leave_before_ready(int channel)
{
	say(channel, MESSAGE_left, 0);
}

static void speak_as_the_master(int channel)
{
	say(channel, MESSAGE_stop, 0);
}

static void answer_unasked(int channel)
{
	say(channel, MESSAGE_answer, question_value(1, QUESTION_route, true, 0));
}

static void take_a_pair_unasked(int channel)
{
	say(channel, MESSAGE_pair_taken, 0);
}

static void refuse_no_pair(int channel)
{
	say(channel, MESSAGE_pair_refused, -1);
}

static void send_garbage(int channel)
{
	ck_assert_int_eq(send(channel, "garbage", 7, 0), 7);
}

static void send_unknown_type(int channel)
{
	struct channel_message m = {.type = 4000000000u};

	ck_assert_int_eq(send(channel, &m, sizeof(m), 0), sizeof(m));
}

static void send_too_much(int channel)
{
	static char much[60000];

	memset(much, 0xff, sizeof(much));
	ck_assert_int_eq(send(channel, much, sizeof(much), 0), sizeof(much));
}

static void (*const speeches[])(int channel) = {say_ready_twice, swap_unasked,
    answer_unasked, take_a_pair_unasked, refuse_no_pair, leave_before_ready,
    speak_as_the_master, send_garbage, send_unknown_type, send_too_much};

START_TEST(what_it_may_not_say_is_its_end)
{
	int how = hear(speeches[_i]);

	ck_assert(WIFSIGNALED(how));
	ck_assert_int_eq(WTERMSIG(how), SIGKILL);
	ck_assert_int_eq(world->slots[0].child->channel.fd, -1);
}
END_TEST

/* ---- and the one that hangs up ---- */

static void hang_up(int channel)
{
	close(channel);
}

START_TEST(who_hangs_up_and_stays_is_killed_in_time)
{
	int how = hear(hang_up);

	ck_assert(WIFSIGNALED(how));
	ck_assert_int_eq(WTERMSIG(how), SIGKILL);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("master/hear");
	TCase *tc = tcase_create("hear");
	SRunner *r;
	int failed;

	setproctitle_init(argc, argv, environ);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, ready_makes_it_ready);
	tcase_add_loop_test(tc, what_it_may_not_say_is_its_end, 0,
	    sizeof(speeches) / sizeof(speeches[0]));
	tcase_add_test(tc, who_hangs_up_and_stays_is_killed_in_time);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

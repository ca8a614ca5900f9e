/*
 * test_segment.c - areas from one generation to the next.
 */
#include "common/shm/segment.h"

#include <check.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/health.h"
#include "common/shm/seat.h"

static uint64_t sizes[SEGMENT_AREAS];
static char why_text[256];

static void setup(void)
{
	ck_assert_int_eq(seats_create(), 0);
	ck_assert_int_eq(wake_create(), 0);
	for (int i = 0; i < SEGMENT_AREAS; i++)
		sizes[i] = 4 << 20;
}

static struct segment *make(const struct segment *former)
{
	struct out why = out_make(why_text, sizeof(why_text));
	struct segment *s = segment_make(sizes, former, &why);

	ck_assert_msg(s != NULL, "%s", out_cstr(&why));
	return s;
}

/* What a worker of S finds in a row, before it leaves VALUE there. */
static uint32_t worker(const struct segment *s, uint32_t value)
{
	struct hash_id id = hash_id_add((struct hash_id){{0, 0}}, STR("a"));
	int seat = seat_take(0, 1);
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct health_row *row;
		uint32_t found;

		seat_sit(seat);
		segment_enter(s);
		row = health_attach(HEALTH_SERVER, id);
		found = health_is_private(row)
		    ? 99 : atomic_load(&row->server.latency);
		atomic_store(&row->server.latency, value);
		_exit((int)found);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	seat_release(seat);
	return (uint32_t)WEXITSTATUS(status);
}

START_TEST(what_fits_goes_on_in_the_next_generation)
{
	struct segment *first = make(NULL);
	struct segment *second;

	ck_assert_uint_eq(worker(first, 7), 0);
	second = make(first);
	segment_free(&first);
	ck_assert_ptr_null(first);
	ck_assert_uint_eq(worker(second, 0), 7);
	segment_free(&second);
}
END_TEST

/* The former generation keeps what it has: it may be the one that stays. */
START_TEST(another_size_starts_empty_and_takes_nothing_away)
{
	struct segment *first = make(NULL);
	struct segment *second;

	ck_assert_uint_eq(worker(first, 7), 0);
	sizes[SEGMENT_health] = 3 << 20;
	second = make(first);
	ck_assert_uint_eq(worker(second, 8), 0);
	ck_assert_uint_eq(worker(first, 7), 7);
	segment_free(&second);
	ck_assert_uint_eq(worker(first, 7), 7);
	segment_free(&first);
}
END_TEST

START_TEST(what_there_is_no_memory_for_is_named)
{
	static const struct rlimit little = {256 << 20, 256 << 20};
	struct out why = out_make(why_text, sizeof(why_text));

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	sizes[SEGMENT_health] = 1 << 30;
	ck_assert_ptr_null(segment_make(sizes, NULL, &why));
	ck_assert_ptr_nonnull(strstr(out_cstr(&why), "shared.health"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment");
	TCase *tcase = tcase_create("segment");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, what_fits_goes_on_in_the_next_generation);
	tcase_add_test(tcase,
	    another_size_starts_empty_and_takes_nothing_away);
	tcase_add_test(tcase, what_there_is_no_memory_for_is_named);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

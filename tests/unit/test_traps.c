/*
 * test_traps.c - what a ready worker must not do, in builds that watch it.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/test_dying.h"
#include "worker/fiber/fiber.h"
#include "worker/fiber/loop.h"
#include "worker/traps.h"

#ifdef SLUICE_TRAPS

static volatile uintptr_t wild = 0x10;

static void set_traps(void)
{
	if (traps_set() != 0)
		_exit(96);
}

static void trapped_open(void)
{
	set_traps();
	(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* O_TMPFILE without all of its bits. */
static void trapped_directory(void)
{
	set_traps();
	(void)openat(AT_FDCWD, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
}

static void trapped_exec(void)
{
	static char name[] = "/bin/true";
	static char *argv[] = {name, NULL};

	set_traps();
	execv(name, argv);
}

static void trapped_mmap(void)
{
	set_traps();
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void trapped_mprotect(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	set_traps();
	(void)mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

START_TEST(a_trapped_call_kills_and_is_named)
{
	static const struct {
		void (*die)(void);
		const char *want;
	} cases[] = {{trapped_open, "SIGSYS: openat; no fiber"},
	    {trapped_directory, "SIGSYS: openat; no fiber"},
	    {trapped_exec, "SIGSYS: execve; no fiber"},
	    {trapped_mmap, "SIGSYS: mmap with PROT_EXEC; no fiber"},
	    {trapped_mprotect, "SIGSYS: mprotect with PROT_EXEC; no"}};

	expect_signal(child_dies(block_all, cases[_i].die), SIGSYS);
	expect_words(cases[_i].want);
}
END_TEST

/* What a ready worker does all day. */
static void work_under_traps(void)
{
	int fds[2];
	void *p;

	set_traps();
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p, 4096, PROT_READ) != 0)
		_exit(1);
	p = malloc(10 * 1000 * 1000);
	if (p == NULL || pipe(fds) != 0 || dup(fds[0]) < 0)
		_exit(2);
	free(p);
	if (openat(AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600) < 0 &&
	    errno != EOPNOTSUPP && errno != EACCES)
		_exit(3);
	_exit(0);
}

START_TEST(everything_else_is_allowed_under_traps)
{
	ck_assert_int_eq(child_dies(block_all, work_under_traps), 0);
	ck_assert_str_eq(words, "");
}
END_TEST

static void touch(void *unused)
{
	(void)unused;
	*(volatile int *)wild = 1;
}

static void fault_under_traps(void)
{
	if (loop_init() != 0)
		_exit(95);
	set_traps();
	if (!fiber_start("client", touch, NULL))
		_exit(94);
	loop_turn(0);
}

START_TEST(words_are_whole_under_traps)
{
	expect_signal(child_dies(block_all, fault_under_traps), SIGSEGV);
	expect_words("SIGSEGV at 0x10; fiber \"client\"; sluiced+0x");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, a_trapped_call_kills_and_is_named, 0, 5);
	tcase_add_test(tc, everything_else_is_allowed_under_traps);
	tcase_add_test(tc, words_are_whole_under_traps);
}

#else

START_TEST(without_traps_all_is_allowed)
{
	int fd;

	ck_assert_int_eq(traps_set(), 0);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, without_traps_all_is_allowed);
}

#endif

int main(void)
{
	Suite *s = suite_create("traps");
	TCase *tc = tcase_create("traps");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	add_tests(tc);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

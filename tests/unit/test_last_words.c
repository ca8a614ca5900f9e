/*
 * test_last_words.c - what a crash leaves in the seat, and how it ends.
 *
 * Each test lets a child die in its own way, then reads its seat as the
 * master would.
 */
#include <check.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "tests/unit/test_dying.h"
#include "worker/fiber/fiber.h"
#include "worker/fiber/inside.h"
#include "worker/fiber/loop.h"

/* Where nothing ever is, and no sanitizer looks before the access. */
static volatile uintptr_t wild = 0x10;

/* PLACE, "sluiced+0x...", is inside FUNCTION. */
static void expect_offset(const char *place, void (*function)(void))
{
	uintptr_t offset, start = (uintptr_t)function;
	Dl_info info;

	ck_assert_ptr_nonnull(place);
	ck_assert_int_ne(dladdr((void *)start, &info), 0);
	start -= (uintptr_t)info.dli_fbase;
	ck_assert_int_eq(
	    sscanf(place, "sluiced+0x%" SCNxPTR, &offset), 1);
	ck_assert_uint_ge(offset, start);
	ck_assert_uint_lt(offset, start + 400);
}

/* ---- ways to die ---- */

__attribute__((noinline)) static void touch_wild_memory(void)
{
	*(volatile int *)wild = 1;
}

__attribute__((noinline)) static void call_nothing(void)
{
	void (*volatile nothing)(void) = NULL;

	nothing();
	wild = 0x10; /* or it would be a jump, and nobody the caller */
}

static void fail_insist(void)
{
	INSIST(wild == 0x11);
}

static void touch_a_cut_file(void)
{
	int fd = memfd_create("cut", 0);
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	*(volatile char *)p = 1;
}

__attribute__((noinline)) static int recurse(int depth)
{
	volatile char frame[700];

	frame[depth % 700] = (char)depth;
	return depth < 0 ? 0 : recurse(depth + 1) + frame[depth % 700];
}

static void overflow(void *unused)
{
	(void)unused;
	_exit(recurse(0));
}

static void touch(void *unused)
{
	(void)unused;
	touch_wild_memory();
}

static void touch_with_a_broken_fiber(void *unused)
{
	(void)unused;
	fiber_self()->name = (const char *)wild;
	touch_wild_memory();
}

static void run_fiber(const char *name, fiber_fn *fn)
{
	if (loop_init() != 0 || !fiber_start(name, fn, NULL))
		_exit(97);
	loop_turn(0);
}

static void overflow_in_fiber(void)
{
	run_fiber("deep", overflow);
}

static void overflow_of_the_main_stack(void)
{
	static const struct rlimit small = {128 * 1024, 128 * 1024};

	setrlimit(RLIMIT_STACK, &small);
	overflow(NULL);
}

static void touch_in_fiber(void)
{
	run_fiber("client", touch);
}

static void touch_in_broken_fiber(void)
{
	run_fiber("client", touch_with_a_broken_fiber);
}

static void lose_the_seat(void)
{
	seat_current = (struct seat *)wild;
	touch_wild_memory();
}

static void lose_the_stack(void)
{
#if defined(__x86_64__)
	__asm__ volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"(wild));
#elif defined(__aarch64__)
	__asm__ volatile("mov sp, %0\n\tstr x0, [sp]" : : "r"(wild));
#else
	lose_the_seat();
#endif
}

static int wanted_signal;

static void raise_wanted(void)
{
	raise(wanted_signal);
}

static void wait_to_be_killed(void)
{
	kill(getppid(), SIGUSR1);
	pause();
}

/* ---- tests ---- */

START_TEST(a_fault_is_reported_with_its_address)
{
	expect_signal(child_dies(NULL, touch_wild_memory), SIGSEGV);
	expect_words("SIGSEGV at 0x10; no fiber; sluiced+0x");
	expect_no_words("overflow");
	expect_no_words("sent by");
}
END_TEST

START_TEST(the_place_is_inside_the_function_at_fault)
{
	expect_signal(child_dies(NULL, touch_wild_memory), SIGSEGV);
	expect_offset(strstr(words, "sluiced+"), touch_wild_memory);
}
END_TEST

START_TEST(callers_are_named_down_to_the_libraries)
{
	expect_signal(child_dies(NULL, touch_wild_memory), SIGSEGV);
	expect_words("libc.so.6+0x");
}
END_TEST

START_TEST(one_line_fits_the_log)
{
	expect_signal(child_dies(NULL, overflow_in_fiber), SIGSEGV);
	ck_assert_uint_lt(strlen(words), 1400);
	expect_no_words("?");
}
END_TEST

START_TEST(a_bus_error_is_reported)
{
	expect_signal(child_dies(NULL, touch_a_cut_file), SIGBUS);
	expect_words("SIGBUS at 0x");
}
END_TEST

START_TEST(a_call_of_nothing_is_reported_with_its_caller)
{
	expect_signal(child_dies(NULL, call_nothing), SIGSEGV);
	expect_words("SIGSEGV at 0x0; no fiber; 0x0 sluiced+0x");
	expect_offset(strstr(words, "sluiced+"), call_nothing);
}
END_TEST

START_TEST(every_fatal_signal_is_reported_and_keeps_its_status)
{
	static const struct {
		int sig;
		const char *name;
	} all[] = {{SIGSEGV, "SIGSEGV;"}, {SIGBUS, "SIGBUS;"},
	    {SIGILL, "SIGILL;"}, {SIGFPE, "SIGFPE;"}, {SIGABRT, "SIGABRT;"},
	    {SIGSYS, "SIGSYS;"}};

	wanted_signal = all[_i].sig;
	expect_signal(child_dies(NULL, raise_wanted), all[_i].sig);
	ck_assert_ptr_eq(strstr(words, all[_i].name), words);
}
END_TEST

START_TEST(a_worker_with_all_signals_blocked_is_heard)
{
	expect_signal(child_dies(block_all, touch_wild_memory), SIGSEGV);
	expect_words("SIGSEGV at 0x10");
}
END_TEST

START_TEST(abort_is_reported_once)
{
	expect_signal(child_dies(NULL, abort), SIGABRT);
	ck_assert_ptr_eq(strstr(words, "SIGABRT; no fiber"), words);
	ck_assert_ptr_null(strstr(words + 1, "SIGABRT"));
}
END_TEST

START_TEST(a_failed_insist_leaves_its_text)
{
	expect_signal(child_dies(NULL, fail_insist), SIGABRT);
	ck_assert_ptr_eq(strstr(words,
	    "INSIST(wild == 0x11) failed in fail_insist, "), words);
	expect_words("; SIGABRT; no fiber");
}
END_TEST

START_TEST(a_fiber_is_named)
{
	expect_signal(child_dies(NULL, touch_in_fiber), SIGSEGV);
	expect_words("SIGSEGV at 0x10; fiber \"client\"; sluiced+0x");
}
END_TEST

START_TEST(a_fibers_stack_overflow_is_called_so)
{
	expect_signal(child_dies(NULL, overflow_in_fiber), SIGSEGV);
	expect_words(": fiber stack overflow; fiber \"deep\"; sluiced+0x");
}
END_TEST

START_TEST(an_overflow_of_the_main_stack_is_no_fibers)
{
	expect_signal(child_dies(NULL, overflow_of_the_main_stack), SIGSEGV);
	expect_words("SIGSEGV at 0x");
	expect_words("; no fiber; sluiced+0x");
	expect_no_words("overflow");
}
END_TEST

START_TEST(a_second_fault_costs_only_the_rest_of_the_report)
{
	expect_signal(child_dies(NULL, touch_in_broken_fiber), SIGSEGV);
	ck_assert_str_eq(words, "SIGSEGV at 0x10; fiber \"");
}
END_TEST

START_TEST(a_lost_seat_ends_in_death_without_words)
{
	expect_signal(child_dies(NULL, lose_the_seat), SIGSEGV);
	ck_assert_str_eq(words, "");
}
END_TEST

START_TEST(a_lost_stack_still_gives_cause_and_place)
{
	expect_signal(child_dies(NULL, lose_the_stack), SIGSEGV);
	expect_words("SIGSEGV at 0x");
	expect_words("; no fiber; sluiced+0x");
}
END_TEST

START_TEST(who_sent_the_signal_is_named)
{
	sigset_t set;
	char want[64];
	int status, seat, sig;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ck_assert_int_eq(seats_create(), 0);
	seat = seat_take(0, 1);
	pid = fork();
	if (pid == 0) {
		seat_sit(seat);
		prepare(NULL);
		wait_to_be_killed();
		_exit(99);
	}
	ck_assert_int_eq(sigwait(&set, &sig), 0);
	kill(pid, SIGABRT);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	seat_words_read(seat, words, sizeof(words));
	expect_signal(status, SIGABRT);
	snprintf(want, sizeof(want), "SIGABRT sent by process %d; no fiber",
	    (int)getpid());
	expect_words(want);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_fault_is_reported_with_its_address);
	tcase_add_test(tc, the_place_is_inside_the_function_at_fault);
	tcase_add_test(tc, callers_are_named_down_to_the_libraries);
	tcase_add_test(tc, one_line_fits_the_log);
	tcase_add_test(tc, a_bus_error_is_reported);
	tcase_add_test(tc, a_call_of_nothing_is_reported_with_its_caller);
	tcase_add_loop_test(tc,
	    every_fatal_signal_is_reported_and_keeps_its_status, 0, 6);
	tcase_add_test(tc, a_worker_with_all_signals_blocked_is_heard);
	tcase_add_test(tc, abort_is_reported_once);
	tcase_add_test(tc, a_failed_insist_leaves_its_text);
	tcase_add_test(tc, a_fiber_is_named);
	tcase_add_test(tc, a_fibers_stack_overflow_is_called_so);
	tcase_add_test(tc, an_overflow_of_the_main_stack_is_no_fibers);
	tcase_add_test(
	    tc, a_second_fault_costs_only_the_rest_of_the_report);
	tcase_add_test(tc, a_lost_seat_ends_in_death_without_words);
	tcase_add_test(tc, a_lost_stack_still_gives_cause_and_place);
	tcase_add_test(tc, who_sent_the_signal_is_named);
}

int main(void)
{
	Suite *s = suite_create("last_words");
	TCase *tc = tcase_create("last_words");
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

/*
 * test_stack.c - stacks: taken and given last-in first-out, each with a guard
 * that is hit by what overflows it.
 */
#include "worker/fiber/stack.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test_fiber.h"

START_TEST(the_stack_given_last_is_taken_next)
{
	void *a, *b, *c;

	ck_assert_int_eq(stack_init(), 0);
	ck_assert(stack_reserve(3));
	a = stack_take();
	b = stack_take();
	c = stack_take();
	ck_assert(a != b && b != c && a != c);
	stack_give(a);
	stack_give(c);
	ck_assert_ptr_eq(stack_take(), c);
	ck_assert_ptr_eq(stack_take(), a);
	stack_give(a);
	stack_give(b);
	stack_give(c);
	stack_free_all();
}
END_TEST

START_TEST(all_of_them_can_be_made_and_used)
{
	char **taken = calloc(FIBER_MAX, sizeof(*taken));

	ck_assert_int_eq(stack_init(), 0);
	ck_assert(stack_reserve(FIBER_MAX));
	for (unsigned i = 0; i < FIBER_MAX; i++) {
		taken[i] = stack_take();
		taken[i][stack_guard_size()] = 1;
		ck_assert(stack_is_guard(taken[i]));
	}
	for (unsigned i = 0; i < FIBER_MAX; i++)
		stack_give(taken[i]);
	stack_free_all();
	free(taken);
}
END_TEST

START_TEST(a_guard_is_the_lowest_page_and_nothing_else)
{
	char *low = NULL, *next;
	size_t guard;

	ck_assert(!stack_is_guard(&low));
	ck_assert_int_eq(stack_init(), 0);
	ck_assert(stack_reserve(2));
	low = stack_take();
	next = stack_take();
	guard = stack_guard_size();
	ck_assert(stack_is_guard(low));
	ck_assert(stack_is_guard(low + guard - 1));
	ck_assert(!stack_is_guard(low + guard));
	ck_assert(!stack_is_guard(next - 1));
	ck_assert(stack_is_guard(next));
	ck_assert(!stack_is_guard(low - 1));
	ck_assert(!stack_is_guard(NULL));
	stack_give(next);
	stack_give(low);
	stack_free_all();
	ck_assert(!stack_is_guard(low));
}
END_TEST

static bool has_memory(char *stack, size_t at)
{
	unsigned char resident;

	ck_assert_int_eq(mincore(stack + at, 4096, &resident), 0);
	return resident & 1;
}

START_TEST(cold_stacks_lose_their_memory_and_hot_ones_keep_it)
{
	char *stacks[10];
	size_t at;

	ck_assert_int_eq(stack_init(), 0);
	ck_assert(stack_reserve(10));
	at = 3 * stack_guard_size();
	for (unsigned i = 0; i < 10; i++) {
		stacks[i] = stack_take();
		stacks[i][at] = 1;
	}
	for (unsigned i = 10; i > 0; i--)
		stack_give(stacks[i - 1]);
	stack_trim(); /* all were in use a moment ago */
	for (unsigned i = 0; i < 10; i++)
		ck_assert(has_memory(stacks[i], at));
	for (unsigned round = 0; round < 3; round++) {
		ck_assert_ptr_eq(stack_take(), stacks[0]);
		ck_assert_ptr_eq(stack_take(), stacks[1]);
		stack_give(stacks[1]);
		stack_give(stacks[0]);
		stack_trim();
		for (unsigned i = 0; i < 10; i++)
			ck_assert(has_memory(stacks[i], at) == (i < 2));
	}
	stack_free_all();
}
END_TEST

START_TEST(what_was_trimmed_and_used_again_is_trimmed_again)
{
	char *stack;
	size_t at;

	ck_assert_int_eq(stack_init(), 0);
	ck_assert(stack_reserve(1));
	at = 3 * stack_guard_size();
	for (unsigned round = 0; round < 3; round++) {
		stack = stack_take();
		stack[at] = 1;
		stack_give(stack);
		stack_trim();
		ck_assert(has_memory(stack, at));
		stack_trim();
		ck_assert(!has_memory(stack, at));
		ck_assert(stack_is_guard(stack));
	}
	stack_free_all();
}
END_TEST

/* ---- overflow, in a child that reports what hit it ---- */

enum { HIT_GUARD = 42, HIT_OTHER = 43 };

static void report_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	_exit(stack_is_guard(info->si_addr) ? HIT_GUARD : HIT_OTHER);
}

static void catch_faults(void)
{
	static char signal_stack[65536];
	stack_t stack = {
	    .ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};

	action.sa_sigaction = report_fault;
	ck_assert_int_eq(sigaltstack(&stack, NULL), 0);
	ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
}

__attribute__((noinline)) static unsigned recurse(unsigned depth)
{
	volatile char frame[1024];

	memset((char *)frame, (int)depth, sizeof(frame));
	if (depth == 0)
		return 0;
	return recurse(depth - 1) + (unsigned char)frame[depth % 1024];
}

static void overflow(void *arg)
{
	(void)arg;
	recurse(1000);
}

static void fault_elsewhere(void *arg)
{
	*(volatile char *)arg = 1;
}

static int exit_status_of(fiber_fn *fn, void *arg)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		catch_faults();
		if (loop_init() != 0 || !fiber_start("overflow", fn, arg))
			_exit(1);
		loop_turn(0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(an_overflow_hits_the_guard_and_is_told_from_other_faults)
{
	void *forbidden = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(forbidden, MAP_FAILED);
	ck_assert_int_eq(mprotect(forbidden, 4096, PROT_NONE), 0);
	ck_assert_int_eq(exit_status_of(overflow, NULL), HIT_GUARD);
	ck_assert_int_eq(exit_status_of(fault_elsewhere, forbidden),
	    HIT_OTHER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stack");
	TCase *tcase = tcase_create("stacks");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, the_stack_given_last_is_taken_next);
	tcase_add_test(tcase, all_of_them_can_be_made_and_used);
	tcase_add_test(tcase, a_guard_is_the_lowest_page_and_nothing_else);
	tcase_add_test(tcase,
	    cold_stacks_lose_their_memory_and_hot_ones_keep_it);
	tcase_add_test(tcase,
	    what_was_trimmed_and_used_again_is_trimmed_again);
	tcase_add_test(tcase,
	    an_overflow_hits_the_guard_and_is_told_from_other_faults);
	return run_all(suite);
}

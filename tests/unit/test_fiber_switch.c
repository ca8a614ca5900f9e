/*
 * test_fiber_switch.c - what a switch must keep: callee-saved registers,
 * floating point, the alignment of the stack, an end of every backtrace.
 */
#include "tests/unit/test_fiber.h"

#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FIBERS 7
#define ROUNDS 200

static unsigned through;

/*
 * So many values alive across a wait that the compiler keeps some of them in
 * each register that a call preserves; every fiber has others.
 */
static void keep_integers(void *arg)
{
	uint64_t seed = (uintptr_t)arg;
	uint64_t a = seed * 3, b = seed * 5, c = seed * 7, d = seed * 11;
	uint64_t e = seed * 13, f = seed * 17, g = seed * 19, h = seed * 23;
	uint64_t i = seed * 29, j = seed * 31, k = seed * 37, l = seed * 41;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		MUST(fiber_yield() == 0);
		a += 3, b += 5, c += 7, d += 11, e += 13, f += 17;
		g += 19, h += 23, i += 29, j += 31, k += 37, l += 41;
	}
	seed += ROUNDS;
	ck_assert_uint_eq(a, seed * 3);
	ck_assert_uint_eq(b, seed * 5);
	ck_assert_uint_eq(c, seed * 7);
	ck_assert_uint_eq(d, seed * 11);
	ck_assert_uint_eq(e, seed * 13);
	ck_assert_uint_eq(f, seed * 17);
	ck_assert_uint_eq(g, seed * 19);
	ck_assert_uint_eq(h, seed * 23);
	ck_assert_uint_eq(i, seed * 29);
	ck_assert_uint_eq(j, seed * 31);
	ck_assert_uint_eq(k, seed * 37);
	ck_assert_uint_eq(l, seed * 41);
	through++;
}

static void keep_doubles(void *arg)
{
	double seed = (double)(uintptr_t)arg;
	double a = seed * 0.5, b = seed * 1.5, c = seed * 2.5, d = seed * 3.5;
	double e = seed * 4.5, f = seed * 5.5, g = seed * 6.5, h = seed * 7.5;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		MUST(fiber_yield() == 0);
		a += 0.5, b += 1.5, c += 2.5, d += 3.5;
		e += 4.5, f += 5.5, g += 6.5, h += 7.5;
	}
	seed += ROUNDS;
	ck_assert(a == seed * 0.5 && b == seed * 1.5);
	ck_assert(c == seed * 2.5 && d == seed * 3.5);
	ck_assert(e == seed * 4.5 && f == seed * 5.5);
	ck_assert(g == seed * 6.5 && h == seed * 7.5);
	through++;
}

START_TEST(callee_saved_registers_survive)
{
	for (uintptr_t i = 1; i <= FIBERS; i++)
		start(keep_integers, (void *)(i * 1000003));
	turn_until_idle();
	ck_assert_uint_eq(through, FIBERS);
}
END_TEST

START_TEST(floating_point_survives)
{
	for (uintptr_t i = 1; i <= FIBERS; i++)
		start(keep_doubles, (void *)(i * 1009));
	turn_until_idle();
	ck_assert_uint_eq(through, FIBERS);
}
END_TEST

/* printf of a double saves vector registers at aligned places. */
static void print_a_double(void *arg)
{
	char text[64];

	(void)arg;
	snprintf(text, sizeof(text), "%.3f %Lg", 1.125, 2.5L);
	fiber_yield();
	ck_assert_str_eq(text, "1.125 2.5");
	ck_assert_uint_eq((uintptr_t)__builtin_frame_address(0) % 16, 0);
	through++;
}

START_TEST(the_stack_is_aligned_as_the_abi_wants)
{
	start(print_a_double, NULL);
	turn_until_idle();
	ck_assert_uint_eq(through, 1);
}
END_TEST

/* Backtraces from several depths, before and after a wait. */
static int depths[4];

#define NO_TAIL_CALL() __asm__ volatile("" ::: "memory")

static void trace_from(unsigned more, int *depth_r);

/* So that the compiler neither clones nor unrolls it. */
static void (*volatile trace)(unsigned more, int *depth_r) = trace_from;

static void trace_from(unsigned more, int *depth_r)
{
	void *frames[64];

	if (more > 0)
		trace(more - 1, depth_r);
	else
		*depth_r = backtrace(frames, 64);
	NO_TAIL_CALL();
}

static void trace_backwards(void *arg)
{
	(void)arg;
	trace(0, &depths[0]);
	trace(5, &depths[1]);
	fiber_yield();
	trace(0, &depths[2]);
	trace(5, &depths[3]);
	NO_TAIL_CALL();
}

START_TEST(a_backtrace_ends_at_the_fibers_entry)
{
	start(trace_backwards, NULL);
	start(trace_backwards, NULL); /* its guard lies above the first */
	turn_until_idle();
	/* trace_from, trace_backwards, run_function, switch_entry. */
	ck_assert_int_ge(depths[0], 3);
	ck_assert_int_le(depths[0], 7);
	ck_assert_int_eq(depths[1], depths[0] + 5);
	ck_assert_int_eq(depths[2], depths[0]);
	ck_assert_int_eq(depths[3], depths[1]);
}
END_TEST

__attribute__((noinline)) static unsigned go_deep(unsigned depth)
{
	volatile unsigned char frame[64];

	memset((unsigned char *)frame, (int)depth, sizeof(frame));
	if (depth % 16 == 0)
		fiber_yield();
	return depth == 0 ? 0 : go_deep(depth - 1) + (frame[depth % 64] & 1);
}

static void wait_at_every_depth(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(go_deep(100), 50);
	through++;
}

START_TEST(deep_stacks_interleave)
{
	for (unsigned i = 0; i < 64; i++)
		start(wait_at_every_depth, NULL);
	turn_until_idle();
	ck_assert_uint_eq(through, 64);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fiber_switch");
	TCase *tcase = looping_case(suite, "switch");

	tcase_add_test(tcase, callee_saved_registers_survive);
	tcase_add_test(tcase, floating_point_survives);
	tcase_add_test(tcase, the_stack_is_aligned_as_the_abi_wants);
	tcase_add_test(tcase, a_backtrace_ends_at_the_fibers_entry);
	tcase_add_test(tcase, deep_stacks_interleave);
	return run_all(suite);
}

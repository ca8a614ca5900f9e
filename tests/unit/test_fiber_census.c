/*
 * test_fiber_census.c - how deep stacks got, in a build that counts it; in any
 * other nothing is printed.
 */
#include "common/base/log.h"
#include "tests/unit/test_fiber.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char text[4096];

static void print_census(void)
{
	int fd = memfd_create("census", 0);

	ck_assert_int_ge(fd, 0);
	log_set_fd(fd);
	fiber_census_log();
	log_set_fd(STDERR_FILENO);
	ck_assert_int_ge(pread(fd, text, sizeof(text) - 1, 0), 0);
	close(fd);
}

static void use_stack(void *bytes)
{
	volatile char deep[20000];

	for (size_t i = 0; i < (size_t)bytes; i++)
		deep[sizeof(deep) - 1 - i] = 1;
	fiber_yield();
}

static void start_site(const char *name, size_t bytes)
{
	ck_assert(fiber_start(name, use_stack, (void *)bytes));
}

#ifdef SLUICE_CENSUS

static void expect(const char *site, size_t least, unsigned long fibers)
{
	const char *line = strstr(text, site);
	size_t deepest, room;
	unsigned long count;

	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(sscanf(line + strlen(site),
	    ": %zu of %zu bytes, %lu fibers", &deepest, &room, &count), 3);
	ck_assert_uint_ge(deepest, least);
	ck_assert_uint_lt(deepest, least + 12000);
	ck_assert_uint_gt(room, deepest);
	ck_assert_uint_eq(count, fibers);
}

START_TEST(each_site_is_listed_with_its_deepest_stack)
{
	start_site("deep", 20000);
	start_site("mixed", 10);
	turn_until_idle();
	start_site("mixed", 12000); /* on a stack that was deeper before */
	start_site("mixed", 10);
	turn_until_idle();
	print_census();
	expect("deep", 20000, 1);
	expect("mixed", 12000, 3);
}
END_TEST

#else

START_TEST(other_builds_count_nothing)
{
	start_site("deep", 20000);
	turn_until_idle();
	print_census();
	ck_assert_str_eq(text, "");
}
END_TEST

#endif

int main(void)
{
	Suite *suite = suite_create("fiber_census");
	TCase *tcase = looping_case(suite, "census");

#ifdef SLUICE_CENSUS
	tcase_add_test(tcase, each_site_is_listed_with_its_deepest_stack);
#else
	tcase_add_test(tcase, other_builds_count_nothing);
#endif
	return run_all(suite);
}

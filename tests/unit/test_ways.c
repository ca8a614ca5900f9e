/*
 * test_ways.c - the routes that a path may take, the best first.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/conf.h"
#include "common/conf/pattern.h"
#include "common/conf/ways.h"

#define ROUTES_MAX 200

static struct arena arena;
static struct conf_ways ways;
static struct conf_route routes[ROUTES_MAX];
static struct conf_pattern pattern; /* only that it is one matters here */

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_free(&arena);
}

/* "/a", "=/a" exact, "~a" a pattern, "!a" one with first; "?" at the end: a
 * condition each. */
static struct conf_route make_route(const char *spec)
{
	struct conf_route r = {.path = str_from(spec)};

	while (r.path.p[r.path.n - 1] == '?')
		r.condition_count++, r.path.n--;
	if (*spec == '/')
		return r;
	r.path.p++, r.path.n--;
	r.is_exact = *spec == '=';
	r.is_first = *spec == '!';
	r.pattern = r.is_exact ? NULL : &pattern;
	return r;
}

static void build(const char *const *specs)
{
	unsigned count = 0;

	for (; specs[count] != NULL; count++)
		routes[count] = make_route(specs[count]);
	conf_ways_build(&ways, &arena, routes, count);
}

/* Does PATH walk by the routes with these numbers, in this order? */
static void must_walk(const char *path, const char *order)
{
	struct conf_walk walk = conf_walk_begin(&ways, str_from(path));
	const struct conf_route *route;
	char got[ROUTES_MAX * 4] = "";

	while ((route = conf_walk_next(&walk)) != NULL)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%d",
		    *got != '\0' ? " " : "", (int)(route - routes));
	ck_assert_str_eq(got, order);
	ck_assert_ptr_null(conf_walk_next(&walk));
}

START_TEST(longer_prefixes_of_whole_segments_come_first)
{
	build((const char *const[]){
	    "/", "/api", "/api/v1", "/apix", "/api/v1/users", NULL});
	must_walk("/", "0");
	must_walk("/api", "1 0");
	must_walk("/api/v2", "1 0");
	must_walk("/api/v1/users/7", "4 2 1 0");
	must_walk("/apix/v1", "3 0");
	must_walk("/ap", "0");
	must_walk("/elsewhere", "0");
}
END_TEST

START_TEST(an_exact_path_takes_nothing_below_it)
{
	build((const char *const[]){"/", "=/a", "/a", "=/", NULL});
	must_walk("/a", "1 2 0");
	must_walk("/a/b", "2 0");
	must_walk("/", "3 0");
	must_walk("/b", "0");
}
END_TEST

START_TEST(more_conditions_come_first_then_the_order_of_the_file)
{
	build((const char *const[]){
	    "/a", "/a?", "/a??", "/a?", "=/a", "=/a?", NULL});
	must_walk("/a", "5 4 2 1 3 0");
	must_walk("/a/b", "2 1 3 0");
}
END_TEST

START_TEST(patterns_stand_between_prefixes_and_the_root)
{
	build((const char *const[]){"~1", "/", "/a", "!2", "~3?", "!4", NULL});
	must_walk("/a/b", "3 5 2 0 4 1");
	must_walk("/b", "3 5 0 4 1");
}
END_TEST

START_TEST(nothing_leads_nowhere)
{
	build((const char *const[]){NULL});
	must_walk("/a", "");
	build((const char *const[]){"/a/b/c", NULL});
	must_walk("/a/b", "");
	must_walk("/a/b/c", "0");
	must_walk("/a/b/c/d", "0");
}
END_TEST

/* The plainest way to find the same. */
static bool covers(const struct conf_route *r, struct str path)
{
	if (str_eq(r->path, STR("/")) || str_eq(r->path, path))
		return true;
	return path.n > r->path.n && path.p[r->path.n] == '/' &&
	    memcmp(path.p, r->path.p, r->path.n) == 0;
}

static int longest(struct str path, int count)
{
	int best = -1;

	for (int i = 0; i < count; i++)
		if (covers(&routes[i], path) &&
		    (best < 0 || routes[i].path.n > routes[best].path.n))
			best = i;
	return best;
}

static void random_path(char *text, unsigned segments)
{
	size_t n = 0;

	for (unsigned i = 0; i < segments; i++)
		n += (size_t)sprintf(text + n, "/%c%c", 'a' + rand() % 3,
		    'a' + rand() % 3);
	if (segments == 0)
		strcpy(text, "/");
}

START_TEST(a_random_table_is_walked_as_the_plainest_loop_finds)
{
	char texts[ROUTES_MAX][32];

	srand((unsigned)_i);
	for (int i = 0; i < ROUTES_MAX; i++) {
		random_path(texts[i], (unsigned)rand() % 5);
		routes[i] = (struct conf_route){.path = str_from(texts[i])};
	}
	conf_ways_build(&ways, &arena, routes, ROUTES_MAX);
	for (int i = 0; i < 2000; i++) {
		char text[40];
		struct conf_walk walk;
		int want;

		random_path(text, (unsigned)rand() % 7);
		walk = conf_walk_begin(&ways, str_from(text));
		want = longest(str_from(text), ROUTES_MAX);
		ck_assert_ptr_eq(conf_walk_next(&walk),
		    want < 0 ? NULL : &routes[want]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ways");
	TCase *tc = tcase_create("ways");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, longer_prefixes_of_whole_segments_come_first);
	tcase_add_test(tc, an_exact_path_takes_nothing_below_it);
	tcase_add_test(
	    tc, more_conditions_come_first_then_the_order_of_the_file);
	tcase_add_test(tc, patterns_stand_between_prefixes_and_the_root);
	tcase_add_test(tc, nothing_leads_nowhere);
	tcase_add_loop_test(
	    tc, a_random_table_is_walked_as_the_plainest_loop_finds, 0, 20);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

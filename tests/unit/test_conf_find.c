/*
 * test_conf_find.c - looking up vhosts and routes.
 *
 * Besides cases told one by one, random tables of names and paths are asked
 * and answered a second time by the plainest loop there is.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/conf.h"

#define NAMES 300

/* ---- vhosts ---- */

static struct conf_vhost vhosts[NAMES];
static struct conf_name names[NAMES];
static char texts[NAMES][32];

static int compare_names(const void *a, const void *b)
{
	const struct conf_name *x = a, *y = b;

	return str_cmp(x->host, y->host);
}

static struct conf_listener make_listener(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		snprintf(texts[i], sizeof(texts[i]), "h%u.example", i * 7919);
		names[i] = (struct conf_name){str_from(texts[i]), &vhosts[i]};
	}
	qsort(names, count, sizeof(names[0]), compare_names);
	return (struct conf_listener){.names = names, .name_count = count};
}

START_TEST(every_name_is_found_whatever_their_number)
{
	for (unsigned count = 0; count <= NAMES; count++) {
		struct conf_listener l = make_listener(count);

		for (unsigned i = 0; i < count; i++)
			ck_assert_ptr_eq(
			    conf_find_vhost(&l, str_from(texts[i])),
			    &vhosts[i]);
		ck_assert_ptr_null(conf_find_vhost(&l, STR("h.example")));
		ck_assert_ptr_null(conf_find_vhost(&l, STR("")));
		ck_assert_ptr_null(conf_find_vhost(&l, STR_NONE));
	}
}
END_TEST

START_TEST(a_name_that_is_only_part_of_another_is_not_found)
{
	struct conf_listener l = make_listener(NAMES);

	ck_assert_ptr_null(conf_find_vhost(&l, STR("h0.exampl")));
	ck_assert_ptr_null(conf_find_vhost(&l, STR("h0.examplee")));
	ck_assert_ptr_null(conf_find_vhost(&l, STR("0.example")));
	ck_assert_ptr_nonnull(conf_find_vhost(&l, STR("h0.example")));
}
END_TEST

START_TEST(the_catch_all_takes_only_what_is_left)
{
	struct conf_listener l = make_listener(3);
	struct conf_vhost rest;

	l.catch_all = &rest;
	ck_assert_ptr_eq(conf_find_vhost(&l, STR("h0.example")), &vhosts[0]);
	ck_assert_ptr_eq(conf_find_vhost(&l, STR("other")), &rest);
	ck_assert_ptr_eq(conf_find_vhost(&l, STR_NONE), &rest);
}
END_TEST

/* ---- routes ---- */

#define ROUTES_MAX 40

static struct conf_route routes[ROUTES_MAX];

static int compare_routes(const void *pa, const void *pb)
{
	struct str a = ((const struct conf_route *)pa)->path;
	struct str b = ((const struct conf_route *)pb)->path;

	return a.n != b.n ? (a.n < b.n) - (a.n > b.n) : str_cmp(a, b);
}

static struct conf_vhost make_vhost(const char *const *paths)
{
	struct conf_vhost v = {.routes = routes};

	for (; paths[v.route_count] != NULL; v.route_count++)
		routes[v.route_count] = (struct conf_route){
		    .path = str_from(paths[v.route_count])};
	qsort(routes, v.route_count, sizeof(routes[0]), compare_routes);
	return v;
}

static void expect(const struct conf_vhost *v, const char *path,
    const char *route)
{
	const struct conf_route *got = conf_find_route(v, str_from(path));

	if (route == NULL) {
		ck_assert_msg(got == NULL, "%s found %.*s", path,
		    (int)got->path.n, got->path.p);
		return;
	}
	ck_assert_msg(got != NULL, "%s found nothing", path);
	ck_assert_msg(str_eq(got->path, str_from(route)), "%s found %.*s",
	    path, (int)got->path.n, got->path.p);
}

START_TEST(the_longest_whole_segments_win)
{
	static const char *const paths[] = {"/", "/api", "/api/v1", "/apix",
	    "/a", NULL};
	struct conf_vhost v = make_vhost(paths);

	expect(&v, "/", "/");
	expect(&v, "/x", "/");
	expect(&v, "/a", "/a");
	expect(&v, "/a/", "/a");
	expect(&v, "/ap", "/");
	expect(&v, "/api", "/api");
	expect(&v, "/api/", "/api");
	expect(&v, "/api/v", "/api");
	expect(&v, "/api/v1", "/api/v1");
	expect(&v, "/api/v1/", "/api/v1");
	expect(&v, "/api/v1/users/7", "/api/v1");
	expect(&v, "/api/v11", "/api");
	expect(&v, "/apix", "/apix");
	expect(&v, "/apixy", "/");
	expect(&v, "/API", "/");
}
END_TEST

START_TEST(without_a_root_route_some_paths_have_none)
{
	static const char *const paths[] = {"/api", NULL};
	struct conf_vhost v = make_vhost(paths);

	expect(&v, "/api/x", "/api");
	expect(&v, "/", NULL);
	expect(&v, "/ap", NULL);
	expect(&v, "/apix", NULL);
	expect(&v, "", NULL);
}
END_TEST

/* The plainest answer: the first that fits, longest first. */
static const struct conf_route *plain_find(const struct conf_vhost *v,
    struct str path)
{
	for (unsigned i = 0; i < v->route_count; i++) {
		struct str p = v->routes[i].path;

		if (str_starts(path, p) && (p.n == path.n || p.n == 1 ||
		    path.p[p.n] == '/'))
			return &v->routes[i];
	}
	return NULL;
}

static void random_path(char *text, size_t size)
{
	size_t n = 1 + (size_t)rand() % (size - 2);

	text[0] = '/';
	for (size_t i = 1; i < n; i++)
		text[i] = "ab/"[rand() % 3];
	while (n > 1 && text[n - 1] == '/')
		n--;
	text[n] = '\0';
}

static void drop_doubles(struct conf_vhost *v)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < v->route_count; i++)
		if (kept == 0 ||
		    !str_eq(routes[kept - 1].path, routes[i].path))
			routes[kept++] = routes[i];
	v->route_count = kept;
}

START_TEST(random_routes_are_found_as_a_plain_loop_finds_them)
{
	static char pool[ROUTES_MAX][8];
	const char *paths[ROUTES_MAX];
	char path[12];

	srand(1);
	for (unsigned round = 0; round < 200; round++) {
		unsigned count = 1 + (unsigned)rand() % (ROUTES_MAX - 1);
		struct conf_vhost v;

		for (unsigned i = 0; i < count; i++) {
			random_path(pool[i], sizeof(pool[i]));
			paths[i] = pool[i];
		}
		paths[count] = NULL;
		v = make_vhost(paths);
		drop_doubles(&v);
		for (unsigned i = 0; i < 300; i++) {
			random_path(path, sizeof(path));
			ck_assert_ptr_eq(conf_find_route(&v, str_from(path)),
			    plain_find(&v, str_from(path)));
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_find");
	TCase *tc = tcase_create("find");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(tc, every_name_is_found_whatever_their_number);
	tcase_add_test(tc, a_name_that_is_only_part_of_another_is_not_found);
	tcase_add_test(tc, the_catch_all_takes_only_what_is_left);
	tcase_add_test(tc, the_longest_whole_segments_win);
	tcase_add_test(tc, without_a_root_route_some_paths_have_none);
	tcase_add_test(tc, random_routes_are_found_as_a_plain_loop_finds_them);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

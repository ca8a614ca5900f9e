/*
 * test_conf_cache.c - who caches, and how.
 *
 * The nearest word of route, vhost, preset and sluiced.conf decides; settings
 * come from all groups, the nearest first.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/test_conf_util.h"

#define ORIGIN "\"http://127.0.0.1:3000\""
#define MINUTE (60 * USEC_PER_SEC)
#define VHOST "host = \"a\"; proxy = " ORIGIN ";\n"

static struct conf_case c;
static char *shown;

static void setup(void)
{
	conf_case_begin(&c);
	shown = NULL;
}

static void teardown(void)
{
	free(shown);
	conf_case_end(&c);
}

static void write_files(const char *global, const char *vhost)
{
	char text[1000];

	snprintf(text, sizeof(text), "%s%s", CASE_USER, global);
	conf_case_text(&c, "sluiced.conf", text);
	snprintf(text, sizeof(text), "%s%s", VHOST, vhost);
	conf_case_text(&c, "vhosts.d/a.conf", text);
}

static void load(const char *global, const char *vhost)
{
	write_files(global, vhost);
	conf_case_load_good(&c);
}

static const struct conf_cache *cache_of(const char *path)
{
	const struct conf_route *route =
	    conf_find_route(c.conf->vhosts[0], str_from(path));

	ck_assert_ptr_nonnull(route);
	return route->scope->cache;
}

static void names_are(const struct conf_cache_names *names, const char *want)
{
	char text[200] = "";

	for (unsigned i = 0; i < names->count; i++) {
		strcat(text, i > 0 ? " " : "");
		strncat(text, names->at[i].p, names->at[i].n);
	}
	ck_assert_str_eq(text, want);
}

START_TEST(nobody_caches_who_does_not_say_so)
{
	load("", "");
	ck_assert_ptr_null(c.conf->scope->cache);
	ck_assert_ptr_null(cache_of("/"));
	ck_assert_ptr_null(c.conf->cache_path);
}
END_TEST

START_TEST(true_is_all_defaults)
{
	const struct conf_cache *cache;

	load("", "cache = true;");
	cache = cache_of("/");
	ck_assert_ptr_nonnull(cache);
	ck_assert_uint_eq(cache->max_size, 0);
	ck_assert_uint_eq(cache->max_object, 0);
	ck_assert_int_eq(cache->default_ttl, 0);
	ck_assert_int_eq(cache->negative_ttl, 0);
	ck_assert_uint_eq(cache->heuristic, 0);
	ck_assert_int_eq(cache->heuristic_max, USEC_PER_DAY);
	ck_assert_int_eq(cache->stale.while_revalidate, 0);
	ck_assert_int_eq(cache->stale.if_error, 0);
	ck_assert(str_eq(cache->tag_header, STR("Cache-Tag")));
	ck_assert_int_eq(cache->set_cookie, CONF_SET_COOKIE_REFUSE);
	names_are(&cache->targets, "CDN-Cache-Control");
	ck_assert_uint_eq(cache->key.ignore_query.count, 0);
	ck_assert_uint_eq(cache->bypass_cookies.count, 0);
	ck_assert_uint_eq(cache->purge_from.count, 0);
	ck_assert(!cache->status_header);
	ck_assert(cache->request_directives && cache->collapse);
}
END_TEST

START_TEST(an_empty_group_is_true)
{
	load("", "cache = { };");
	ck_assert_ptr_nonnull(cache_of("/"));
}
END_TEST

START_TEST(every_setting_is_read)
{
	const struct conf_cache *cache;

	load("", "cache = { max_size = \"64m\"; max_object = \"1m\";\n"
	    "default_ttl = \"1m\"; negative_ttl = \"5s\"; heuristic = \"10%\";\n"
	    "heuristic_max = \"1h\"; tag_header = false; set_cookie = \"remove\";\n"
	    "stale = { while_revalidate = \"30s\"; if_error = \"10m\"; };\n"
	    "key = { ignore_query = [ \"utm_*\", \"ref\" ]; cookies = \"cur\";\n"
	    "  headers = [ \"X-Country\", \"X-Device\" ]; };\n"
	    "bypass_cookies = [ \"session*\" ]; status_header = true;\n"
	    "purge_from = [ \"10.0.0.0/8\", \"unix\" ];\n"
	    "targets = [ \"Surrogate-Control\", \"CDN-Cache-Control\" ];\n"
	    "request_directives = false; collapse = false; };");
	cache = cache_of("/");
	ck_assert_uint_eq(cache->max_size, 64 << 20);
	ck_assert_uint_eq(cache->max_object, 1 << 20);
	ck_assert_int_eq(cache->default_ttl, MINUTE);
	ck_assert_int_eq(cache->negative_ttl, 5 * USEC_PER_SEC);
	ck_assert_uint_eq(cache->heuristic, 100000);
	ck_assert_int_eq(cache->heuristic_max, USEC_PER_HOUR);
	ck_assert_int_eq(cache->stale.while_revalidate, 30 * USEC_PER_SEC);
	ck_assert_int_eq(cache->stale.if_error, 10 * MINUTE);
	ck_assert_uint_eq(cache->tag_header.n, 0);
	ck_assert_int_eq(cache->set_cookie, CONF_SET_COOKIE_REMOVE);
	names_are(&cache->key.ignore_query, "utm_* ref");
	names_are(&cache->key.cookies, "cur");
	names_are(&cache->key.headers, "x-country x-device");
	names_are(&cache->bypass_cookies, "session*");
	names_are(&cache->targets, "Surrogate-Control CDN-Cache-Control");
	ck_assert_uint_eq(cache->purge_from.count, 2);
	ck_assert(cache->status_header);
	ck_assert(!cache->request_directives && !cache->collapse);
}
END_TEST

START_TEST(a_group_of_sluiced_conf_is_about_those_that_cache)
{
	load("cache = { default_ttl = \"1m\"; heuristic = \"20%\"; };",
	    "cache = { default_ttl = \"2m\"; };");
	ck_assert_int_eq(cache_of("/")->default_ttl, 2 * MINUTE);
	ck_assert_uint_eq(cache_of("/")->heuristic, 200000);
}
END_TEST

START_TEST(a_group_that_nobody_uses_is_a_warning)
{
	write_files("cache = { default_ttl = \"1m\"; };", "");
	conf_case_load(&c, NULL);
	ck_assert_ptr_nonnull(c.conf);
	ck_assert_ptr_null(cache_of("/"));
	ck_assert_uint_eq(c.warnings, 1);
	ck_assert_ptr_nonnull(strstr(c.messages, "sluiced.conf:2:1: warning: "
	    "this says how to cache, and no vhost caches [cache-unused]\n"));
	load("cache = { default_ttl = \"1m\"; };", "routes = ( "
	    "{ path = \"/a\"; proxy = " ORIGIN "; cache = true; } );");
}
END_TEST

START_TEST(all_makes_all_vhosts_cache_but_those_that_say_false)
{
	load("cache = { all = true; default_ttl = \"1m\"; };", "");
	ck_assert_int_eq(cache_of("/")->default_ttl, MINUTE);
	load("cache = true;", "");
	ck_assert_ptr_nonnull(cache_of("/"));
	load("cache = true;", "cache = false;");
	ck_assert_ptr_null(cache_of("/"));
}
END_TEST

START_TEST(a_route_adds_to_its_vhost_and_switches)
{
	load("", "cache = { default_ttl = \"1m\"; key = { cookies = \"a\"; }; };\n"
	    "routes = ( { path = \"/off\"; proxy = " ORIGIN "; cache = false; },\n"
	    "{ path = \"/more\"; proxy = " ORIGIN ";\n"
	    "  cache = { negative_ttl = \"1s\"; key = { headers = \"X-B\"; }; }; } );");
	ck_assert_ptr_null(cache_of("/off"));
	ck_assert_int_eq(cache_of("/more")->default_ttl, MINUTE);
	ck_assert_int_eq(cache_of("/more")->negative_ttl, USEC_PER_SEC);
	names_are(&cache_of("/more")->key.cookies, "a");
	names_are(&cache_of("/more")->key.headers, "x-b");
	ck_assert_int_eq(cache_of("/")->negative_ttl, 0);
}
END_TEST

START_TEST(a_route_caches_in_a_vhost_that_does_not)
{
	load("cache = { default_ttl = \"9s\"; };", "cache = false; routes = ( { "
	    "path = \"/on\"; proxy = " ORIGIN "; cache = true; } );");
	ck_assert_ptr_null(cache_of("/"));
	ck_assert_int_eq(cache_of("/on")->default_ttl, 9 * USEC_PER_SEC);
}
END_TEST

START_TEST(a_preset_with_a_group_makes_who_uses_it_cache)
{
	load("presets = { p = { cache = { default_ttl = \"1m\"; }; }; };",
	    "use = \"p\";");
	ck_assert_int_eq(cache_of("/")->default_ttl, MINUTE);
	load("presets = { p = { cache = { default_ttl = \"1m\"; }; }; };",
	    "use = \"p\"; cache = false;");
	ck_assert_ptr_null(cache_of("/"));
}
END_TEST

START_TEST(the_file_of_the_cache_is_a_path_in_a_directory)
{
	char text[100];

	snprintf(text, sizeof(text), "cache = { path = \"%s/cache\"; };", c.dir);
	load(text, "cache = true;");
	ck_assert_ptr_nonnull(strstr(c.conf->cache_path, "/cache"));
}
END_TEST

static uint64_t quarter(uint64_t size)
{
	return size / 4;
}

static void load_with_quarters(const char *global, const char *vhost)
{
	struct conf_request request = {.largest_object = quarter};
	char file[64];

	write_files(global, vhost);
	snprintf(file, sizeof(file), "%s/sluiced.conf", c.dir);
	request.file = file;
	conf_case_load(&c, &request);
}

START_TEST(an_object_that_can_never_be_kept_is_refused)
{
	load_with_quarters("shared = { cache = \"64m\"; };",
	    "cache = { max_object = \"17m\"; };");
	ck_assert_uint_eq(c.errors, 1);
	ck_assert_ptr_nonnull(strstr(c.messages,
	    "of 64m that the cache has, one can have 16m"));
	load_with_quarters("shared = { cache = \"64m\"; };",
	    "cache = { max_object = \"16m\"; };");
	ck_assert_uint_eq(c.errors, 0);
	ck_assert_uint_eq(cache_of("/")->max_object, 16 << 20);
}
END_TEST

START_TEST(a_share_of_more_than_all_is_odd)
{
	load_with_quarters("shared = { cache = \"64m\"; };",
	    "cache = { max_size = \"65m\"; };");
	ck_assert_uint_eq(c.errors, 0);
	ck_assert_uint_eq(c.warnings, 1);
	ck_assert_ptr_nonnull(strstr(c.messages, "[cache-share]"));
}
END_TEST

/* ---- sluiced -T ---- */

static void show(void)
{
	struct conf_request request = {.show = NULL};
	char file[64];
	size_t size;

	free(shown);
	snprintf(file, sizeof(file), "%s/sluiced.conf", c.dir);
	request.file = file;
	request.show = open_memstream(&shown, &size);
	ck_assert_ptr_nonnull(request.show);
	conf_case_load(&c, &request);
	fclose(request.show);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
}

/* How often TEXT begins a line behind blanks. */
static unsigned lines_with(const char *text)
{
	unsigned count = 0;

	for (const char *at = strstr(shown, text); at != NULL;
	     at = strstr(at + 1, text))
		count += at == shown || at[-1] == '\n' || at[-1] == ' ';
	return count;
}

START_TEST(what_is_shown_says_who_caches)
{
	write_files("cache = { default_ttl = \"1m\"; };", "");
	show();
	ck_assert_uint_eq(lines_with("cache = {"), 1);
	ck_assert_uint_eq(lines_with("all = false;"), 1);
	ck_assert_uint_eq(lines_with("cache = false;"), 1);
	write_files("cache = { default_ttl = \"1m\"; };", "cache = true;");
	show();
	ck_assert_uint_eq(lines_with("cache = {"), 2);
	ck_assert_uint_eq(lines_with("all = false;"), 1);
	ck_assert_uint_eq(lines_with("default_ttl = \"1m\";"), 2);
	ck_assert_uint_eq(lines_with("tag_header = \"Cache-Tag\";"), 2);
	write_files("cache = true;", "");
	show();
	ck_assert_uint_eq(lines_with("cache = true;"), 1);
	ck_assert_uint_eq(lines_with("cache = {"), 1);
}
END_TEST

START_TEST(a_route_shows_no_share_of_its_own)
{
	write_files("", "cache = { max_size = \"1m\"; }; routes = ( { "
	    "path = \"/x\"; proxy = " ORIGIN "; cache = { default_ttl = "
	    "\"1s\"; }; } );");
	show();
	ck_assert_uint_eq(lines_with("max_size = \"1m\";"), 1);
	ck_assert_uint_eq(lines_with("cache = {"), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_cache");
	TCase *tc = tcase_create("cache");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nobody_caches_who_does_not_say_so);
	tcase_add_test(tc, true_is_all_defaults);
	tcase_add_test(tc, an_empty_group_is_true);
	tcase_add_test(tc, every_setting_is_read);
	tcase_add_test(tc, a_group_of_sluiced_conf_is_about_those_that_cache);
	tcase_add_test(tc, a_group_that_nobody_uses_is_a_warning);
	tcase_add_test(tc, all_makes_all_vhosts_cache_but_those_that_say_false);
	tcase_add_test(tc, a_route_adds_to_its_vhost_and_switches);
	tcase_add_test(tc, a_route_caches_in_a_vhost_that_does_not);
	tcase_add_test(tc, a_preset_with_a_group_makes_who_uses_it_cache);
	tcase_add_test(tc, the_file_of_the_cache_is_a_path_in_a_directory);
	tcase_add_test(tc, an_object_that_can_never_be_kept_is_refused);
	tcase_add_test(tc, a_share_of_more_than_all_is_odd);
	tcase_add_test(tc, what_is_shown_says_who_caches);
	tcase_add_test(tc, a_route_shows_no_share_of_its_own);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

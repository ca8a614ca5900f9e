/*
 * test_conf_errors.c - cookies and error pages, as they are loaded.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/errors.h"
#include "tests/unit/test_conf_util.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PROXY "proxy = \"http://127.0.0.1:3000\";"

static struct conf_case c;

static void setup(void)
{
	conf_case_begin(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
}

static void teardown(void)
{
	conf_case_end(&c);
}

/* The scope of the only vhost, or of its route number ROUTE. */
static const struct conf_scope *load(const char *vhost, int route)
{
	conf_case_text(&c, "vhosts.d/a.conf", vhost);
	conf_case_load_good(&c);
	if (route < 0)
		return c.conf->vhosts[0]->scope;
	return c.conf->vhosts[0]->routes[route].scope;
}

static bool is_for(const struct conf_error_page *entry, unsigned status)
{
	unsigned bit = status - CONF_ERROR_LEAST;

	return entry->statuses[bit / 64] >> bit % 64 & 1;
}

/* ---- cookies ---- */

START_TEST(without_cookies_there_is_nothing_to_do)
{
	ck_assert_ptr_null(load("host = \"a\";" PROXY, -1)->cookies);
}
END_TEST

START_TEST(cookies_are_merged_from_all_groups)
{
	const struct conf_cookies *cookies;

	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "cookies = { secure = true; remove = \"debug\"; };");
	cookies = load("host = \"a\"; cookies = { same_site = \"None\"; "
	    "http_only = true; }; routes = ( { path = \"/\"; " PROXY
	    "cookies = { http_only = false; rewrite_domain = \".A.example\"; "
	    "rewrite_path = \"/app/\"; }; } );", 0)->cookies;
	ck_assert(cookies->secure);
	ck_assert(!cookies->http_only);
	ck_assert_int_eq(cookies->same_site, CONF_SAME_SITE_NONE);
	ck_assert_str_eq(cookies->domain, ".A.example");
	ck_assert_str_eq(cookies->path, "/app");
	ck_assert_uint_eq(cookies->remove_count, 1);
	ck_assert_str_eq(cookies->remove[0], "debug");
	ck_assert(c.conf->vhosts[0]->scope->cookies->http_only);
	ck_assert(!c.conf->scope->cookies->http_only);
}
END_TEST

START_TEST(the_root_is_no_path_to_put_before)
{
	const struct conf_scope *scope = load("host = \"a\";" PROXY
	    "cookies = { rewrite_path = \"/\"; };", -1);

	ck_assert_ptr_null(scope->cookies->path);
}
END_TEST

START_TEST(what_is_wrong_in_sluiced_conf_is_said_once)
{
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "cookies = { same_site = \"lazy\"; rewrite_path = \"x\"; };\n"
	    "errors = ( { status = 1; file = \"none.html\"; } );");
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a\"; routes = ( "
	    "{ path = \"/\"; " PROXY "cookies = { secure = true; }; } );");
	conf_case_text(&c, "vhosts.d/b.conf", "host = \"b\";" PROXY);
	conf_case_load_bad(&c, "\"same_site\" is \"Lax\"");
	ck_assert_uint_eq(c.errors, 4);
}
END_TEST

/* ---- errors ---- */

START_TEST(statuses_are_numbers_and_ranges)
{
	const struct conf_scope *scope = load("host = \"a\";" PROXY
	    "errors = ( { status = ( 404, \"500-502\", \"599\", 400 ); "
	    "retry_after = \"1500ms\"; }, "
	    "{ status = \"400-599\"; origin = true; } );", -1);
	const struct conf_error_page *entry = scope->errors;

	ck_assert_uint_eq(scope->error_count, 2);
	for (unsigned s = CONF_ERROR_LEAST; s <= CONF_ERROR_MOST; s++) {
		bool in = s == 400 || s == 404 || s == 599 ||
		    (s >= 500 && s <= 502);

		ck_assert_msg(is_for(&entry[0], s) == in, "%u", s);
		ck_assert_msg(is_for(&entry[1], s), "%u", s);
	}
	ck_assert_uint_eq(entry[0].retry_after, 2);
	ck_assert(!entry[0].origin && entry[1].origin);
	ck_assert_uint_eq(entry[1].retry_after, 0);
	ck_assert_ptr_null(entry[0].page);
}
END_TEST

START_TEST(files_are_found_beside_the_file_that_names_them)
{
	const struct conf_scope *scope;

	conf_case_text(&c, "vhosts.d/busy.html", "<p>vhost");
	conf_case_text(&c, "busy.html", "<p>global");
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "errors = ( { status = 503; file = \"busy.html\"; } );");
	scope = load("host = \"a\"; routes = ( { path = \"/\"; " PROXY
	    "errors = ( { status = 503; file = \"busy.html\"; } ); } );", 0);
	ck_assert_uint_eq(scope->errors->page->piece_count, 1);
	ck_assert(str_eq(scope->errors->page->pieces->text,
	    STR("<p>vhost")));
	ck_assert(str_eq(scope->errors->page->type,
	    STR("text/html; charset=utf-8")));
	ck_assert(str_eq(c.conf->scope->errors->page->pieces->text,
	    STR("<p>global")));
}
END_TEST

START_TEST(who_inherits_a_list_shares_it)
{
	conf_case_text(&c, "busy.html", "<p>global");
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "errors = ( { status = 503; file = \"busy.html\"; } );");
	conf_case_text(&c, "vhosts.d/b.conf", "host = \"b\"; routes = ( "
	    "{ path = \"/\"; " PROXY "cookies = { secure = true; }; } );");
	(void)load("host = \"a\";" PROXY, -1);
	ck_assert_ptr_eq(c.conf->vhosts[0]->scope->errors,
	    c.conf->scope->errors);
	ck_assert_ptr_eq(c.conf->vhosts[1]->routes[0].scope->errors,
	    c.conf->scope->errors);
}
END_TEST

/* ---- pages ---- */

static void check_page(const char *text, const char *expected)
{
	struct arena a;
	struct conf_page *page;
	char *found;
	size_t size;
	FILE *out = open_memstream(&found, &size);

	ck_assert_ptr_nonnull(out);
	arena_init(&a);
	page = conf_page_make(&a, STR("text/plain"), str_from(text));
	for (unsigned i = 0; page != NULL && i < page->piece_count; i++) {
		const struct conf_page_piece *p = &page->pieces[i];

		if (p->part == CONF_PAGE_TEXT)
			fprintf(out, "[%" PRI_STR "]", ARG_STR(p->text));
		else
			fprintf(out, "%d", p->part);
	}
	fclose(out);
	ck_assert_str_eq(found, page != NULL ? expected : "");
	free(found);
	arena_free(&a);
}

START_TEST(pages_are_cut_at_their_variables)
{
	static const char *const pages[][2] = {
	    {"", ""},
	    {"abc", "[abc]"},
	    {"${status}", "1"},
	    {"a${status}${reason}b${message}${request_id}", "[a]12[b]34"},
	    {"${x}${status", "[${x}${status]"},
	    {"$${status}}", "[$]1[}]"},
	    {"${ status}$", "[${ status}$]"},
	};

	for (size_t i = 0; i < COUNT(pages); i++)
		check_page(pages[i][0], pages[i][1]);
}
END_TEST

START_TEST(variables_of_a_page_are_bounded)
{
	char text[1024] = "";
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < CONF_PAGE_PIECES_MAX / 2; i++)
		strcat(text, "-${status}");
	strcat(text, "-");
	ck_assert_ptr_nonnull(conf_page_make(&a, STR("x"), str_from(text)));
	strcat(text, "${status}");
	ck_assert_ptr_null(conf_page_make(&a, STR("x"), str_from(text)));
	arena_free(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_errors");
	TCase *tc = tcase_create("load");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_cookies_there_is_nothing_to_do);
	tcase_add_test(tc, cookies_are_merged_from_all_groups);
	tcase_add_test(tc, the_root_is_no_path_to_put_before);
	tcase_add_test(tc, what_is_wrong_in_sluiced_conf_is_said_once);
	tcase_add_test(tc, statuses_are_numbers_and_ranges);
	tcase_add_test(tc, files_are_found_beside_the_file_that_names_them);
	tcase_add_test(tc, who_inherits_a_list_shares_it);
	tcase_add_test(tc, pages_are_cut_at_their_variables);
	tcase_add_test(tc, variables_of_a_page_are_bounded);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

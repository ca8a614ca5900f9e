/*
 * test_target.c - one reading of a request target.
 *
 * The first table holds spellings of one protected path, as attackers try
 * them: each is that path, or is refused.  None reaches another route.
 */
#include "tests/unit/test_head.h"

#include <stdio.h>

#include "common/conf/path.h"
#include "worker/http/path.h"
#include "worker/http/target.h"

#define PROTECTED "/admin/x"

struct spelling {
	const char *target;
	enum fault fault;
};

static const struct spelling spellings[] = {
    {"/admin/x", FAULT_NONE},
    {"/%61dmin/x", FAULT_NONE},
    {"/%61%64%6d%69%6e/x", FAULT_NONE},
    {"/%61%64%6D%69%6E/%78", FAULT_NONE},
    {"/admin/%78", FAULT_NONE},
    {"//admin/x", FAULT_NONE},
    {"///admin/x", FAULT_NONE},
    {"/admin//x", FAULT_NONE},
    {"/admin///x", FAULT_NONE},
    {"//admin//x", FAULT_NONE},
    {"//%61dmin//%78", FAULT_NONE},
    {"/./admin/x", FAULT_NONE},
    {"/././admin/x", FAULT_NONE},
    {"/admin/./x", FAULT_NONE},
    {"/%2e/admin/x", FAULT_NONE},
    {"/%2E/admin/x", FAULT_NONE},
    {"/admin/%2e/x", FAULT_NONE},
    {"/.//admin/x", FAULT_NONE},
    {"//./admin/x", FAULT_NONE},
    {"/a/../admin/x", FAULT_NONE},
    {"/a/b/../../admin/x", FAULT_NONE},
    {"/a/%2e%2e/admin/x", FAULT_NONE},
    {"/a/.%2e/admin/x", FAULT_NONE},
    {"/a/%2E./admin/x", FAULT_NONE},
    {"/a/./../admin/x", FAULT_NONE},
    {"/a/../a/../admin/x", FAULT_NONE},
    {"/admin/a/../x", FAULT_NONE},
    {"/admin/../admin/x", FAULT_NONE},
    {"/admin/x/a/..", FAULT_NONE}, /* but for the slash at its end */
    {"/admin/x?", FAULT_NONE},
    {"/admin/x?/../y", FAULT_NONE},
    {"http://a/admin/x", FAULT_NONE},
    {"http://a//admin/x", FAULT_NONE},
    {"HTTP://A/a/%2e%2e/admin/x", FAULT_NONE},
    {"/../admin/x", FAULT_path_above_root},
    {"/a/../../admin/x", FAULT_path_above_root},
    {"/%2e%2e/admin/x", FAULT_path_above_root},
    {"/.%2E/admin/x", FAULT_path_above_root},
    {"/./../admin/x", FAULT_path_above_root},
    {"http://a/../admin/x", FAULT_path_above_root},
    {"//../admin/x", FAULT_path_ambiguous},
    {"/a//../admin/x", FAULT_path_ambiguous},
    {"/a//../../admin/x", FAULT_path_ambiguous},
    {"/a/..%2fadmin/x", FAULT_path_ambiguous},
    {"/a/..%2Fadmin/x", FAULT_path_ambiguous},
    {"/a%2f../admin/x", FAULT_path_ambiguous},
    {"/a/%2e%2e%2fadmin/x", FAULT_path_ambiguous},
    {"/a%2f..%2fadmin/x", FAULT_path_ambiguous},
    {"/a/..%5cadmin/x", FAULT_path_ambiguous},
    {"/a%5c..%5Cadmin/x", FAULT_path_ambiguous},
    {"/.%2fadmin/x", FAULT_path_ambiguous},
    {"/%2e%5cadmin/x", FAULT_path_ambiguous},
    {"/a%2f.%2fadmin/x", FAULT_path_ambiguous},
    {"/admin/a%2f..%2fx", FAULT_path_ambiguous},
    {"/a/%252e%252e/admin/x", FAULT_path_ambiguous},
    {"/a/%252E%252E/admin/x", FAULT_path_ambiguous},
    {"/a/.%252e/admin/x", FAULT_path_ambiguous},
    {"/a/%25%32%65%252e/admin/x", FAULT_path_ambiguous},
    {"/a/%25252e%25252e/admin/x", FAULT_path_ambiguous},
    {"/a/..%252fadmin/x", FAULT_path_ambiguous},
    {"/a%252f..%252fadmin/x", FAULT_path_ambiguous},
    {"/a/%252e%252e%255cadmin/x", FAULT_path_ambiguous},
    {"/%252e/admin/x", FAULT_path_ambiguous},
    {"/a/%c0%ae%c0%ae/admin/x", FAULT_path_ambiguous},
    {"/a/..%c0%afadmin/x", FAULT_path_ambiguous},
    {"/a/..%c1%9cadmin/x", FAULT_path_ambiguous},
    {"/a/%e0%80%ae%e0%80%ae/admin/x", FAULT_path_ambiguous},
    {"/a/%f0%80%80%ae./admin/x", FAULT_path_ambiguous},
    {"/a/%25c0%25ae./admin/x", FAULT_path_ambiguous},
    {"/a/..;/admin/x", FAULT_path_ambiguous},
    {"/a/..;b=c/admin/x", FAULT_path_ambiguous},
    {"/a/%2e%2e;/admin/x", FAULT_path_ambiguous},
    {"/a/..%3b/admin/x", FAULT_path_ambiguous},
    {"/.;/admin/x", FAULT_path_ambiguous},
    {"/a/..%2500/admin/x", FAULT_path_ambiguous},
    {"/a/..%3f/admin/x", FAULT_path_ambiguous},
    {"/a/..%23/admin/x", FAULT_path_ambiguous},
    {"/admin%00/x", FAULT_path_escape},
    {"/admin/x%0a", FAULT_path_escape},
    {"/admin/x%0D%0A", FAULT_path_escape},
    {"/admin%09/x", FAULT_path_escape},
    {"/admin%1f/x", FAULT_path_escape},
    {"/admin/x%7F", FAULT_path_escape},
    {"/a/..%00/admin/x", FAULT_path_escape},
    {"/%6/admin/x", FAULT_path_escape},
    {"/%/admin/x", FAULT_path_escape},
    {"/%zzadmin/x", FAULT_path_escape},
    {"/%u0061dmin/x", FAULT_path_escape},
    {"/a/%u002e%u002e/admin/x", FAULT_path_escape},
    {"/a/%%32%65%%32%65/admin/x", FAULT_path_escape},
    {"/a/%2%65%2%65/admin/x", FAULT_path_escape},
    {"/admin/x%", FAULT_path_escape},
    {"/admin/x%2", FAULT_path_escape},
    {"\\admin/x", FAULT_target},
    {"/\\admin/x", FAULT_target},
    {"/a\\..\\admin/x", FAULT_target},
    {"/a/..\\admin/x", FAULT_target},
    {"/admin/x#", FAULT_target},
    {"#/admin/x", FAULT_target},
    {"/admin/\xc0\xae", FAULT_target},
    {"admin/x", FAULT_target},
    {"./admin/x", FAULT_target},
    {"file:///admin/x", FAULT_target},
    {"http://b/admin/x", FAULT_host_differs},
    {"http://a\\/admin/x", FAULT_host_differs},
    {"http://b@a/admin/x", FAULT_host_differs},
};

/* What a target is read as; "" is no path at all. */
struct reading {
	const char *target;
	const char *forward;
	const char *path;
	const char *query; /* NULL: none */
};

static const struct reading readings[] = {
    {"/", "/", "/", NULL},
    {"/?", "/", "/", ""},
    {"/a?b?c", "/a", "/a", "b?c"},
    {"/a?b=%2e%2E/../%", "/a", "/a", "b=%2e%2E/../%"},
    {"//", "//", "/", NULL},
    {"//a///b//", "//a///b//", "/a/b/", NULL},
    {"/%7euser/%2D%5f", "/~user/-_", "/~user/-_", NULL},
    {"/a%2fb%5cc", "/a%2Fb%5Cc", "/a%2Fb%5Cc", NULL},
    {"/%c3%a9%20%22", "/%C3%A9%20%22", "/%C3%A9%20%22", NULL},
    {"/%3a%40%21", "/%3A%40%21", "/%3A%40%21", NULL},
    {"/100%25", "/100%25", "/100%25", NULL},
    {"/%2525", "/%2525", "/%2525", NULL},
    {"/a%252Fb", "/a%252Fb", "/a%252Fb", NULL},
    {"/%c0%b4%c0%ae", "/%C0%B4%C0%AE", "/%C0%B4%C0%AE", NULL},
    {"/a/.", "/a/", "/a/", NULL},
    {"/a/..", "/", "/", NULL},
    {"/a/b/..", "/a/", "/a/", NULL},
    {"/a/b/../", "/a/", "/a/", NULL},
    {"/.", "/", "/", NULL},
    {"/./", "/", "/", NULL},
    {"/.a", "/.a", "/.a", NULL},
    {"/..a", "/..a", "/..a", NULL},
    {"/...", "/...", "/...", NULL},
    {"/a./b..", "/a./b..", "/a./b..", NULL},
    {"/.well-known/x", "/.well-known/x", "/.well-known/x", NULL},
    {"/a;b=c/d", "/a;b=c/d", "/a;b=c/d", NULL},
    {"/a..;b/c", "/a..;b/c", "/a..;b/c", NULL},
    {"/[a]|b^", "/[a]|b^", "/[a]|b^", NULL},
    {"/a/b//c/../d", "/a/b//d", "/a/b/d", NULL},
    {"http://a", "/", "/", NULL},
    {"http://a?b", "/", "/", "b"},
    {"http://a/?b", "/", "/", "b"},
};

static enum fault read_target(const char *target, struct message *m,
    struct arena *a)
{
	*m = (struct message){
	    .method = METHOD_GET,
	    .target = str_from(target),
	    .host = STR("a"),
	    .authority = STR("a"),
	};
	return target_parse(m, a);
}

START_TEST(spelling_is_the_protected_path_or_refused)
{
	const struct spelling *s = &spellings[_i];
	struct str path = STR(PROTECTED);
	struct arena a;
	struct message m;

	arena_init(&a);
	ck_assert_str_eq(fault_name(read_target(s->target, &m, &a)),
	    fault_name(s->fault));
	if (s->fault == FAULT_NONE) {
		ck_assert(str_starts(m.path, path));
		ck_assert_uint_le(m.path.n, path.n + 1);
	}
	arena_free(&a);
}
END_TEST

START_TEST(target_is_read_once)
{
	const struct reading *r = &readings[_i];
	struct arena a;
	struct message m;

	arena_init(&a);
	ck_assert_int_eq(read_target(r->target, &m, &a), FAULT_NONE);
	check_text(m.forward, str_from(r->forward));
	check_text(m.path, str_from(r->path));
	ck_assert((m.query.p == NULL) == (r->query == NULL));
	if (r->query != NULL)
		check_text(m.query, str_from(r->query));
	arena_free(&a);
}
END_TEST

/* What is forwarded is read the same by the next one who normalises. */
START_TEST(reading_twice_changes_nothing)
{
	const struct reading *r = &readings[_i];
	struct arena a;
	struct message m;

	arena_init(&a);
	ck_assert_int_eq(read_target(r->forward, &m, &a), FAULT_NONE);
	check_text(m.forward, str_from(r->forward));
	check_text(m.path, str_from(r->path));
	arena_free(&a);
}
END_TEST

/* A normalised path, and what careless readers make of it. */
static const struct {
	const char *path;
	const char *loose; /* NULL: the same, and not copied */
} loose_readings[] = {
    {"/", NULL},
    {"/a/b.c", NULL},
    {"/a/.b/..c", NULL},
    {"/a%2Fb", "/a/b"},
    {"/a%5Cb", "/a/b"},
    {"/%2Fa", "/a"},
    {"/a%2F%2Fb/", "/a/b/"},
    {"/a%2F", "/a"},
    {"/%2561", "/a"},
    {"/%25252525", "/%25"},
    {"/a;b=c/d;e", "/a/d"},
    {"/;/a", "/a"},
    {"/a%3Bb%2Fc", "/a/c"},
    {"/a%3Fb/c", "/a"},
    {"/a%23b", "/a"},
    {"/a%2500b", "/a"},
    {"/a.", "/a"},
    {"/a./b..%20/c", "/a/b/c"},
    {"/.../a", "/a"},
    {"/%20.", "/"},
    {"/;a", "/"},
    {"/%C1%A1%C0%AFb", "/a/b"},
    {"/%C0%80b", "/"},
    {"/%C3%A4", "/%C3%A4"},
    {"/a%20b/%25C3%25A4", "/a%20b/%C3%A4"},
    {"/a%20b%20.%20/c", "/a%20b/c"},
    {"/100%25/%25zz", "/100%25/%25zz"},
};

START_TEST(path_is_read_loosely)
{
	struct str path = str_from(loose_readings[_i].path);
	const char *expected = loose_readings[_i].loose;
	struct arena a;
	struct str loose;

	arena_init(&a);
	ck_assert_int_eq(path_loosen(path, &a, &loose), FAULT_NONE);
	if (expected == NULL)
		ck_assert_ptr_eq(loose.p, path.p);
	else
		check_text(loose, str_from(expected));
	arena_free(&a);
}
END_TEST

/* Overlong UTF-8 is beyond what a route's path is checked for. */
START_TEST(a_path_that_is_read_otherwise_is_known_at_load)
{
	struct str path = str_from(loose_readings[_i].path);
	const char *loose = loose_readings[_i].loose;
	bool same = loose == NULL || str_eq(path, str_from(loose));

	if (strstr(path.p, "/%C0") == NULL && strstr(path.p, "/%C1") == NULL)
		ck_assert_int_eq(conf_path_is_loose(path), !same);
}
END_TEST

START_TEST(usual_path_is_not_copied)
{
	const char *target = "/static/js/app.min.js?v=1";
	struct arena none;
	struct message m;

	arena_init_fixed(&none, NULL, 0);
	ck_assert_int_eq(read_target(target, &m, &none), FAULT_NONE);
	ck_assert_ptr_eq(m.forward.p, target);
	ck_assert_ptr_eq(m.path.p, target);
}
END_TEST

/* Every byte, in a path and in a query: what RFC 3986 allows and a few more. */
START_TEST(bytes_that_may_stand_in_a_target)
{
	const char *path = "!$&'()*+,-./:;=@[]^_|~?";
	const char *query = "!$&'()*+,-./:;=@[]^_|~?%\\`{}";
	struct arena a;
	struct message m;

	arena_init(&a);
	for (int c = 1; c < 256; c++) {
		char in_path[] = {'/', 'x', (char)c, 'x', '\0'};
		char in_query[] = {'/', '?', (char)c, '\0'};
		bool plain = c < 0x80 && (char_hex((char)c) >= 0 ||
		    (char_lower((char)c) >= 'a' && char_lower((char)c) <= 'z'));

		ck_assert_int_eq(read_target(in_path, &m, &a) == FAULT_NONE,
		    plain || strchr(path, c) != NULL);
		ck_assert_int_eq(read_target(in_query, &m, &a) == FAULT_NONE,
		    plain || strchr(query, c) != NULL);
	}
	arena_free(&a);
}
END_TEST

START_TEST(only_unreserved_escapes_are_decoded)
{
	struct arena a;
	struct message m;

	arena_init(&a);
	for (int c = ' '; c < 256; c += c == '~' ? 2 : 1) {
		char escaped[] = "/x%00x";
		char decoded[] = {'/', 'x', (char)c, 'x', '\0'};
		bool plain = c < 0x80 && (strchr("-._~", c) != NULL ||
		    char_is_digit((char)c) || (char_lower((char)c) >= 'a' &&
			char_lower((char)c) <= 'z'));

		snprintf(escaped, sizeof(escaped), "/x%%%02Xx", (unsigned)c);
		ck_assert_int_eq(read_target(escaped, &m, &a), FAULT_NONE);
		check_text(m.path, str_from(plain ? decoded : escaped));
	}
	arena_free(&a);
}
END_TEST

START_TEST(host_of_an_authority)
{
	static const struct {
		const char *authority;
		const char *host;
	} rows[] = {
	    {"a.example", "a.example"},
	    {"A.Example:80", "a.example"},
	    {"a.example.:80", "a.example"},
	    {"[::1]:80", "[::1]"},
	    {"[2001:DB8::A]", "[2001:db8::a]"},
	    {"127.0.0.1:8080", "127.0.0.1"},
	};
	struct arena a;
	struct str host;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(target_parse_authority(
		    str_from(rows[i].authority), &a, &host), FAULT_NONE);
		check_text(host, str_from(rows[i].host));
	}
	ck_assert_int_eq(target_parse_authority(STR("[::1\0]"), &a, &host),
	    FAULT_host_malformed);
	arena_free(&a);
}
END_TEST

START_TEST(absolute_target_gives_a_missing_host)
{
	struct parsed p;

	parse_request(&p, STR("GET http://A.b:81/c HTTP/1.0\r\n\r\n"));
	check_fault(&p, FAULT_NONE);
	check_text(p.m.host, STR("a.b"));
	check_text(p.m.authority, STR("A.b:81"));
	parsed_free(&p);
	parse_request(&p, STR("OPTIONS http://a HTTP/1.0\r\n\r\n"));
	check_fault(&p, FAULT_NONE);
	check_text(p.m.forward, STR("*"));
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("target");
	TCase *tcase = tcase_create("target");

	tcase_add_loop_test(tcase, spelling_is_the_protected_path_or_refused,
	    0, COUNT(spellings));
	tcase_add_loop_test(tcase, target_is_read_once, 0, COUNT(readings));
	tcase_add_loop_test(tcase, reading_twice_changes_nothing, 0,
	    COUNT(readings));
	tcase_add_loop_test(tcase, path_is_read_loosely, 0,
	    COUNT(loose_readings));
	tcase_add_loop_test(tcase,
	    a_path_that_is_read_otherwise_is_known_at_load, 0,
	    COUNT(loose_readings));
	tcase_add_test(tcase, usual_path_is_not_copied);
	tcase_add_test(tcase, bytes_that_may_stand_in_a_target);
	tcase_add_test(tcase, only_unreserved_escapes_are_decoded);
	tcase_add_test(tcase, host_of_an_authority);
	tcase_add_test(tcase, absolute_target_gives_a_missing_host);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

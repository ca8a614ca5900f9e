/*
 * test_keep_alive.c - what an origin's Keep-Alive is taken for.
 */
#include "worker/http/keep_alive.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "worker/http/head.h"

#define OURS (4 * USEC_PER_SEC)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static usec_t patience_of(const char *fields)
{
	static char head[1000], room[8000];
	static const struct conf_head_limits limits = {.header = 65536,
	    .fields = 100};
	struct arena a;
	struct message m;
	int n = snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\n%sContent-Length: 0\r\n\r\n", fields);

	arena_init_fixed(&a, room, sizeof(room));
	ck_assert_int_eq(head_parse_reply(str_make(head, (size_t)n),
	    METHOD_GET, &limits, &a, &m), FAULT_NONE);
	return keep_alive_patience(&m, OURS);
}

START_TEST(an_origin_says_how_long_it_keeps_a_connection)
{
	static const struct {
		const char *fields;
		int seconds;
	} cases[] = {
	    {"", 4},
	    {"Keep-Alive: timeout=5\r\n", 4},
	    {"Keep-Alive: timeout=5, max=100\r\n", 4},
	    {"keep-alive: max=100, timeout=60\r\n", 59},
	    {"Connection: keep-alive\r\nKeep-Alive: Timeout=15\r\n", 14},
	    {"Keep-Alive: timeout=2\r\n", 1},
	    {"Keep-Alive: timeout=1\r\n", 0},
	    {"Keep-Alive: timeout=0\r\n", 0},
	    {"Keep-Alive: max=0\r\n", 0},
	    {"Keep-Alive: timeout=60, max=0\r\n", 0},
	    {"Keep-Alive: max=1\r\n", 4},
	    {"Keep-Alive: timeout=86400\r\n", 600},
	    {"Keep-Alive: timeout=999999999\r\n", 600},
	    {"Keep-Alive: timeout=30\r\nKeep-Alive: timeout=20\r\n", 19},
	    {"Keep-Alive: timeout=20, timeout=30\r\n", 19},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(patience_of(cases[i].fields) ==
		    cases[i].seconds * USEC_PER_SEC, "%s", cases[i].fields);
}
END_TEST

START_TEST(what_is_malformed_says_nothing)
{
	static const char *const fields[] = {
	    "Keep-Alive:\r\n",
	    "Keep-Alive: 60\r\n",
	    "Keep-Alive: timeout\r\n",
	    "Keep-Alive: timeout=\r\n",
	    "Keep-Alive: timeout=-1\r\n",
	    "Keep-Alive: timeout=1.5\r\n",
	    "Keep-Alive: timeout=\"5\"\r\n",
	    "Keep-Alive: timeout =5\r\n",
	    "Keep-Alive: timeout=5s\r\n",
	    "Keep-Alive: xtimeout=5\r\n",
	    "Keep-Alive: timeout=99999999999999999999\r\n",
	    "Keep-Alive: max=none\r\n",
	    "Keep-Alive: ,,;,\r\n",
	};

	for (size_t i = 0; i < COUNT(fields); i++)
		ck_assert_msg(patience_of(fields[i]) == OURS, "%s", fields[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keep_alive");
	TCase *tc = tcase_create("keep_alive");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(tc, an_origin_says_how_long_it_keeps_a_connection);
	tcase_add_test(tc, what_is_malformed_says_nothing);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

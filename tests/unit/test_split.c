/*
 * test_split.c - visitors and their arms: shares, growth, independence; what
 * is in the cookie, and who forces what.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>

#include "common/base/random.h"
#include "tests/unit/test_conf_util.h"
#include "worker/http/head.h"
#include "worker/proxy/split.h"

#define VISITORS 100000

static struct conf_case c;

static void load(const char *splits)
{
	char text[4096];

	conf_case_begin(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
	snprintf(text, sizeof(text),
	    "host = \"a.test\";\n"
	    "routes = ( { path = \"/\"; respond = \"x\"; split = %s; } );\n",
	    splits);
	conf_case_text(&c, "vhosts.d/a.conf", text);
	conf_case_load(&c, NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
}

static const struct conf_route *route(void)
{
	return &c.conf->vhosts[0]->routes[0];
}

/* The index of the arm that visitor I has of split S, with these weights. */
static unsigned arm_of(const struct conf_split *s, unsigned i)
{
	char key[32];
	int n = snprintf(key, sizeof(key), "visitor-%u", i);
	const struct conf_arm *arm =
	    split_pick(s, str_make(key, (size_t)n));

	return (unsigned)(arm - s->arms);
}

/* ---- shares ---- */

/* Is COUNT of N what a share of P of them may be?  Five times the standard
 * deviation: the visitors are the same in each run, so it is no gamble. */
static bool is_share(unsigned count, unsigned n, double p)
{
	return fabs(count - n * p) <= 5 * sqrt(n * p * (1 - p)) + 1;
}

static void must_be_shares(const struct conf_split *s)
{
	unsigned counts[CONF_ARMS_MAX] = {0};
	unsigned sum = 0;

	for (unsigned i = 0; i < s->arm_count; i++)
		sum += s->arms[i].weight;
	for (unsigned i = 0; i < VISITORS; i++)
		counts[arm_of(s, i)]++;
	for (unsigned i = 0; i < s->arm_count; i++)
		ck_assert_msg(is_share(counts[i], VISITORS,
				  (double)s->arms[i].weight / sum),
		    "arm %s has %u of %u", s->arms[i].name, counts[i],
		    VISITORS);
}

static const char *const shares[] = {
    "{ name = \"a\"; arms = ( { name = \"x\"; weight = 90; }, "
    "{ name = \"y\"; weight = 10; } ); }",
    "{ name = \"b\"; arms = ( { name = \"x\"; }, { name = \"y\"; } ); }",
    "{ name = \"c\"; arms = ( { name = \"x\"; weight = 9999; }, "
    "{ name = \"y\"; } ); }",
    "{ name = \"d\"; arms = ( { name = \"1\"; weight = 1; }, "
    "{ name = \"2\"; weight = 2; }, { name = \"3\"; weight = 3; }, "
    "{ name = \"4\"; weight = 0; force = \"?x\"; }, "
    "{ name = \"5\"; weight = 5; }, { name = \"6\"; weight = 10000; } ); }",
};

START_TEST(arms_have_the_shares_of_their_weights)
{
	load(shares[_i]);
	must_be_shares(&route()->splits.at[0]);
	conf_case_end(&c);
}
END_TEST

/* The weights of the arms of one split, first 90, 10, 50, then this. */
static const struct {
	unsigned to[3];
	int grows; /* the arm that may gain; -1: any but SHRINKS */
	int shrinks;
} changes[] = {
    {{90, 20, 50}, 1, -1},
    {{90, 0, 50}, -1, 1},
    {{90, 9, 50}, -1, 1},
    {{10000, 10, 50}, 0, -1},
    {{90, 10, 51}, 2, -1},
};

START_TEST(a_weight_that_changes_moves_only_whom_it_must)
{
	struct conf_split s;
	struct conf_arm arms[3];
	unsigned moved = 0;

	load("{ name = \"exp\"; arms = ( { name = \"x\"; weight = 90; }, "
	     "{ name = \"y\"; weight = 10; }, "
	     "{ name = \"z\"; weight = 50; } ); }");
	s = route()->splits.at[0];
	memcpy(arms, s.arms, sizeof(arms));
	for (unsigned i = 0; i < 3; i++)
		arms[i].weight = changes[_i].to[i];
	s.arms = arms;
	for (unsigned i = 0; i < VISITORS; i++) {
		int before = (int)arm_of(&route()->splits.at[0], i);
		int after = (int)arm_of(&s, i);

		if (before == after)
			continue;
		moved++;
		if (changes[_i].grows >= 0)
			ck_assert_int_eq(after, changes[_i].grows);
		else
			ck_assert_int_eq(before, changes[_i].shrinks);
	}
	ck_assert_uint_gt(moved, 0);
	must_be_shares(&s);
	conf_case_end(&c);
}
END_TEST

START_TEST(the_order_of_arms_means_nothing)
{
	struct conf_split turned;
	struct conf_arm arms[2];

	load(shares[0]);
	turned = route()->splits.at[0];
	arms[0] = turned.arms[1];
	arms[1] = turned.arms[0];
	turned.arms = arms;
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(arm_of(&route()->splits.at[0], i),
		    1 - arm_of(&turned, i));
	conf_case_end(&c);
}
END_TEST

START_TEST(splits_know_nothing_of_each_other)
{
	unsigned counts[2][2] = {{0}};

	load("( { name = \"a\"; arms = ( { name = \"x\"; weight = 3; }, "
	     "{ name = \"y\"; } ); }, { name = \"b\"; "
	     "arms = ( { name = \"x\"; weight = 3; }, { name = \"y\"; } ); } )");
	for (unsigned i = 0; i < VISITORS; i++)
		counts[arm_of(&route()->splits.at[0], i)]
		      [arm_of(&route()->splits.at[1], i)]++;
	ck_assert(is_share(counts[0][0], VISITORS, 9.0 / 16));
	ck_assert(is_share(counts[0][1], VISITORS, 3.0 / 16));
	ck_assert(is_share(counts[1][0], VISITORS, 3.0 / 16));
	ck_assert(is_share(counts[1][1], VISITORS, 1.0 / 16));
	conf_case_end(&c);
}
END_TEST

/* Another version that says otherwise would move everybody's visitors. */
START_TEST(arms_are_the_same_for_ever)
{
	static const char want[] = "xxxxyxxxxxxxxxxxyxxyxyxx";
	char got[sizeof(want)] = "";

	load(shares[0]);
	for (unsigned i = 0; i < sizeof(want) - 1; i++)
		got[i] = *route()->splits.at[0]
			      .arms[arm_of(&route()->splits.at[0], i)].name;
	ck_assert_str_eq(got, want);
	conf_case_end(&c);
}
END_TEST

/* ---- requests ---- */

static struct exchange x;
static char room[16 * 1024];

/* A request with LINES; the arms, and behind a space what is set. */
static const char *ask(const char *target, const char *lines)
{
	static char text[1000];
	static char head[1000];
	struct conf_head_limits limits = {.header = CONF_HEADER_MAX,
	    .fields = CONF_FIELDS_MAX,
	    .url = CONF_HEADER_MAX};
	struct str arms;

	ck_assert_int_eq(random_init(), 0);
	memset(&x, 0, sizeof(x));
	arena_init_fixed(&x.arena, room, sizeof(room));
	snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: a.test\r\n%s\r\n",
	    target, lines);
	ck_assert_int_eq(head_parse_request(str_from(head), &limits, &x.arena,
			     &x.request), FAULT_NONE);
	x.identity.address = STR("192.0.2.1");
	x.identity.proto = STR("http");
	x.route = route();
	x.scope = x.route->scope;
	ck_assert(split_choose(&x));
	arms = split_text(&x);
	snprintf(text, sizeof(text), "%.*s %.*s", (int)arms.n, arms.p,
	    (int)x.cookies.n, x.cookies.n > 0 ? x.cookies.p : "");
	return text;
}

#define BY_COOKIE                                                              \
	"{ name = \"exp\"; ttl = \"1h\"; arms = ( { name = \"a\"; }, "         \
	"{ name = \"b\"; weight = 0; force = \"?arm=b\"; }, "                  \
	"{ name = \"c\"; weight = 0; force = \"header:X-Arm=c\"; } ); }"

#define ID "0123456789abcdef"
#define ATTRIBUTES "; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600\r\n"

static const struct {
	const char *target;
	const char *lines;
	const char *arm;
	bool set;
	const char *value; /* of the cookie that is set, if it is known */
} visits[] = {
    {"/", "", "exp:a", true, NULL},
    {"/", "Cookie: exp=" ID "\r\n", "exp:a", false, NULL},
    {"/", "Cookie: a=b; exp=" ID "; c=d\r\n", "exp:a", false, NULL},
    {"/", "Cookie: exp=0123456789ABCDEF\r\n", "exp:a", true, NULL},
    {"/", "Cookie: exp=0123456789abcde\r\n", "exp:a", true, NULL},
    {"/", "Cookie: exp=" ID "0\r\n", "exp:a", true, NULL},
    {"/", "Cookie: exp=\r\n", "exp:a", true, NULL},
    {"/", "Cookie: exp=" ID ".\r\n", "exp:a", true, NULL},
    {"/", "Cookie: exp=" ID ".d\r\n", "exp:a", true, NULL},
    {"/", "Cookie: exp=" ID ".a\r\n", "exp:a", true, NULL},
    {"/", "Cookie: exp=" ID ".b\r\n", "exp:b", false, NULL},
    {"/?arm=b", "Cookie: exp=" ID "\r\n", "exp:b", true, ID ".b"},
    {"/?arm=b", "Cookie: exp=" ID ".b\r\n", "exp:b", false, NULL},
    {"/?arm=b", "Cookie: exp=" ID ".c\r\n", "exp:b", true, ID ".b"},
    {"/?arm=b", "", "exp:b", true, NULL},
    {"/?arm=c", "Cookie: exp=" ID "\r\n", "exp:a", false, NULL},
    {"/", "Cookie: exp=" ID ".b\r\nX-Arm: c\r\n", "exp:c", false, NULL},
    {"/", "Cookie: exp=" ID "\r\nX-Arm: c\r\n", "exp:c", false, NULL},
};

START_TEST(a_cookie_is_ours_or_is_replaced)
{
	const char *got;
	char want[200];

	load(BY_COOKIE);
	got = ask(visits[_i].target, visits[_i].lines);
	snprintf(want, sizeof(want), "%s %s%s", visits[_i].arm,
	    visits[_i].set ? "Set-Cookie: exp=" : "",
	    visits[_i].value != NULL ? visits[_i].value : "");
	ck_assert_msg(strncmp(got, want, strlen(want)) == 0, "%s: %s", want,
	    got);
	ck_assert_int_eq(strstr(got, ATTRIBUTES) != NULL, visits[_i].set);
	if (!visits[_i].set)
		ck_assert_str_eq(got, want);
	conf_case_end(&c);
}
END_TEST

START_TEST(a_cookie_that_came_by_tls_stays_there)
{
	load(BY_COOKIE);
	(void)ask("/", "");
	x.choices = NULL;
	x.cookies = STR_NONE;
	x.identity.proto = STR("https");
	ck_assert(split_choose(&x));
	ck_assert_ptr_nonnull(memmem(x.cookies.p, x.cookies.n, "; Secure; ",
	    10));
	conf_case_end(&c);
}
END_TEST

START_TEST(a_key_decides_and_without_one_the_address)
{
	enum split_why with, without;

	load("{ name = \"exp\"; sticky = \"header:X-User\"; "
	     "arms = ( { name = \"a\"; }, { name = \"b\"; } ); }");
	(void)ask("/", "X-User: 192.0.2.1\r\n");
	with = x.choices[0].why;
	ck_assert_uint_eq(x.cookies.n, 0);
	{
		const struct conf_arm *arm = x.choices[0].arm;

		(void)ask("/", "X-User:\r\n");
		without = x.choices[0].why;
		ck_assert_ptr_eq(arm, x.choices[0].arm);
	}
	ck_assert_int_eq(with, SPLIT_KEPT);
	ck_assert_int_eq(without, SPLIT_BY_IP);
	ck_assert_uint_eq(x.cookies.n, 0);
	conf_case_end(&c);
}
END_TEST

START_TEST(several_splits_have_an_arm_and_a_cookie_each)
{
	const char *got;

	load("( { name = \"e1\"; arms = ( { name = \"a\"; } ); }, "
	     "{ name = \"e2\"; arms = ( { name = \"b\"; } ); }, "
	     "{ name = \"e3\"; sticky = \"ip\"; "
	     "arms = ( { name = \"c\"; } ); } )");
	got = ask("/", "");
	ck_assert_ptr_nonnull(strstr(got, "e1:a,e2:b,e3:c Set-Cookie: e1="));
	ck_assert_ptr_nonnull(strstr(got, "\r\nSet-Cookie: e2="));
	ck_assert_ptr_null(strstr(got, "Set-Cookie: e3="));
	ck_assert_str_eq(split_arm(&x, STR("e2"))->name, "b");
	ck_assert_ptr_null(split_arm(&x, STR("e")));
	conf_case_end(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("split");
	TCase *tc = tcase_create("split");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, arms_have_the_shares_of_their_weights, 0,
	    sizeof(shares) / sizeof(shares[0]));
	tcase_add_loop_test(tc, a_weight_that_changes_moves_only_whom_it_must,
	    0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(tc, the_order_of_arms_means_nothing);
	tcase_add_test(tc, splits_know_nothing_of_each_other);
	tcase_add_test(tc, arms_are_the_same_for_ever);
	tcase_add_loop_test(tc, a_cookie_is_ours_or_is_replaced, 0,
	    sizeof(visits) / sizeof(visits[0]));
	tcase_add_test(tc, a_cookie_that_came_by_tls_stays_there);
	tcase_add_test(tc, a_key_decides_and_without_one_the_address);
	tcase_add_test(tc, several_splits_have_an_arm_and_a_cookie_each);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

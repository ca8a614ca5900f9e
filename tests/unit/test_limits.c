/*
 * test_limits.c - which setting an exchange ran into, and its value.
 */
#include "worker/proxy/limits.h"

#include <check.h>
#include <stdlib.h>

#include "common/conf/settings.h"
#include "tests/unit/test_conf_util.h"

static const struct conf_scope scope = {
    .limits = {.head = {.header = 16384, .fields = 50, .url = 1000},
	.body = 10 << 20,
	.min_rate = {1024, 10 * USEC_PER_SEC}},
    .timeouts = {.header = 5 * USEC_PER_SEC,
	.websocket = 12 * USEC_PER_HOUR}};
static struct conf_pool pool = {.name = "web",
    .is_named = true,
    .timeouts = {.connect = 500 * USEC_PER_MSEC,
	.first_byte = 60 * USEC_PER_SEC,
	.idle = 90 * USEC_PER_SEC,
	.total = USEC_PER_HOUR},
    .header_max = 8192};
static const struct conf conf = {.memory = 16 << 20};

static const char *text_of(enum end end, enum fault fault)
{
	static char text[300];
	struct exchange x = {.end = end, .fault = fault, .scope = &scope,
	    .pool = &pool};
	struct str got = limits_text(&x);

	snprintf(text, sizeof(text), "%.*s", (int)got.n, got.n ? got.p : "");
	return text;
}

START_TEST(each_limit_is_told_with_its_value)
{
	static const struct {
		enum end end;
		enum fault fault;
		const char *text;
	} cases[] = {
	    {END_malformed, FAULT_head_large, "limits.header:16k"},
	    {END_malformed, FAULT_fields_many, "limits.fields:50"},
	    {END_malformed, FAULT_target_large, "limits.url:1000"},
	    {END_body_large, FAULT_NONE, "limits.body:10m"},
	    {END_body_deadline, FAULT_NONE, "limits.min_rate:1k/10s"},
	    {END_client_deadline, FAULT_NONE, "limits.min_rate:1k/10s"},
	    {END_header_deadline, FAULT_NONE, "timeouts.header:5s"},
	    {END_tunnel_idle, FAULT_NONE, "timeouts.websocket:12h"},
	    {END_origin_malformed, FAULT_head_large,
		"pools.web.limits.header:8k"},
	    {END_connect_deadline, FAULT_NONE,
		"pools.web.timeouts.connect:500ms"},
	    {END_origin_deadline, FAULT_NONE,
		"pools.web.timeouts.first_byte:1m"},
	    {END_origin_idle, FAULT_NONE, "pools.web.timeouts.idle:90s"},
	    {END_origin_stalled, FAULT_NONE, "pools.web.timeouts.idle:90s"},
	    {END_total_deadline, FAULT_NONE, "pools.web.timeouts.total:1h"},
	    {END_client_hurried, FAULT_NONE, "memory:16m"},
	    {END_origin_hurried, FAULT_NONE, "memory:16m"},
	    {END_malformed, FAULT_target, ""},
	    {END_origin_malformed, FAULT_status_line, ""},
	    {END_client_closed, FAULT_NONE, ""},
	    {END_done, FAULT_NONE, ""},
	};

	limits_init(&conf);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(text_of(cases[i].end, cases[i].fault),
		    cases[i].text);
}
END_TEST

START_TEST(a_pool_without_a_name_is_any_pool)
{
	limits_init(&conf);
	pool.is_named = false;
	ck_assert_str_eq(text_of(END_connect_deadline, FAULT_NONE),
	    "pool.timeouts.connect:500ms");
	pool.is_named = true;
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char name[1000];

	limits_init(&conf);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	pool.name = name;
	ck_assert_ptr_nonnull(strstr(text_of(END_origin_deadline, FAULT_NONE),
	    "xxx.timeouts.first_byte:1m"));
	pool.name = "web";
}
END_TEST

/* ---- the table agrees with that of the settings ---- */

struct named {
	bool of_pool;
	const char *setting;
};

static const struct named limits[] = {
#define LIMIT(whose, setting, ...) {#whose[0] == 'P', setting},
#include "common/tbl/limits.h"
#undef LIMIT
};

static enum conf_context context_of(const struct named *l)
{
	if (strchr(l->setting, '.') == NULL)
		return CONTEXT_GLOBAL;
	if (strncmp(l->setting, "limits.", 7) == 0)
		return l->of_pool ? CONTEXT_POOL_LIMITS : CONTEXT_LIMITS;
	if (strncmp(l->setting, "queue.", 6) == 0)
		return CONTEXT_QUEUE;
	return l->of_pool ? CONTEXT_POOL_TIMEOUTS : CONTEXT_TIMEOUTS;
}

static bool is_built(enum conf_context context, const char *key)
{
	for (unsigned i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == context &&
		    conf_setting_rows[i].type != TYPE_LATER &&
		    strcmp(conf_setting_rows[i].key, key) == 0)
			return true;
	return false;
}

START_TEST(each_limit_is_a_setting)
{
	const struct named *l = &limits[_i];
	const char *dot = strchr(l->setting, '.');

	ck_assert_msg(is_built(context_of(l),
	    dot != NULL ? dot + 1 : l->setting), "%s", l->setting);
}
END_TEST

/* ---- and with the manual page ---- */

static const struct {
	const char *setting;
	bool of_pool;
	enum end end;
	enum fault fault;
} rows[] = {
#define LIMIT(whose, setting, value, unit, end, fault)                        \
	{setting, #whose[0] == 'P', END_##end, FAULT_##fault},
#include "common/tbl/limits.h"
#undef LIMIT
};

START_TEST(each_limit_stands_in_the_manual)
{
	enum end end = rows[_i].end;
	enum fault fault = rows[_i].fault;
	unsigned status = end == END_malformed ? fault_status(fault)
					       : end_status(end);
	char *page = conf_case_read_manual();
	char number[16], want[200];

	snprintf(number, sizeof(number), "%u", status);
	snprintf(want, sizeof(want), "\n.It Ic %s%s\n%s;\n.Li end=%s%s%s\n",
	    rows[_i].of_pool ? "pools.NAME." : "", rows[_i].setting,
	    status > 0 ? number : "no answer", end_name(end),
	    fault != FAULT_NONE ? " fault=" : "",
	    fault != FAULT_NONE ? fault_name(fault) : "");
	ck_assert_msg(strstr(page, want) != NULL, "%s", want);
	free(page);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limits");
	TCase *tc = tcase_create("limits");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(tc, each_limit_is_told_with_its_value);
	tcase_add_test(tc, a_pool_without_a_name_is_any_pool);
	tcase_add_test(tc, a_long_name_is_cut);
	tcase_add_loop_test(tc, each_limit_is_a_setting, 0,
	    (int)(sizeof(limits) / sizeof(limits[0])));
	tcase_add_loop_test(tc, each_limit_stands_in_the_manual, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

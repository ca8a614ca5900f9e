/*
 * test_conf_man.c - sluiced.conf(5) says of each setting what the code does.
 *
 * The page has one heading for each place where settings stand, and under it
 * one entry, ".It Ic KEY", for each built setting of common/tbl/settings.h,
 * with its type, its range, its default and an example.  And nothing else.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/settings.h"
#include "tests/unit/test_conf_util.h"

static const char *const headings[] = {
    [CONTEXT_GLOBAL] = ".Sh SETTINGS OF SLUICED.CONF\n",
    [CONTEXT_SHARED] = ".Ss The group shared\n",
    [CONTEXT_CONTROL] = ".Ss The group control\n",
    [CONTEXT_LOG] = ".Ss The group log\n",
    [CONTEXT_ERROR_LOG] = ".Ss The group error_log\n",
    [CONTEXT_VHOST] = ".Sh SETTINGS OF A VHOST\n",
    [CONTEXT_POOL] = ".Ss A pool\n",
    [CONTEXT_SERVER] = ".Ss A server\n",
    [CONTEXT_ROUTE] = ".Ss A route\n",
    [CONTEXT_MIRROR] = ".Ss The group mirror\n",
    [CONTEXT_RULE] = ".Ss Rules of rewrite\n",
    [CONTEXT_REDIRECT] = ".Ss The group redirect\n",
    [CONTEXT_RESPOND] = ".Ss The group respond\n",
    [CONTEXT_HEADERS] = ".Ss The group headers\n",
    [CONTEXT_FIELDS] = ".Ss The groups request and response\n",
    [CONTEXT_LIMITS] = ".Ss The group limits\n",
    [CONTEXT_TIMEOUTS] = ".Ss The group timeouts\n",
    [CONTEXT_POOL_LIMITS] = ".Ss The group limits of a pool\n",
    [CONTEXT_POOL_TIMEOUTS] = ".Ss The group timeouts of a pool\n",
    [CONTEXT_KEEPALIVE] = ".Ss The group keepalive of a pool\n",
    [CONTEXT_HEALTH] = ".Ss The group health of a pool\n",
    [CONTEXT_OUTLIER] = ".Ss The group outlier of a pool\n",
    [CONTEXT_BREAKER] = ".Ss The group breaker of a pool\n",
    [CONTEXT_QUEUE] = ".Ss The group queue of a pool\n",
    [CONTEXT_STICKY] = ".Ss The group sticky of a pool\n",
    [CONTEXT_RESOLVE] = ".Ss The group resolve of a pool\n",
    [CONTEXT_COOKIES] = ".Ss The group cookies\n",
    [CONTEXT_ERROR] = ".Ss Entries of errors\n",
    [CONTEXT_SPLIT] = ".Ss A split\n",
    [CONTEXT_ARM] = ".Ss Arms of a split\n",
    [CONTEXT_BUFFERING] = ".Ss The group buffering\n",
    [CONTEXT_RETRY] = ".Ss The group retry of a pool\n",
    [CONTEXT_TLS] = ".Ss The group tls\n",
    [CONTEXT_CERT] = ".Ss Entries of certs\n",
    [CONTEXT_HSTS] = ".Ss The group hsts of tls\n",
    [CONTEXT_POOL_TLS] = ".Ss The group tls of a pool\n",
    [CONTEXT_CACHE] = ".Ss The group cache\n",
    [CONTEXT_CACHE_STALE] = ".Ss The group stale of cache\n",
    [CONTEXT_CACHE_KEY] = ".Ss The group key of cache\n",
};

#define CONTEXTS (sizeof(headings) / sizeof(headings[0]))

static const char *const types[] = {
    [TYPE_TEXT] = "String;",
    [TYPE_TEXTS] = "Strings",
    [TYPE_COUNT] = "Number from",
    [TYPE_DURATION] = "Duration from",
    [TYPE_MODE] = "Mode;",
    [TYPE_SIZE] = "Size from",
    [TYPE_RATE] = "Rate over",
    [TYPE_FLOOD] = "Count over",
    [TYPE_BOOL] = "Switch;",
    [TYPE_OFF] = "String or false;",
    [TYPE_TERM] = "Duration, group, or false; see",
    [TYPE_TLS] = "Group, true, false or",
    [TYPE_SHARE] = "Share;",
    [TYPE_FILE] = "Name of a file, or group; see",
    [TYPE_LOG] = "Name of a file, group, or false; see",
    [TYPE_TEMPLATE] = "Template;",
    [TYPE_BRIEF] = "Template, ",
    [TYPE_RULES] = "Template, or list of groups;",
    [TYPE_FIELDS] = "Group of templates,",
    [TYPE_STATUSES] = "Statuses;",
    [TYPE_LISTEN] = "Addresses;",
    [TYPE_SERVERS] = "Strings, each the URL of a server, or groups",
    [TYPE_GROUP] = "Group; see",
    [TYPE_FEATURE] = "Group, true or false; see",
    [TYPE_GROUPS] = "List of groups;",
    [TYPE_SPLITS] = "Group, or list of at most 8 groups;",
    [TYPE_NAMED] = "Group of groups,",
};

static char *page;

static void setup(void)
{
	page = conf_case_read_manual();
}

static void teardown(void)
{
	free(page);
}

/* Copies from START to the first of two ends: the caller frees it. */
static char *cut(const char *start, const char *end1, const char *end2)
{
	const char *a = strstr(start, end1);
	const char *b = strstr(start, end2);

	if (a == NULL || (b != NULL && b < a))
		a = b;
	return a != NULL ? strndup(start, (size_t)(a - start) + 1)
			 : strdup(start);
}

/* Up to the next heading. */
static char *section(enum conf_context context)
{
	const char *start = strstr(page, headings[context]);

	ck_assert_msg(start != NULL, "no heading %s", headings[context]);
	return cut(start + 1, "\n.Sh", "\n.Ss");
}

static char *entry(const struct conf_setting_row *row)
{
	char *text = section(row->context);
	char start[64];
	const char *found;
	char *result;

	snprintf(start, sizeof(start), "\n.It Ic %s\n", row->key);
	found = strstr(text, start);
	ck_assert_msg(found != NULL, "no entry for %s under %s", row->key,
	    headings[row->context]);
	result = cut(found + strlen(start) - 1, "\n.It", "\n.El");
	free(text);
	return result;
}

static void must_have(const struct conf_setting_row *row, const char *text,
    const char *word)
{
	ck_assert_msg(strstr(text, word) != NULL,
	    "the entry of %s lacks \"%s\":%s", row->key, word, text);
}

#define BETWEEN "%s\n.Li \\(dq%s\\(dq\nto\n.Li \\(dq%s\\(dq ;"

static void check_range(const struct conf_setting_row *row, const char *text)
{
	char least[CONF_UNITS_SIZE], most[CONF_UNITS_SIZE], want[128];

	if (row->type == TYPE_COUNT) {
		snprintf(want, sizeof(want), "Number from %llu to %llu;",
		    (unsigned long long)row->least,
		    (unsigned long long)row->most);
	} else if (row->type == TYPE_SIZE) {
		snprintf(want, sizeof(want), BETWEEN, types[row->type],
		    conf_units_bytes(least, row->least),
		    conf_units_bytes(most, row->most));
	} else {
		snprintf(want, sizeof(want), BETWEEN, types[row->type],
		    conf_units_time(least, (usec_t)row->least),
		    conf_units_time(most, (usec_t)row->most));
	}
	must_have(row, text, want);
}

static bool has_range(const struct conf_setting_row *row)
{
	return row->type == TYPE_COUNT || row->type == TYPE_SIZE ||
	    row->type == TYPE_DURATION || row->type == TYPE_RATE ||
	    row->type == TYPE_FLOOD;
}

static void check_default(const struct conf_setting_row *row, const char *text)
{
	char want[128];

	if (row->fallback == NULL) {
		ck_assert_msg(strstr(text, "must be set") ||
		    strstr(text, "no default") || strstr(text, "default:") ||
		    row->type == TYPE_GROUP || row->type == TYPE_FILE ||
		    row->type == TYPE_LOG, "no default of %s", row->key);
		return;
	}
	/* The page tells the paths of a usual ./configure. */
	if (row->fallback[0] == '/' && strcmp(LOCALSTATEDIR, "/var") != 0)
		return;
	snprintf(want, sizeof(want),
	    row->type == TYPE_COUNT || row->type == TYPE_BOOL ||
		    (row->type == TYPE_OFF &&
			strcmp(row->fallback, "false") == 0) ||
		    row->type == TYPE_TERM ||
		    row->type == TYPE_FEATURE ? "default\n.Li %s ." : "default\n.Li \\(dq%s\\(dq",
	    row->fallback);
	must_have(row, text, want);
}

START_TEST(every_built_setting_has_an_entry_that_is_true)
{
	const struct conf_setting_row *row = &conf_setting_rows[_i];
	char *text;

	if (row->type == TYPE_LATER)
		return;
	text = entry(row);
	must_have(row, text, types[row->type]);
	if (has_range(row))
		check_range(row, text);
	check_default(row, text);
	must_have(row, text, "Example:\n.Bd -literal");
	must_have(row, strstr(text, "Example:"), row->key);
	free(text);
}
END_TEST

static bool is_built(enum conf_context context, const char *key, size_t n)
{
	for (unsigned i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == context &&
		    conf_setting_rows[i].type != TYPE_LATER &&
		    str_eq(str_from(conf_setting_rows[i].key),
			str_make(key, n)))
			return true;
	return false;
}

START_TEST(every_entry_is_a_built_setting)
{
	enum conf_context context = (enum conf_context)_i;
	char *text = section(context);
	unsigned entries = 0;

	for (char *at = strstr(text, "\n.It "); at != NULL;
	     at = strstr(at + 1, "\n.It ")) {
		const char *key = at + strlen("\n.It Ic ");
		size_t n = strcspn(key, "\n");

		entries++;
		ck_assert_msg(is_built(context, key, n),
		    "%.*s is no built setting of %s", (int)n, key,
		    headings[context]);
	}
	ck_assert_uint_gt(entries, 0);
	free(text);
}
END_TEST

START_TEST(every_warning_has_an_entry_and_only_they)
{
	const char *start = strstr(page, ".Sh WARNINGS\n");
	char *text, id[CONF_LINT_SIZE], want[80];
	int entries = 0;

	ck_assert_ptr_nonnull(start);
	text = cut(start + 1, "\n.Sh", "\n.Ss");
	for (int i = 0; i < LINT_END; i++) {
		snprintf(want, sizeof(want), "\n.It Li [%s]\n",
		    conf_lint_name((enum conf_lint)i, id));
		ck_assert_msg(strstr(text, want) != NULL, "no entry:%s", want);
	}
	for (char *at = strstr(text, "\n.It "); at != NULL;
	     at = strstr(at + 1, "\n.It "))
		entries++;
	ck_assert_int_eq(entries, LINT_END);
	free(text);
}
END_TEST

/* A display that is a whole vhost file. */
static bool is_vhost(const char *text)
{
	return strncmp(text, "host", 4) == 0;
}

START_TEST(every_vhost_that_is_shown_loads)
{
	static const char begin[] = "\n.Bd -literal -offset indent\n";
	unsigned shown = 0;

	for (char *at = strstr(page, begin); at != NULL;
	     at = strstr(at + 1, begin)) {
		char *text = cut(at + strlen(begin), "\n.Ed", "\n.Ed");
		struct conf_case c;

		if (is_vhost(text)) {
			shown++;
			conf_case_begin(&c);
			conf_case_text(&c, "sluiced.conf", CASE_USER);
			conf_case_text(&c, "vhosts.d/a.conf", text);
			conf_case_load(&c, NULL);
			ck_assert_str_eq(c.messages, "");
			ck_assert_ptr_nonnull(c.conf);
			conf_case_end(&c);
		}
		free(text);
	}
	ck_assert_uint_eq(shown, 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_man");
	TCase *tc = tcase_create("man");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_built_setting_has_an_entry_that_is_true,
	    0, SETTING_END);
	tcase_add_loop_test(tc, every_entry_is_a_built_setting, 0,
	    (int)CONTEXTS);
	tcase_add_test(tc, every_warning_has_an_entry_and_only_they);
	tcase_add_test(tc, every_vhost_that_is_shown_loads);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

/*
 * test_conf_types.c - each setting of common/tbl/settings.h is given each kind
 * of value that it does not take: alone, in arrays and lists, beside a good
 * one.  That is said, by its name, and nothing reads the value all the same.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/settings.h"
#include "tests/unit/test_conf_util.h"

#define HOST "host = \"a\";"
#define PROXY "proxy = \"http://127.0.0.1:3000\";"

/* ---- values ---- */

enum kind {
	NUMBER = 1 << 0,
	NUMBERS = 1 << 1,
	TEXT = 1 << 2,
	TEXTS = 1 << 3,
	SWITCH = 1 << 4,
	GROUP = 1 << 5,
	GROUPS = 1 << 6,
	NAMED = 1 << 7,
	OTHER = 1 << 8 /* nobody takes these */
};

static const struct value {
	unsigned kind;
	const char *text;
} values[] = {
    {NUMBER, "1"},
    {NUMBERS, "[ 1 ]"},
    {NUMBERS, "( 400 )"},
    {TEXT, "\"/x\""},
    {TEXTS, "[ \"/x\" ]"},
    {TEXTS, "( \"::/0\", \"x\" )"},
    {SWITCH, "true"},
    {GROUP, "{ }"},
    {GROUP, "{ a = 1; }"},
    {GROUP | NAMED, "{ a = { }; }"},
    {GROUPS, "( { a = 1; } )"},
    {GROUPS, "( { }, { } )"},
    {OTHER, "1.5"},
    {OTHER, "[ 1.5 ]"},
    {OTHER, "[ false ]"},
    {OTHER, "[ ]"},
    {OTHER, "( )"},
    {OTHER, "( \"::/0\", 1.5 )"},
    {OTHER, "( \"x\", ( 1 ) )"},
    {OTHER, "( ( ) )"},
    {OTHER, "( ( \"x\" ) )"},
    {OTHER, "( ( { } ) )"},
};

#define VALUES (sizeof(values) / sizeof(values[0]))

/* What a type takes, or refuses for more than its kind. */
static const unsigned takes[] = {
    [TYPE_TEXT] = TEXT,
    [TYPE_TEMPLATE] = TEXT,
    [TYPE_TEXTS] = TEXT | TEXTS,
    [TYPE_COUNT] = NUMBER,
    [TYPE_DURATION] = TEXT,
    [TYPE_MODE] = TEXT,
    [TYPE_SIZE] = TEXT,
    [TYPE_RATE] = TEXT,
    [TYPE_FLOOD] = TEXT,
    [TYPE_BOOL] = SWITCH,
    [TYPE_OFF] = TEXT | SWITCH,
    [TYPE_TERM] = TEXT | GROUP | NAMED | SWITCH,
    [TYPE_TLS] = TEXT | GROUP | NAMED | SWITCH,
    [TYPE_SHARE] = TEXT,
    [TYPE_FILE] = TEXT | GROUP,
    [TYPE_LOG] = TEXT | GROUP | SWITCH,
    [TYPE_BRIEF] = TEXT | GROUP,
    [TYPE_RULES] = TEXT | GROUPS,
    [TYPE_FIELDS] = 0,
    [TYPE_STATUSES] = NUMBER | NUMBERS | TEXT | TEXTS,
    [TYPE_LISTEN] = NUMBER | NUMBERS | TEXT | TEXTS,
    [TYPE_SERVERS] = TEXT | TEXTS | GROUPS,
    [TYPE_GROUP] = GROUP,
    [TYPE_FEATURE] = GROUP | NAMED | SWITCH,
    [TYPE_GROUPS] = GROUPS,
    [TYPE_SPLITS] = GROUP | GROUPS,
    [TYPE_NAMED] = NAMED,
};

/* ---- places ---- */

/* Around the settings of a context; those of sluiced.conf and of a vhost have
 * nothing around them. */
static const struct place {
	const char *before;
	const char *after;
} places[] = {
    [CONTEXT_GLOBAL] = {"", ""},
    [CONTEXT_SHARED] = {"shared = {\n", "\n};"},
    [CONTEXT_CONTROL] = {"control = {\n", "\n};"},
    [CONTEXT_LOG] = {"log = {\n", "\n};"},
    [CONTEXT_ERROR_LOG] = {"error_log = {\n", "\n};"},
    [CONTEXT_VHOST] = {"", ""},
    [CONTEXT_POOL] = {HOST PROXY "pools = { p = {\n", "\n}; };"},
    [CONTEXT_SERVER] = {HOST PROXY "pools = { p = { servers = ( {\n",
	"\n} ); }; };"},
    [CONTEXT_ROUTE] = {HOST "routes = ( {\n", "\n} );"},
    [CONTEXT_MIRROR] = {HOST PROXY "routes = ( { path = \"/m\"; " PROXY
	"mirror = {\n", "\n}; } );"},
    [CONTEXT_RULE] = {HOST PROXY "rewrite = ( {\n", "\n} );"},
    [CONTEXT_REDIRECT] = {HOST "redirect = {\n", "\n};"},
    [CONTEXT_RESPOND] = {HOST "routes = ( { path = \"/\"; respond = {\n",
	"\n}; } );"},
    [CONTEXT_HEADERS] = {HOST PROXY "headers = {\n", "\n};"},
    [CONTEXT_FIELDS] = {HOST PROXY "headers = { request = {\n", "\n}; };"},
    [CONTEXT_LIMITS] = {HOST PROXY "limits = {\n", "\n};"},
    [CONTEXT_TIMEOUTS] = {HOST PROXY "timeouts = {\n", "\n};"},
    [CONTEXT_POOL_LIMITS] = {HOST PROXY "pools = { p = { limits = {\n",
	"\n}; }; };"},
    [CONTEXT_POOL_TIMEOUTS] = {HOST PROXY "pools = { p = { timeouts = {\n",
	"\n}; }; };"},
    [CONTEXT_KEEPALIVE] = {HOST PROXY "pools = { p = { keepalive = {\n",
	"\n}; }; };"},
    [CONTEXT_HEALTH] = {HOST PROXY "pools = { p = { health = {\n",
	"\n}; }; };"},
    [CONTEXT_OUTLIER] = {HOST PROXY "pools = { p = { outlier = {\n",
	"\n}; }; };"},
    [CONTEXT_BREAKER] = {HOST PROXY "pools = { p = { breaker = {\n",
	"\n}; }; };"},
    [CONTEXT_QUEUE] = {HOST PROXY "pools = { p = { queue = {\n",
	"\n}; }; };"},
    [CONTEXT_STICKY] = {HOST PROXY "pools = { p = { sticky = {\n",
	"\n}; }; };"},
    [CONTEXT_RESOLVE] = {HOST PROXY "pools = { p = { resolve = {\n",
	"\n}; }; };"},
    [CONTEXT_COOKIES] = {HOST PROXY "cookies = {\n", "\n};"},
    [CONTEXT_ERROR] = {HOST PROXY "errors = ( {\n", "\n} );"},
    [CONTEXT_SPLIT] = {HOST "routes = ( { path = \"/\"; split = {\n",
	"\n}; } );"},
    [CONTEXT_ARM] = {HOST "routes = ( { path = \"/\"; respond = \"\"; "
	"split = { name = \"x\"; arms = ( {\n", "\n} ); }; } );"},
    [CONTEXT_BUFFERING] = {HOST PROXY "buffering = {\n", "\n};"},
    [CONTEXT_TLS] = {HOST PROXY "tls = {\n", "\n};"},
    [CONTEXT_CERT] = {HOST PROXY "tls = { certs = ( {\n", "\n} ); };"},
    [CONTEXT_HSTS] = {HOST PROXY "tls = { hsts = {\n", "\n}; };"},
    [CONTEXT_POOL_TLS] = {HOST PROXY "pools = { p = { tls = {\n",
	"\n}; }; };"},
    [CONTEXT_CACHE] = {HOST PROXY "cache = {\n", "\n};"},
    [CONTEXT_CACHE_STALE] = {HOST PROXY "cache = { stale = {\n", "\n}; };"},
    [CONTEXT_CACHE_KEY] = {HOST PROXY "cache = { key = {\n", "\n}; };"},
    [CONTEXT_RETRY] = {HOST PROXY "pools = { p = { retry = {\n",
	"\n}; }; };"},
};

static bool is_global(enum conf_context context)
{
	return context <= CONTEXT_ERROR_LOG;
}

/* What a context needs besides, so that it is read to its end. */
static const enum conf_setting needed[] = {SETTING_GLOBAL_user,
    SETTING_VHOST_host, SETTING_VHOST_proxy, SETTING_POOL_servers,
    SETTING_SERVER_url, SETTING_ROUTE_path, SETTING_ROUTE_proxy,
    SETTING_RULE_match, SETTING_RULE_to, SETTING_REDIRECT_to,
    SETTING_ERROR_status};

static void write_needed(FILE *f, enum conf_setting id)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const struct conf_setting_row *row =
		    &conf_setting_rows[needed[i]];

		if (row->context == conf_setting_rows[id].context &&
		    needed[i] != id)
			fprintf(f, "%s = %s;\n", row->key,
			    needed[i] == SETTING_GLOBAL_user ? "\"nobody\""
				: row->example);
	}
}

static void write_case(struct conf_case *c, enum conf_setting id,
    const char *value)
{
	const struct conf_setting_row *row = &conf_setting_rows[id];
	bool global = is_global(row->context);
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(f);
	fputs(places[row->context].before, f);
	write_needed(f, id);
	fprintf(f, "%s = %s;", row->key, value);
	fputs(places[row->context].after, f);
	fclose(f);
	conf_case_text(c, "sluiced.conf", global ? text : CASE_USER);
	conf_case_text(c, "vhosts.d/a.conf", global ? HOST PROXY : text);
	free(text);
}

static void must_refuse(const struct conf_case *c,
    const struct conf_setting_row *row, const char *value)
{
	char type[64], empty[64];

	snprintf(type, sizeof(type), "\"%s\" takes ", row->key);
	snprintf(empty, sizeof(empty), "\"%s\" is empty", row->key);
	ck_assert_msg(c->conf == NULL && c->errors > 0,
	    "%s = %s was accepted", row->key, value);
	ck_assert_msg(strstr(c->messages, type) != NULL ||
	    strstr(c->messages, empty) != NULL,
	    "of %s = %s it is not said what it takes:\n%s", row->key, value,
	    c->messages);
}

START_TEST(a_value_of_another_type_is_refused_and_never_read)
{
	const struct conf_setting_row *row = &conf_setting_rows[_i];
	struct conf_case c;

	if (row->type == TYPE_LATER)
		return;
	conf_case_begin(&c);
	for (size_t i = 0; i < VALUES; i++) {
		write_case(&c, (enum conf_setting)_i, values[i].text);
		conf_case_load(&c, NULL);
		if ((takes[row->type] & values[i].kind) == 0)
			must_refuse(&c, row, values[i].text);
	}
	conf_case_end(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_types");
	TCase *tc = tcase_create("types");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc,
	    a_value_of_another_type_is_refused_and_never_read, 0, SETTING_END);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

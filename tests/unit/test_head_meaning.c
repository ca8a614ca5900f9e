/*
 * test_head_meaning.c - what a head means for its connection: keep-alive,
 * Upgrade, Expect; and field names.
 */
#include "tests/unit/test_head.h"

#include "worker/http/field.h"

#define HOST "Host: a\r\n"
#define END "\r\n"
#define NEW "GET / HTTP/1.1\r\n" HOST
#define OLD "GET / HTTP/1.0\r\n" HOST

struct row {
	struct str text;
	bool holds;
};

static const struct row persistence[] = {
    {TEXT(NEW END), true},
    {TEXT(NEW "Connection: keep-alive\r\n" END), true},
    {TEXT(NEW "Connection: x\r\n" END), true},
    {TEXT(NEW "Connection: close\r\n" END), false},
    {TEXT(NEW "Connection: CLOSE\r\n" END), false},
    {TEXT(NEW "Connection: keep-alive, close\r\n" END), false},
    {TEXT(NEW "Connection:x ,\tclose,\r\n" END), false},
    {TEXT(NEW "Connection: x\r\nConnection: close\r\n" END), false},
    {TEXT(NEW "Proxy-Connection: close\r\n" END), true},
    {TEXT(OLD END), false},
    {TEXT(OLD "Connection: Keep-Alive\r\n" END), true},
    {TEXT(OLD "Connection: keep-alive, close\r\n" END), false},
    {TEXT(OLD "Proxy-Connection: keep-alive\r\n" END), false},
    {TEXT(OLD "Keep-Alive: timeout=5\r\n" END), false},
};

static const struct row upgrades[] = {
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: websocket\r\n" END), true},
    {TEXT(NEW "Upgrade: x/1.0\r\nConnection: close, Upgrade\r\n" END), true},
    {TEXT(NEW "Upgrade: websocket\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade:\r\n" END), false},
    {TEXT(OLD "Connection: upgrade\r\nUpgrade: websocket\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: h2c\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: H2C-14\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: h2c/1\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: h2\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: http/2.0\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: HTTP\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: http-ish\r\n" END), true},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: H2C\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n" END),
	false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: a b\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: a/\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: a/b/c\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: websocket\r\n"
	"Content-Length: 0\r\n" END), true},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: websocket\r\n"
	"Content-Length: 1\r\n" END), false},
    {TEXT(NEW "Connection: upgrade\r\nUpgrade: websocket\r\n"
	"Transfer-Encoding: chunked\r\n" END), false},
};

static const struct row expectations[] = {
    {TEXT(NEW "Content-Length: 1\r\nExpect: 100-continue\r\n" END), true},
    {TEXT(NEW "Expect: 100-CONTINUE\r\nTransfer-Encoding: chunked\r\n" END),
	true},
    {TEXT(NEW "Content-Length: 0\r\nExpect: 100-continue\r\n" END), false},
    {TEXT(NEW "Expect: 100-continue\r\n" END), false},
    {TEXT(NEW "Content-Length: 1\r\n" END), false},
    {TEXT("POST / HTTP/1.0\r\n" HOST
	"Content-Length: 1\r\nExpect: 100-continue\r\n" END), false},
};

#define MEANING(test, table, found)                                            \
	START_TEST(test)                                                       \
	{                                                                      \
		const struct row *row = &(table)[_i];                          \
		struct parsed p;                                               \
                                                                               \
		parse_request(&p, row->text);                                  \
		check_fault(&p, FAULT_NONE);                                   \
		ck_assert_msg((found) == row->holds, "%" PRI_STR,              \
		    ARG_STR(row->text));                                       \
		parsed_free(&p);                                               \
	}                                                                      \
	END_TEST

MEANING(connection_persists, persistence, p.m.keep_alive)
MEANING(upgrade_is_honoured, upgrades, p.m.upgrade.p != NULL)
MEANING(client_waits_for_100, expectations, p.m.expects_continue)

/* ---- field names ---- */

static const char *const names[FIELD_END] = {
#define FIELD(id, name, flags) [FIELD_##id] = name,
#include "worker/http/fields.h"
#undef FIELD
};

static void change_case(char *name, unsigned turn)
{
	for (size_t i = 0; name[i] != '\0'; i++)
		if (char_lower(name[i]) >= 'a' && char_lower(name[i]) <= 'z')
			name[i] = (i + turn) % 3 > 0 ? char_lower(name[i])
						     : (char)(name[i] & ~0x20);
}

START_TEST(known_name_is_found_in_any_case)
{
	for (unsigned id = FIELD_OTHER + 1; id < FIELD_END; id++) {
		char name[64];

		ck_assert_uint_lt(strlen(names[id]), sizeof(name));
		strcpy(name, names[id]);
		for (unsigned turn = 0; turn < 4; turn++) {
			ck_assert_uint_eq(field_identify(str_from(name)), id);
			change_case(name, turn);
		}
	}
}
END_TEST

/* What the name of ID is with its byte at I changed to "_". */
static enum field_id id_of_near_miss(unsigned id, size_t i)
{
	struct str name = str_from(names[id]);

	if (name.p[i] == '-')
		return FIELD_DISGUISED;
	return i >= 12 && str_starts(name, STR("X-Forwarded-")) ? FIELD_hearsay
								: FIELD_OTHER;
}

START_TEST(near_miss_is_another_name)
{
	for (unsigned id = FIELD_OTHER + 1; id < FIELD_END; id++) {
		size_t n = strlen(names[id]);
		char name[64];

		for (size_t i = 0; i < n; i++) {
			strcpy(name, names[id]);
			name[i] = '_';
			ck_assert_uint_eq(field_identify(str_from(name)),
			    id_of_near_miss(id, i));
		}
		strcpy(name, names[id]);
		strcpy(name + n, "s");
		ck_assert_uint_ne(field_identify(str_from(name)), id);
		ck_assert_uint_ne(field_identify(str_make(name, n - 1)), id);
	}
}
END_TEST

START_TEST(first_field_of_a_name_is_found)
{
	struct parsed p;

	parse_request(&p, STR(NEW "A: b\r\nReferer: 1\r\nreferer: 2\r\n" END));
	check_fault(&p, FAULT_NONE);
	check_text(field_value(message_find(&p.m, FIELD_referer)), STR("1"));
	ck_assert_ptr_null(message_find(&p.m, FIELD_date));
	parsed_free(&p);
}
END_TEST

START_TEST(methods_are_known_by_their_exact_names)
{
	ck_assert_int_eq(method_identify(STR("GET")), METHOD_GET);
	ck_assert_int_eq(method_identify(STR("TRACE")), METHOD_TRACE);
	ck_assert_int_eq(method_identify(STR("get")), METHOD_OTHER);
	ck_assert_int_eq(method_identify(STR("GETS")), METHOD_OTHER);
	ck_assert_int_eq(method_identify(STR("")), METHOD_OTHER);
	ck_assert(method_is_miscased(STR("get")));
	ck_assert(method_is_miscased(STR("cONNECT")));
	ck_assert(!method_is_miscased(STR("GET")));
	ck_assert(!method_is_miscased(STR("gets")));
	ck_assert(!method_is_miscased(STR("propfind")));
	ck_assert(method_is_idempotent(METHOD_PUT));
	ck_assert(!method_is_idempotent(METHOD_POST));
	ck_assert(!method_is_idempotent(METHOD_OTHER));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("meaning of a head");
	TCase *tcase = tcase_create("meaning");

	tcase_add_loop_test(tcase, connection_persists, 0, COUNT(persistence));
	tcase_add_loop_test(tcase, upgrade_is_honoured, 0, COUNT(upgrades));
	tcase_add_loop_test(tcase, client_waits_for_100, 0,
	    COUNT(expectations));
	tcase_add_test(tcase, known_name_is_found_in_any_case);
	tcase_add_test(tcase, near_miss_is_another_name);
	tcase_add_test(tcase, first_field_of_a_name_is_found);
	tcase_add_test(tcase, methods_are_known_by_their_exact_names);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

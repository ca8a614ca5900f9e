/*
 * test_client_hello.c - the name in a ClientHello: those of real clients, cut
 * into records anywhere, and broken in every place.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/out.h"
#include "worker/conn/client_hello.h"

#define CORPUS "tests/fuzz/corpus/client_hello/"
#define RECORD_HEAD 5

/* ---- those of real clients ---- */

static const struct capture {
	const char *file;
	const char *name;
} captures[] = {
    {"openssl-tls13", "db.example.com"},
    {"openssl-tls12", "db.example.com"},
    {"openssl-no-name", ""},
    {"curl", "db.example.com"},
    {"node", "db.example.com"},
    {"chromium", "db.example.com"}, /* with GREASE */
};

static char hello[CLIENT_HELLO_MAX];
static size_t hello_size;

static void load(const struct capture *c)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), CORPUS "%s", c->file);
	file = fopen(path, "rb");
	ck_assert_ptr_nonnull(file);
	hello_size = fread(hello, 1, sizeof(hello), file);
	fclose(file);
	ck_assert_uint_gt(hello_size, 0);
}

/* Reads from a block of exactly N bytes. */
static enum hello_fault read_hello(const char *bytes, size_t n,
    size_t *size_r, char name_r[CLIENT_HELLO_NAME_MAX + 1])
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	struct str name = STR("");
	enum hello_fault fault;

	memcpy(copy, bytes, n);
	fault = client_hello_size(copy, n, size_r);
	if (fault == HELLO_OK && *size_r <= n)
		fault = client_hello_name(copy, *size_r, &name);
	ck_assert_uint_le(name.n, CLIENT_HELLO_NAME_MAX);
	memcpy(name_r, name.p, name.n);
	name_r[name.n] = '\0';
	free(copy);
	return fault;
}

static void check_name(const char *bytes, size_t n, const char *expected)
{
	char name[CLIENT_HELLO_NAME_MAX + 1];
	size_t size;

	ck_assert_int_eq(read_hello(bytes, n, &size, name), HELLO_OK);
	ck_assert_uint_eq(size, n);
	ck_assert_str_eq(name, expected);
}

static void check_fault(struct str bytes, enum hello_fault expected)
{
	char name[CLIENT_HELLO_NAME_MAX + 1];
	size_t size;

	ck_assert_str_eq(
	    hello_fault_text(read_hello(bytes.p, bytes.n, &size, name)),
	    hello_fault_text(expected));
}

START_TEST(name_is_found_in_what_real_clients_send)
{
	load(&captures[_i]);
	check_name(hello, hello_size, captures[_i].name);
}
END_TEST

/* The message of HELLO in records of at most MOST bytes. */
static size_t cut(size_t most, char *out)
{
	size_t at = RECORD_HEAD, n = 0;

	while (at < hello_size) {
		size_t part = hello_size - at < most ? hello_size - at : most;

		memcpy(out + n, "\x16\3\3", 3);
		out[n + 3] = (char)(part >> 8);
		out[n + 4] = (char)part;
		memcpy(out + n + RECORD_HEAD, hello + at, part);
		n += RECORD_HEAD + part;
		at += part;
	}
	return n;
}

START_TEST(message_may_be_cut_into_records_anywhere)
{
	static char wire[2 * CLIENT_HELLO_MAX];

	load(&captures[_i]);
	for (size_t most = hello_size / 50; most < hello_size; most++)
		check_name(wire, cut(most, wire), captures[_i].name);
}
END_TEST

START_TEST(more_records_than_anybody_needs_are_refused)
{
	static char wire[8 * CLIENT_HELLO_MAX];

	load(&captures[0]);
	check_fault(str_make(wire, cut(1, wire)), HELLO_long);
}
END_TEST

/* Each prefix asks for more, never for more than there will be. */
START_TEST(incomplete_hello_asks_for_more)
{
	static char wire[2 * CLIENT_HELLO_MAX];
	char name[CLIENT_HELLO_NAME_MAX + 1];
	size_t size, whole;

	load(&captures[_i]);
	whole = cut(hello_size / 3, wire);
	for (size_t n = 0; n < whole; n++) {
		ck_assert_int_eq(read_hello(wire, n, &size, name), HELLO_OK);
		ck_assert_uint_gt(size, n);
		ck_assert_uint_le(size, whole);
	}
}
END_TEST

/* What comes behind it is for whoever reads on. */
START_TEST(what_follows_is_not_looked_at)
{
	char name[CLIENT_HELLO_NAME_MAX + 1];
	size_t size;

	load(&captures[_i]);
	memcpy(hello + hello_size, "\x14\3\3\0\1\1", 6);
	ck_assert_int_eq(read_hello(hello, hello_size + 6, &size, name),
	    HELLO_OK);
	ck_assert_uint_eq(size, hello_size);
	ck_assert_str_eq(name, captures[_i].name);
}
END_TEST

/* No byte, whatever it becomes, leads out of the message. */
START_TEST(every_byte_may_be_any_other)
{
	char name[CLIENT_HELLO_NAME_MAX + 1];
	size_t size;

	load(&captures[_i]);
	for (size_t at = 0; at < hello_size; at++) {
		char kept = hello[at];

		for (unsigned k = 1; k < 256; k = k * 3 + 1) {
			hello[at] = (char)(kept ^ (char)k);
			(void)read_hello(hello, hello_size, &size, name);
		}
		hello[at] = kept;
	}
}
END_TEST

/* ---- made by hand ---- */

#define FIXED "\3\3" "0123456789abcdef" "0123456789abcdef"
#define SUITES "\0\2\x13\1"
#define START FIXED "\0" SUITES "\1\0"

static char made[CLIENT_HELLO_MAX + 64];

static void out_16(struct out *o, size_t n)
{
	out_char(o, (char)(n >> 8));
	out_char(o, (char)n);
}

/* A message of BODY with the head of its kind, in one record. */
static struct str record_of(char kind, struct str body)
{
	struct out o = out_make(made, sizeof(made));

	out_lit(&o, "\x16\3\1");
	out_16(&o, body.n + 4);
	out_char(&o, kind);
	out_char(&o, 0);
	out_16(&o, body.n);
	out_str(&o, body);
	ck_assert(out_ok(&o));
	return out_text(&o);
}

static void check_body(struct str body, enum hello_fault expected)
{
	check_fault(record_of(1, body), expected);
}

/* With EXTENSIONS behind the rest. */
static void check_extensions(struct str extensions, enum hello_fault expected)
{
	char text[1024];
	struct out o = out_make(text, sizeof(text));

	out_lit(&o, START);
	out_16(&o, extensions.n);
	out_str(&o, extensions);
	ck_assert(out_ok(&o));
	check_body(out_text(&o), expected);
}

START_TEST(what_is_no_handshake_is_refused)
{
	check_fault(STR("GET / HTTP/1.1\r\n"), HELLO_record);
	check_fault(STR("\x80\x2e\1\3\1"), HELLO_record);
	check_fault(STR("\x17\3\3\0\1x"), HELLO_record);
	check_fault(STR("\x16\2"), HELLO_record);
	check_fault(STR("\x16\3\1\0\0"), HELLO_record);
	check_fault(STR("\x16\3\1\x40\1"), HELLO_record);
	check_fault(STR("\x16\3\1\0\1\1" "\x15\3\1\0\2"), HELLO_record);
	check_fault(record_of(2, STR(START)), HELLO_message);
}
END_TEST

START_TEST(hello_without_extensions_has_no_name)
{
	char name[CLIENT_HELLO_NAME_MAX + 1];
	struct str wire = record_of(1, STR(START));
	size_t size;

	ck_assert_int_eq(read_hello(wire.p, wire.n, &size, name), HELLO_OK);
	ck_assert_str_eq(name, "");
	check_extensions(STR(""), HELLO_OK);
}
END_TEST

START_TEST(parts_that_do_not_fit_are_refused)
{
	check_body(STR(""), HELLO_shape);
	check_body(STR(FIXED), HELLO_shape);
	check_body(STR(FIXED "\x21" "0123456789abcdef0123456789abcdef0" SUITES
	    "\1\0"), HELLO_shape);
	check_body(STR(FIXED "\0" "\0\0" "\1\0"), HELLO_shape);
	check_body(STR(FIXED "\0" "\0\3\x13\1\0" "\1\0"), HELLO_shape);
	check_body(STR(FIXED "\0" SUITES "\0"), HELLO_shape);
	check_body(STR(FIXED "\0" SUITES), HELLO_shape);
	check_body(STR(START "\0"), HELLO_shape);
	check_body(STR(START "\0\1"), HELLO_shape);
	check_body(STR(START "\0\0x"), HELLO_shape);
	check_extensions(STR("\0"), HELLO_shape);
	check_extensions(STR("\0\x17\0"), HELLO_shape);
	check_extensions(STR("\0\x17\0\1"), HELLO_shape);
	check_extensions(STR("\0\x17\0\0"), HELLO_OK);
}
END_TEST

/* Who reads the message next must not see another one. */
START_TEST(there_is_one_name_of_a_host_or_none)
{
	check_extensions(STR("\0\0\0\6\0\4\0\0\1a"), HELLO_OK);
	check_extensions(STR("\0\0\0\0"), HELLO_name);
	check_extensions(STR("\0\0\0\2\0\0"), HELLO_name);
	check_extensions(STR("\0\0\0\5\0\3\0\0\0"), HELLO_name);
	check_extensions(STR("\0\0\0\6\0\4\1\0\1a"), HELLO_name);
	check_extensions(STR("\0\0\0\7\0\5\0\0\1ab"), HELLO_name);
	check_extensions(STR("\0\0\0\7\0\4\0\0\1ab"), HELLO_name);
	check_extensions(STR("\0\0\0\x0a\0\x08\0\0\1a\0\0\1b"), HELLO_name);
	check_extensions(STR("\0\0\0\6\0\4\0\0\1a" "\0\0\0\6\0\4\0\0\1a"),
	    HELLO_name);
	check_extensions(STR("\0\0\0\7\0\5\0\0\2a\0"), HELLO_name);
	check_extensions(STR("\0\0\0\7\0\5\0\0\2a/"), HELLO_name);
	check_extensions(STR("\0\0\0\7\0\5\0\0\2\xc3\xa4"), HELLO_name);
}
END_TEST

START_TEST(longest_name_is_read_and_a_longer_one_refused)
{
	char text[300];
	struct out o = out_make(text, sizeof(text));

	out_lit(&o, "\0\0" "\1\4" "\1\2" "\0" "\0\xff");
	memset(text + o.n, 'a', 256);
	check_extensions(str_make(text, o.n + 255), HELLO_OK);
	text[3]++;
	text[5]++;
	memcpy(text + 7, "\1\0", 2);
	check_extensions(str_make(text, o.n + 256), HELLO_name);
}
END_TEST

START_TEST(hello_larger_than_any_is_refused_at_once)
{
	check_fault(STR("\x16\3\1\0\4\1\1\0\0"), HELLO_long);
	check_fault(STR("\x16\3\1\0\4\1\0\xff\xf9"), HELLO_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client_hello");
	TCase *tc = tcase_create("client_hello");
	SRunner *runner = srunner_create(suite);
	int count = (int)(sizeof(captures) / sizeof(captures[0]));
	int failed;

	tcase_add_loop_test(tc, name_is_found_in_what_real_clients_send, 0,
	    count);
	tcase_add_loop_test(tc, message_may_be_cut_into_records_anywhere, 0,
	    count);
	tcase_add_test(tc, more_records_than_anybody_needs_are_refused);
	tcase_add_loop_test(tc, incomplete_hello_asks_for_more, 0, count);
	tcase_add_loop_test(tc, what_follows_is_not_looked_at, 0, count);
	tcase_add_loop_test(tc, every_byte_may_be_any_other, 0, count);
	tcase_add_test(tc, what_is_no_handshake_is_refused);
	tcase_add_test(tc, hello_without_extensions_has_no_name);
	tcase_add_test(tc, parts_that_do_not_fit_are_refused);
	tcase_add_test(tc, there_is_one_name_of_a_host_or_none);
	tcase_add_test(tc, longest_name_is_read_and_a_longer_one_refused);
	tcase_add_test(tc, hello_larger_than_any_is_refused_at_once);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * test_head.c - the limits of heads, and where they end.
 *
 * What is malformed in one is in tests/cases.
 */
#include "tests/unit/test_head.h"

/* What most rows have in common. */
#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"
#define END "\r\n"

/* ---- sizes ---- */

/* A request whose target or fields are as large as told. */
static struct str sized_request(char *text, size_t cap, size_t target,
    unsigned field_count)
{
	struct out o = out_make(text, cap);

	out_lit(&o, "GET /");
	for (size_t i = 1; i < target; i++)
		out_char(&o, 'a');
	out_lit(&o, " HTTP/1.1\r\nHost: a\r\n");
	for (unsigned i = 1; i < field_count; i++)
		out_lit(&o, "A: b\r\n");
	out_lit(&o, "\r\n");
	ck_assert(out_ok(&o));
	return out_text(&o);
}

static enum fault verdict_of(size_t target, unsigned field_count)
{
	static char text[CONF_HEADER_MAX];
	struct parsed p;

	parse_request(&p, sized_request(text, sizeof(text), target,
	    field_count));
	parsed_free(&p);
	return p.fault;
}

START_TEST(limits_are_exact)
{
	ck_assert_int_eq(verdict_of(TEST_URL_MAX, 1), FAULT_NONE);
	ck_assert_int_eq(verdict_of(TEST_URL_MAX + 1, 1),
	    FAULT_target_large);
	ck_assert_int_eq(verdict_of(1, CONF_FIELDS_MAX), FAULT_NONE);
	ck_assert_int_eq(verdict_of(1, CONF_FIELDS_MAX + 1),
	    FAULT_fields_many);
}
END_TEST

START_TEST(head_over_its_limit_is_refused)
{
	static char text[CONF_HEADER_MAX + 1];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	out_lit(&o, GET HOST "A: ");
	while (o.n < sizeof(text) - 4)
		out_char(&o, 'a');
	out_lit(&o, "\r\n\r\n");
	parse_request(&p, out_text(&o));
	check_fault(&p, FAULT_head_large);
	parsed_free(&p);
	memmove(text + 30, text + 31, sizeof(text) - 31);
	parse_request(&p, str_make(text, sizeof(text) - 1));
	check_fault(&p, FAULT_NONE);
	parsed_free(&p);
}
END_TEST

START_TEST(no_memory_is_a_fault)
{
	static const char text[] = "GET /%41 HTTP/1.1\r\nHost: A\r\n\r\n";
	struct str head = str_make(text, sizeof(text) - 1);
	char memory[128] __attribute__((aligned(16)));
	struct arena arena;
	struct message m;
	size_t n;

	for (n = 0; n < sizeof(memory); n += 16) {
		arena_init_fixed(&arena, memory, n);
		if (head_parse_request(head, &test_limits, &arena, &m) == FAULT_NONE)
			break;
		arena_init_fixed(&arena, memory, n);
		ck_assert_int_eq(head_parse_request(head, &test_limits, &arena, &m),
		    FAULT_no_room);
	}
	ck_assert_uint_eq(n, 2 * 24 + 2 * 16);
}
END_TEST

/* ---- the end of a head ---- */

START_TEST(head_end_is_found_wherever_bytes_are_cut)
{
	static const char text[] = GET HOST "A: b\r\n" END "GET";
	size_t n = sizeof(text) - 1 - 3;

	for (size_t cut = 0; cut < n; cut++) {
		ck_assert_uint_eq(head_length(text, cut, 0), 0);
		ck_assert_uint_eq(head_length(text, n, cut), n);
		ck_assert_uint_eq(head_length(text, n + 3, cut), n);
	}
}
END_TEST

START_TEST(head_end_is_found_byte_by_byte)
{
	static const char text[] = GET HOST "A: b\r\n" END;
	size_t n = sizeof(text) - 1;

	for (size_t have = 1; have < n; have++)
		ck_assert_uint_eq(head_length(text, have, have - 1), 0);
	ck_assert_uint_eq(head_length(text, n, n - 1), n);
}
END_TEST

START_TEST(fault_leaves_method_and_target_for_the_log)
{
	struct parsed p;

	parse_request(&p, STR("POST /a?b HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n"));
	check_fault(&p, FAULT_field_name);
	check_text(p.m.method_text, STR("POST"));
	check_text(p.m.target, STR("/a?b"));
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("head");
	TCase *rest = tcase_create("limits and ends");

	tcase_add_test(rest, limits_are_exact);
	tcase_add_test(rest, head_over_its_limit_is_refused);
	tcase_add_test(rest, no_memory_is_a_fault);
	tcase_add_test(rest, head_end_is_found_wherever_bytes_are_cut);
	tcase_add_test(rest, head_end_is_found_byte_by_byte);
	tcase_add_test(rest, fault_leaves_method_and_target_for_the_log);
	suite_add_tcase(suite, rest);
	return run_suite(suite);
}

/*
 * test_grpc.c - what is of gRPC, and the codes of its errors.
 */
#include "tests/unit/test_head.h"

#include "worker/http/field.h"
#include "worker/proxy/grpc.h"

static bool is_type_of_grpc(const char *type)
{
	struct field f = {.id = FIELD_content_type,
	    .value = type,
	    .value_len = (uint32_t)strlen(type)};
	struct message m = {.field_count = 1,
	    .fields = &f,
	    .present = FIELD_BIT(FIELD_content_type)};

	return grpc_is(&m);
}

START_TEST(grpc_is_known_by_its_type)
{
	ck_assert(is_type_of_grpc("application/grpc"));
	ck_assert(is_type_of_grpc("application/grpc+proto"));
	ck_assert(is_type_of_grpc("Application/gRPC; charset=x"));
	ck_assert(is_type_of_grpc("application/grpc ; a=b"));
	ck_assert(!is_type_of_grpc("application/grpc-web"));
	ck_assert(!is_type_of_grpc("application/grpc-web+proto"));
	ck_assert(!is_type_of_grpc("application/grp"));
	ck_assert(!is_type_of_grpc("application/json"));
	ck_assert(!is_type_of_grpc(""));
}
END_TEST

START_TEST(what_says_no_type_is_not_of_grpc)
{
	struct message m = {.field_count = 0};

	ck_assert(!grpc_is(&m));
}
END_TEST

START_TEST(each_end_has_a_code)
{
	ck_assert_uint_eq(grpc_code(END_no_server, 503), 14);
	ck_assert_uint_eq(grpc_code(END_connect_failed, 502), 14);
	ck_assert_uint_eq(grpc_code(END_connect_deadline, 504), 14);
	ck_assert_uint_eq(grpc_code(END_origin_deadline, 504), 4);
	ck_assert_uint_eq(grpc_code(END_total_deadline, 504), 4);
	ck_assert_uint_eq(grpc_code(END_body_large, 413), 8);
	ck_assert_uint_eq(grpc_code(END_no_route, 404), 12);
	ck_assert_uint_eq(grpc_code(END_malformed, 400), 13);
	ck_assert_uint_eq(grpc_code(END_malformed, 401), 16);
	ck_assert_uint_eq(grpc_code(END_malformed, 403), 7);
	ck_assert_uint_eq(grpc_code(END_malformed, 429), 14);
	ck_assert_uint_eq(grpc_code(END_pattern_too_hard, 500), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("grpc");
	TCase *tcase = tcase_create("grpc");

	tcase_add_test(tcase, grpc_is_known_by_its_type);
	tcase_add_test(tcase, what_says_no_type_is_not_of_grpc);
	tcase_add_test(tcase, each_end_has_a_code);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

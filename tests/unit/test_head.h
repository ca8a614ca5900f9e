/*
 * test_head.h - what the tests of worker/http share: a head, parsed in a block
 * of exactly its size, so that a sanitizer sees each byte read too far.
 */
#ifndef TESTS_UNIT_TEST_HEAD_H
#define TESTS_UNIT_TEST_HEAD_H

#include <check.h>
#include <stdlib.h>

#include "common/base/out.h"
#include "worker/http/h1.h"
#include "worker/http/head.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define FOUR(x) x x x x
#define SIXTEEN(x) FOUR(FOUR(x))

/* A literal that may hold NULs, as a table's member. */
#define TEXT(literal) {(literal), sizeof(literal) - 1}

#define TEST_URL_MAX ((size_t)16 * 1024)

static const struct conf_head_limits test_limits = {CONF_HEADER_MAX,
    CONF_FIELDS_MAX, TEST_URL_MAX};

struct parsed {
	char *block;
	struct str head;
	struct arena arena;
	struct message m;
	enum fault fault;
};

static inline void parsed_begin(struct parsed *p, struct str text)
{
	size_t n = head_length(text.p, text.n, 0);

	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(n, text.n);
	p->block = malloc(n);
	ck_assert_ptr_nonnull(p->block);
	memcpy(p->block, text.p, n);
	p->head = str_make(p->block, n);
	arena_init(&p->arena);
}

static inline void parse_request(struct parsed *p, struct str text)
{
	parsed_begin(p, text);
	p->fault = head_parse_request(p->head, &test_limits, &p->arena, &p->m);
}

static inline void parse_reply(struct parsed *p, struct str text,
    enum method method)
{
	parsed_begin(p, text);
	p->fault = head_parse_reply(p->head, method, &test_limits, &p->arena, &p->m);
}

static inline void parsed_free(struct parsed *p)
{
	free(p->block);
	arena_free(&p->arena);
}

static inline void check_fault(const struct parsed *p, enum fault expected)
{
	ck_assert_str_eq(fault_name(p->fault), fault_name(expected));
}

static inline void check_text(struct str found, struct str expected)
{
	ck_assert_msg(str_eq(found, expected),
	    "found \"%" PRI_STR "\", expected \"%" PRI_STR "\"",
	    ARG_STR(found), ARG_STR(expected));
}

static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

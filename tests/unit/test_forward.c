/*
 * test_forward.c - what origins are told of a request's way.
 */
#include "worker/proxy/forward.h"

#include "tests/unit/test_identity.h"

/* The 32 digits behind the version of our traceparent. */
static void read_trace(char *text, struct str lines)
{
	const char *trace = memmem(lines.p, lines.n, "traceparent: 00-", 16);

	ck_assert_ptr_nonnull(trace);
	memcpy(text, trace + 16, 32);
	ck_assert_mem_eq(trace + 16 + 32 + 1 + 16, "-00\r\n", 5);
}

START_TEST(our_trace_is_named_by_our_id)
{
	char trace[32];

	take("192.0.2.1", "");
	read_trace(trace, forward_lines(x));
	check_text(x->id, str_make(trace, sizeof(trace)));
	drop();
	take("10.0.0.1", "X-Request-Id: short" LINE);
	read_trace(trace, forward_lines(x));
	ck_assert(is_ours(str_make(trace, sizeof(trace))));
	drop();
}
END_TEST

#define REST "X-Request-Id: i" LINE "traceparent: " TRACE LINE \
	"Via: 1.1 " PSEUDONYM LINE
#define GIVEN "X-Request-Id: i" LINE "traceparent: " TRACE LINE

static void check_lines(const char *expected)
{
	check_text(forward_lines(x), str_from(expected));
}

START_TEST(lines_say_what_is_known)
{
	take("10.0.0.1", GIVEN);
	check_lines(FOR "10.0.0.1" LINE "X-Forwarded-Proto: http" LINE
	    "X-Forwarded-Host: A.test" LINE "X-Forwarded-Port: 8080" LINE
	    REST);
	drop();
	listener.is_unix = true;
	take("unix", GIVEN);
	check_lines("X-Forwarded-Proto: http" LINE "X-Forwarded-Host: A.test"
	    LINE REST);
	drop();
	listener.is_unix = false;
	take_head("10.0.0.1", "GET / HTTP/1.0" LINE GIVEN);
	check_lines(FOR "10.0.0.1" LINE "X-Forwarded-Proto: http" LINE
	    "X-Forwarded-Port: 8080" LINE "X-Request-Id: i" LINE
	    "traceparent: " TRACE LINE "Via: 1.0 " PSEUDONYM LINE);
	drop();
}
END_TEST

static void check_forwarded(const char *peer, const char *fields,
    const char *expected)
{
	struct str lines, last;

	take(peer, fields);
	scope.forwarded = true;
	lines = forward_lines(x);
	ck_assert_ptr_nonnull(lines.p);
	last.p = memmem(lines.p, lines.n, "\r\nForwarded: ", 13);
	ck_assert_ptr_nonnull(last.p);
	last.n = (size_t)(lines.p + lines.n - last.p);
	check_text(str_make(last.p + 13, last.n - 15), str_from(expected));
	ck_assert_mem_eq(lines.p + lines.n - 2, "\r\n", 2);
	drop();
}

START_TEST(forwarded_is_quoted_where_it_must_be)
{
	check_forwarded("192.0.2.1", "", "for=192.0.2.1;host=A.test;proto=http");
	check_forwarded("2001:db8::1", "",
	    "for=\"[2001:db8::1]\";host=A.test;proto=http");
	check_forwarded("unix", "", "for=unknown;host=A.test;proto=http");
	check_forwarded("fd00::1", FOR "2001:db8::9, 10.0.0.8" LINE
	    "X-Forwarded-Host: b:9" LINE "X-Forwarded-Proto: https" LINE,
	    "for=\"[2001:db8::9]\";host=\"b:9\";proto=https, for=10.0.0.8, "
	    "for=\"[fd00::1]\"");
}
END_TEST

START_TEST(longest_lines_have_room)
{
	static char fields[60000];
	size_t n = (size_t)sprintf(fields, FOR "%s", "2001:db8::9");

	for (int i = 1; i < IDENTITY_HOPS_MAX; i++)
		n += (size_t)sprintf(fields + n,
		    ", fd11:1111:1111:1111:1111:1111:1111:%d", 1111 + i);
	n += (size_t)sprintf(fields + n, LINE "X-Request-Id: %s" LINE
	    "traceparent: 01-0af7651916cd43dd8448eb211c80319c-"
	    "b7ad6b7169203331-01-%s" LINE,
	    FOUR(SIXTEEN("ab")), FOUR(SIXTEEN("xy")));
	scope.forwarded = true;
	take("fd11:1111:1111:1111:1111:1111:1111:9999", fields);
	ck_assert_ptr_nonnull(forward_lines(x).p);
	ck_assert_uint_eq(x->id.n, CLAIM_REQUEST_ID_MAX);
	drop();
}
END_TEST

START_TEST(want_of_memory_is_no_silence)
{
	char few[64];

	take("10.0.0.1", "");
	arena_free(&x->arena);
	arena_init_fixed(&x->arena, few, sizeof(few));
	ck_assert_ptr_null(forward_lines(x).p);
	x->identity = (struct identity){.chain = STR_NONE};
	drop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forward");
	TCase *tc = tcase_create("forward");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, our_trace_is_named_by_our_id);
	tcase_add_test(tc, lines_say_what_is_known);
	tcase_add_test(tc, forwarded_is_quoted_where_it_must_be);
	tcase_add_test(tc, longest_lines_have_room);
	tcase_add_test(tc, want_of_memory_is_no_silence);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

/*
 * test_cache_storable.c - what a shared cache may keep.
 */
#include "tests/unit/test_cache_storable.h"

static const struct storable_case cases[] = {
    /* the status: 3 */
    {"203", "203 x", CC "max-age=60", "age 0 fresh 60"},
    {"204", "204 x", CC "max-age=60", "age 0 fresh 60"},
    {"299", "299 x", CC "max-age=60", "age 0 fresh 60"},
    {"302", "302 x", CC "max-age=60", "age 0 fresh 60"},
    {"303", "303 x", CC "max-age=60", "age 0 fresh 60"},
    {"307", "307 x", CC "max-age=60", "age 0 fresh 60"},
    {"400", "400 x", CC "max-age=60", "age 0 fresh 60"},
    {"401", "401 x", CC "max-age=60", "age 0 fresh 60"},
    {"500", "500 x", CC "max-age=60", "age 0 fresh 60"},
    {"503", "503 x", CC "max-age=60", "age 0 fresh 60"},
    {"599", "599 x", CC "max-age=60", "age 0 fresh 60"},
    {"304 is about another", "304 x", CC "max-age=60", "status"},
    {"428 must not be stored", "428 x", CC "max-age=60", "status"},
    {"429 must not", "429 x", CC "max-age=60", "status"},
    {"431 must not", "431 x", CC "max-age=60", "status"},
    {"511 must not", "511 x", CC "max-age=60", "status"},
    {"must-understand what nobody does", "599 x",
	CC "max-age=60, must-understand", "status"},
    {"must-understand", OK, CC "max-age=60, must-understand",
	"age 0 fresh 60"},
    {"no-store for those who don't understand", OK,
	CC "max-age=60, must-understand, no-store", "age 0 fresh 60"},
    {"and we don't", "599 x", CC "max-age=60, must-understand, no-store",
	"status"},
    /* the reply: 5.2.2 */
    {"no-store", OK, CC "no-store, max-age=60", "no_store"},
    {"private", OK, CC "private, max-age=60", "private"},
    {"private of names", OK, CC "private=\"x-a, x-b\", max-age=60",
	"age 0 fresh 60 {x-a, x-b}"},
    {"no-cache of names", OK, CC "no-cache=\"x-a\", max-age=60",
	"age 0 fresh 60 {x-a}"},
    {"no-cache", OK, ETAG CC "no-cache",
	"age 0 fresh 0 not-stale validate"},
    {"no-cache, whatever max-age says", OK, ETAG CC "no-cache, max-age=60",
	"age 0 fresh 0 not-stale validate"},
    {"no-cache without a validator", OK, CC "no-cache, max-age=60",
	"no_freshness"},
    {"no-cache with Last-Modified", OK,
	CC "no-cache\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT",
	"age 0 fresh 0 not-stale validate"},
    {"max-age=0 with a validator", OK, ETAG CC "max-age=0",
	"age 0 fresh 0"},
    {"invalid max-age with a validator", OK, ETAG CC "max-age=x",
	"age 0 fresh 0"},
    {"must-revalidate", OK, CC "must-revalidate, max-age=60",
	"age 0 fresh 60 shared not-stale"},
    {"proxy-revalidate", OK, CC "proxy-revalidate, max-age=60",
	"age 0 fresh 60 not-stale"},
    {"public", OK, CC "public, max-age=60", "age 0 fresh 60 shared"},
    {"immutable", OK, CC "immutable, max-age=60",
	"age 0 fresh 60 immutable"},
    {"Pragma of a reply means nothing", OK, "Pragma: no-cache\n" CC
	"max-age=60", "age 0 fresh 60"},
    /* cookies */
    {"Set-Cookie", OK, "Set-Cookie: a=1\n" CC "max-age=60", "set_cookie"},
    {"Set-Cookie and public", OK, "Set-Cookie: a=1\n" CC "max-age=60, public",
	"set_cookie"},
    {"Set-Cookie that is not kept", OK,
	"Set-Cookie: a=1\n" CC "max-age=60, no-cache=\"X, set-cookie\"",
	"age 0 fresh 60 {X, set-cookie}"},
    /* stale use: 4.2.4, RFC 5861 */
    {"as the reply says", OK,
	CC "max-age=60, stale-while-revalidate=5, stale-if-error=7",
	"age 0 fresh 60 while 5 error 7"},
    {"never fresh, but served while it is validated", OK,
	CC "max-age=0, stale-while-revalidate=60", "age 0 fresh 0 while 60"},
    /* targeted: RFC 9213 */
    {"targeted", OK, CDN "max-age=60\n" CC "no-store", "age 0 fresh 60"},
    {"not for us", OK, CDN "no-store\n" CC "max-age=60", "no_store"},
    {"private for us", OK, CDN "private\n" CC "max-age=60", "private"},
    {"Expires means nothing", OK,
	CDN "private=\"a\"\n" NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 GMT",
	"no_freshness"},
    {"max-age against Expires", OK, CDN "max-age=60\n" NOW "\nExpires: 0",
	"age 0 fresh 60"},
    {"Age counts", OK, CDN "max-age=60\nAge: 10", "age 10 fresh 50"},
    {"of a wrong type", OK, CDN "max-age=\"60\"\n" CC "max-age=60",
	"no_freshness"},
    {"invalid: Cache-Control", OK, CDN "max-age=60, &&&\n" CC "no-store",
	"no_store"},
    /* size */
    {"as large as may be", OK, CC "max-age=60\nContent-Length: 1000",
	"age 0 fresh 60"},
    {"larger", OK, CC "max-age=60\nContent-Length: 1001", "large"},
    {"unknown", OK, CC "max-age=60\nTransfer-Encoding: chunked",
	"age 0 fresh 60"},
};

static const struct special_case specials[] = {
    /* Authorization: 3.5 */
    {{"Authorization", OK, CC "max-age=60", "authorization"}, PLAIN, AUTH},
    {{"Authorization and public", OK, CC "max-age=60, public",
	"age 0 fresh 60 shared"}, PLAIN, AUTH},
    {{"Authorization and must-revalidate", OK,
	CC "max-age=60, must-revalidate", "age 0 fresh 60 shared not-stale"}, PLAIN, AUTH},
    {{"Authorization and s-maxage", OK, CC "s-maxage=60",
	"age 0 fresh 60 shared not-stale"}, PLAIN, AUTH},
    {{"Authorization and proxy-revalidate", OK,
	CC "max-age=60, proxy-revalidate", "authorization"}, PLAIN, AUTH},
    {{"Authorization and public that is wrong", OK, CC "max-age=60, public=1",
	"authorization"}, PLAIN, AUTH},
    {{"Authorization and a targeted public", OK,
	CDN "max-age=60, public\n" CC "private", "age 0 fresh 60 shared"}, PLAIN, AUTH},
    {{"Authorization and public for others", OK,
	CDN "max-age=60\n" CC "public", "authorization"}, PLAIN, AUTH},
    /* requests */
    {{"no-store of a request", OK, CC "max-age=60", "request_no_store"}, PLAIN, CC "no-store"},
    {{"no-cache of a request", OK, CC "max-age=60", "age 0 fresh 60"}, PLAIN, CC "no-cache"},
    /* cookies */
    {{"Set-Cookie, removed", OK, "Set-Cookie: a=1\n" CC "max-age=60",
	"age 0 fresh 60 {Set-Cookie}"}, REMOVE, ""},
    {{"Set-Cookie, stored", OK, "Set-Cookie: a=1\n" CC "max-age=60",
	"age 0 fresh 60"}, STORE, ""},
    {{"Set-Cookie, private", OK, "Set-Cookie: a=1\n" CC "private, max-age=60",
	"private"}, STORE, ""},
    /* targeted: RFC 9213 */
    {{"not asked for", OK, CDN "max-age=60\n" CC "max-age=5",
	"age 0 fresh 5"}, STORE, ""},
};

START_TEST(reply_is_kept)
{
	struct storable_ask ask = ask_at_once();

	check_case(&cases[_i], "", &ask);
}
END_TEST

START_TEST(reply_is_kept_as_the_operator_and_the_request_say)
{
	check_special(&specials[_i]);
}
END_TEST

START_TEST(only_get_is_kept)
{
	static const char *const methods[] = {"HEAD", "POST", "PUT", "DELETE",
	    "OPTIONS", "PATCH", "QUERY", "get2"};

	for (int i = 0; i < COUNT(methods); i++) {
		struct storable_ask ask = ask_at_once();
		struct parsed request, reply;
		struct storable s;
		char text[64];

		snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: x\r\n\r\n",
		    methods[i]);
		parse_request(&request, str_from(text));
		policy_reply(&reply, OK, CC "max-age=60, public");
		ask.request = &request.m;
		ask.reply = &reply.m;
		storable_judge(&ask, &s);
		ck_assert_int_eq(s.reason, CACHE_REASON_method);
		parsed_free(&request);
		parsed_free(&reply);
	}
}
END_TEST

START_TEST(length_is_what_is_said)
{
	static const struct {
		const char *lines;
		int64_t length;
	} rows[] = {{CC "max-age=1\nContent-Length: 12", 12},
	    {CC "max-age=1\nContent-Length: 0", 0},
	    {CC "max-age=1\nTransfer-Encoding: chunked", CACHE_LENGTH_UNKNOWN},
	    {CC "max-age=1", CACHE_LENGTH_UNKNOWN}};

	for (int i = 0; i < COUNT(rows); i++) {
		struct storable_ask ask = ask_at_once();
		struct parsed request, reply;
		struct storable s;

		policy_request(&request, "");
		policy_reply(&reply, OK, rows[i].lines);
		ask.request = &request.m;
		ask.reply = &reply.m;
		storable_judge(&ask, &s);
		ck_assert_int_eq(s.meta.length, rows[i].length);
		ck_assert_uint_eq(s.meta.status, 200);
		parsed_free(&request);
		parsed_free(&reply);
	}
}
END_TEST

START_TEST(errors_are_those_of_rfc_5861)
{
	for (unsigned status = 100; status < 600; status++)
		ck_assert_int_eq(storable_is_error(status),
		    status == 500 || status == 502 || status == 503 ||
			status == 504);
}
END_TEST

START_TEST(each_reason_has_its_words)
{
	for (unsigned i = 1; i < CACHE_REASON_END; i++) {
		ck_assert_uint_gt(strlen(cache_reason_name(i)), 0);
		ck_assert_uint_gt(strlen(cache_reason_text(i)), 0);
	}
	ck_assert_str_eq(cache_reason_name(CACHE_REASON_no_store), "no_store");
	ck_assert_str_eq(cache_reason_text(60000), "");
	ck_assert(cache_reason_lasts(CACHE_REASON_no_store));
	ck_assert(!cache_reason_lasts(CACHE_REASON_authorization));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_storable");
	TCase *tcase = tcase_create("storable");

	tcase_add_loop_test(tcase, reply_is_kept, 0, COUNT(cases));
	tcase_add_loop_test(tcase,
	    reply_is_kept_as_the_operator_and_the_request_say, 0,
	    COUNT(specials));
	tcase_add_test(tcase, only_get_is_kept);
	tcase_add_test(tcase, length_is_what_is_said);
	tcase_add_test(tcase, errors_are_those_of_rfc_5861);
	tcase_add_test(tcase, each_reason_has_its_words);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

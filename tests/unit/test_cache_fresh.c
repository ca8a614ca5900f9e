/*
 * test_cache_fresh.c - how old a reply is, and for how long it is fresh.
 */
#include "tests/unit/test_cache_storable.h"

static const struct storable_case cases[] = {
    /* lifetime: RFC 9111, 4.2.1 */
    {"max-age", OK, CC "max-age=60", "age 0 fresh 60"},
    {"s-maxage comes first", OK, CC "max-age=60, s-maxage=5",
	"age 0 fresh 5 shared not-stale"},
    {"also when it is longer", OK, CC "s-maxage=600, max-age=0",
	"age 0 fresh 600 shared not-stale"},
    {"s-maxage=0 leaves no use for it", OK, CC "max-age=60, s-maxage=0",
	"no_freshness"},
    {"max-age comes before Expires", OK,
	CC "max-age=60\n" NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 GMT",
	"age 0 fresh 60"},
    {"max-age=0 too", OK,
	CC "max-age=0\n" NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 GMT",
	"no_freshness"},
    {"and invalid max-age", OK,
	CC "max-age=x\n" NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 GMT",
	"no_freshness"},
    {"and unclear s-maxage", OK, CC "s-maxage=1, s-maxage=9, max-age=60",
	"no_freshness"},
    {"Expires", OK, NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 GMT",
	"age 0 fresh 3600"},
    {"Expires without Date", OK, "Expires: Sat, 21 Nov 2026 22:00:00 GMT",
	"age 0 fresh 3600"},
    {"Expires is counted from Date, which is late", OK,
	"Date: Sat, 21 Nov 2026 21:10:00 GMT\n"
	"Expires: Sat, 21 Nov 2026 21:30:00 GMT",
	"age 0 fresh 1200"},
    {"and when it is early the reply is old", OK,
	"Date: Sat, 21 Nov 2026 20:50:00 GMT\n"
	"Expires: Sat, 21 Nov 2026 21:30:00 GMT",
	"age 600 fresh 1800"},
    {"Expires at Date", OK, NOW "\nExpires: Sat, 21 Nov 2026 21:00:00 GMT",
	"no_freshness"},
    {"Expires in the past", OK, NOW "\nExpires: Sat, 21 Nov 2026 20:00:00 GMT",
	"no_freshness"},
    {"Expires: 0", OK, NOW "\nExpires: 0", "no_freshness"},
    {"Expires: -1", OK, NOW "\nExpires: -1", "no_freshness"},
    {"an invalid one", OK, NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 CET",
	"no_freshness"},
    {"an empty one", OK, NOW "\nExpires:", "no_freshness"},
    {"max-age beside an invalid one", OK, CC "max-age=60\nExpires: 0",
	"age 0 fresh 60"},
    {"Expires of RFC 850", OK,
	NOW "\nExpires: Saturday, 21-Nov-26 22:00:00 GMT",
	"age 0 fresh 3600"},
    {"Expires of asctime", OK, NOW "\nExpires: Sat Nov 21 22:00:00 2026",
	"age 0 fresh 3600"},
    {"Expires in another case", OK,
	NOW "\nExpires: SAT, 21 NOV 2026 22:00:00 gmt", "age 0 fresh 3600"},
    {"far in the future", OK, NOW "\nExpires: Fri, 31 Dec 9999 23:59:59 GMT",
	"age 0 fresh 2147483648"},
    {"two that are the same", OK,
	NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 GMT\n"
	    "Expires: Sat, 21 Nov 2026 22:00:00 GMT",
	"age 0 fresh 3600"},
    {"two that are not", OK,
	NOW "\nExpires: Sat, 21 Nov 2026 22:00:00 GMT\n"
	    "Expires: Sat, 21 Nov 2026 22:00:01 GMT",
	"no_freshness"},
    {"an invalid Date is none", OK,
	"Date: yesterday\nExpires: Sat, 21 Nov 2026 22:00:00 GMT",
	"age 0 fresh 3600"},
    {"max-age of 2^31 and more", OK, CC "max-age=99999999999",
	"age 0 fresh 2147483648"},
    {"nothing", OK, "", "no_freshness"},
    {"nothing but a validator", OK, ETAG, "no_freshness"},
    {"nothing but Last-Modified", OK,
	"Last-Modified: Sat, 21 Nov 2020 21:00:00 GMT", "no_freshness"},
    {"public alone", OK, CC "public", "no_freshness"},
    /* age: 4.2.3 */
    {"Age", OK, CC "max-age=60\nAge: 10", "age 10 fresh 50"},
    {"Age as old as it may get", OK, CC "max-age=60\nAge: 60",
	"no_freshness"},
    {"older", OK, CC "max-age=60\nAge: 7200", "no_freshness"},
    {"older, but to be validated", OK, ETAG CC "max-age=60\nAge: 7200",
	"age 7200 fresh -7140"},
    {"Date in the past", OK,
	CC "max-age=3600\nDate: Sat, 21 Nov 2026 20:30:00 GMT",
	"age 1800 fresh 1800"},
    {"Date in the future", OK,
	CC "max-age=3600\nDate: Sat, 21 Nov 2026 22:30:00 GMT",
	"age 0 fresh 3600"},
    {"Date and Age: the older", OK,
	CC "max-age=3600\nAge: 60\nDate: Sat, 21 Nov 2026 20:30:00 GMT",
	"age 1800 fresh 1800"},
    {"Age and Date: the older", OK,
	CC "max-age=3600\nAge: 2400\nDate: Sat, 21 Nov 2026 20:30:00 GMT",
	"age 2400 fresh 1200"},
    {"Age: 0", OK, CC "max-age=60\nAge: 0", "age 0 fresh 60"},
    {"Age with zeros", OK, CC "max-age=60\nAge: 0010", "age 10 fresh 50"},
    {"Age of 2^31 and more", OK, ETAG CC "max-age=60\nAge: 99999999999",
	"age 2147483648 fresh -2147483588"},
    {"Age of a list: the first", OK, CC "max-age=60\nAge: 0,7200",
	"age 0 fresh 60"},
    {"Age of a list, the old one first", OK, CC "max-age=60\nAge: 7200,0",
	"no_freshness"},
    {"Age in words", OK, CC "max-age=60\nAge: old", "no_freshness"},
    {"Age, negative", OK, CC "max-age=60\nAge: -10", "no_freshness"},
    {"Age, a fraction", OK, CC "max-age=60\nAge: 1.0", "no_freshness"},
    {"Age with a parameter", OK, CC "max-age=60\nAge: 1;a=b",
	"no_freshness"},
    {"Age, empty", OK, CC "max-age=60\nAge:", "no_freshness"},
    {"Age, quoted", OK, CC "max-age=60\nAge: \"1\"", "no_freshness"},
    {"Age on two lines", OK, CC "max-age=60\nAge: 0\nAge: 0",
	"no_freshness"},
    {"Age of a list with blanks", OK, CC "max-age=60\nAge: 0, 0",
	"no_freshness"},
    {"Age of a list with words", OK, CC "max-age=60\nAge: 0,x",
	"no_freshness"},
};

static const struct special_case specials[] = {
    /* guesses: 4.2.2 */
    {{"a tenth of ten hours", OK,
	NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT",
	"age 0 fresh 3600"}, GUESSING, ""},
    {{"a tenth of ten minutes", OK,
	NOW "\nLast-Modified: Sat, 21 Nov 2026 20:50:00 GMT",
	"age 0 fresh 60"}, GUESSING, ""},
    {{"never more than heuristic_max", OK,
	NOW "\nLast-Modified: Sat, 21 Nov 1926 20:50:00 GMT",
	"age 0 fresh 3600"}, GUESSING, ""},
    {{"modified in the future", OK,
	NOW "\nLast-Modified: Sat, 21 Nov 2026 21:50:00 GMT", "no_freshness"}, GUESSING, ""},
    {{"modified at an impossible time", OK, NOW "\nLast-Modified: never",
	"no_freshness"}, GUESSING, ""},
    {{"what is said comes first", OK,
	CC "max-age=5\n" NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT",
	"age 0 fresh 5"}, GUESSING, ""},
    {{"also when it is invalid", OK,
	CC "max-age=x\n" NOW
	   "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT",
	"age 0 fresh 0"}, GUESSING, ""},
    {{"404", "404 Not Found",
	NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT",
	"age 0 fresh 3600"}, GUESSING, ""},
    {{"201", "201 Created",
	NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT", "no_freshness"}, GUESSING, ""},
    {{"403", "403 Forbidden",
	NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT", "no_freshness"}, GUESSING, ""},
    {{"302", "302 Found",
	NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT", "no_freshness"}, GUESSING, ""},
    {{"503", "503 Service Unavailable",
	NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT", "no_freshness"}, GUESSING, ""},
    {{"599, public", "599 Whatever",
	CC "public\n" NOW "\nLast-Modified: Sat, 21 Nov 2026 11:00:00 GMT",
	"age 0 fresh 3600 shared"}, GUESSING, ""},
    /* the operator's */
    {{"default_ttl", OK, "", "age 0 fresh 20"}, TTL, ""},
    {{"default_ttl of what is old", OK, "Age: 15", "age 15 fresh 5"}, TTL, ""},
    {{"default_ttl of 301", "301 Moved Permanently", "", "age 0 fresh 20"}, TTL, ""},
    {{"default_ttl of 302", "302 Found", "", "no_freshness"}, TTL, ""},
    {{"default_ttl of 500", "500 Oops", "", "no_freshness"}, TTL, ""},
    {{"negative_ttl of 404", "404 Not Found", "", "age 0 fresh 10"}, TTL, ""},
    {{"negative_ttl of 451", "451 Unavailable", "", "age 0 fresh 10"}, TTL, ""},
    {{"negative_ttl of 403", "403 Forbidden", "", "no_freshness"}, TTL, ""},
    {{"what is said comes before it", "404 Not Found", CC "max-age=60",
	"age 0 fresh 60"}, TTL, ""},
    {{"max-age=0 says it, too", OK, CC "max-age=0", "no_freshness"}, TTL, ""},
    {{"no-cache says it, too", OK, CC "no-cache", "no_freshness"}, TTL, ""},
    /* stale use: 4.2.4, RFC 5861 */
    {{"that comes before the operator", OK,
	CC "max-age=60, stale-while-revalidate=5, stale-if-error=7",
	"age 0 fresh 60 while 5 error 7"}, PATIENT, ""},
    {{"also when it is nothing", OK,
	CC "max-age=60, stale-while-revalidate=0, stale-if-error=0",
	"age 0 fresh 60"}, PATIENT, ""},
    {{"and when it is junk", OK,
	CC "max-age=60, stale-while-revalidate=x, stale-if-error=-1",
	"age 0 fresh 60"}, PATIENT, ""},
    {{"as the operator says", OK, CC "max-age=60",
	"age 0 fresh 60 while 30 error 600"}, PATIENT, ""},
    {{"not with must-revalidate", OK,
	CC "max-age=60, must-revalidate, stale-while-revalidate=5",
	"age 0 fresh 60 shared not-stale"}, PATIENT, ""},
    {{"not with proxy-revalidate", OK,
	CC "max-age=60, proxy-revalidate, stale-if-error=5",
	"age 0 fresh 60 not-stale"}, PATIENT, ""},
    {{"not with s-maxage", OK, CC "s-maxage=60, stale-while-revalidate=5",
	"age 0 fresh 60 shared not-stale"}, PATIENT, ""},
    {{"not with no-cache", OK, ETAG CC "no-cache, stale-while-revalidate=5",
	"age 0 fresh 0 not-stale validate"}, PATIENT, ""},
    {{"never fresh: the operator's patience is for errors", OK,
	ETAG CC "max-age=0", "age 0 fresh 0 error 600"}, PATIENT, ""},
    {{"never fresh, nothing to validate", OK, CC "max-age=0", "no_freshness"}, PATIENT, ""},
};

START_TEST(reply_is_fresh)
{
	struct storable_ask ask = ask_at_once();

	check_case(&cases[_i], "", &ask);
}
END_TEST

START_TEST(reply_is_fresh_by_guess_or_as_the_operator_says)
{
	check_special(&specials[_i]);
}
END_TEST

START_TEST(time_that_the_reply_took_makes_it_older)
{
	static const struct storable_case slow[] = {
	    {"no Age", OK, CC "max-age=60", "age 7 fresh 53"},
	    {"Age", OK, CC "max-age=60\nAge: 10", "age 17 fresh 43"},
	    {"Date", OK, CC "max-age=60\nDate: Sat, 21 Nov 2026 20:59:50 GMT",
		"age 10 fresh 50"},
	};

	for (int i = 0; i < COUNT(slow); i++) {
		struct storable_ask ask = ask_at_once();

		ask.asked -= 7 * USEC_PER_SEC;
		check_case(&slow[i], "", &ask);
	}
}
END_TEST

START_TEST(age_is_in_whole_seconds_and_never_negative)
{
	ck_assert_uint_eq(fresh_age(0, 0), 0);
	ck_assert_uint_eq(fresh_age(0, 999999), 0);
	ck_assert_uint_eq(fresh_age(0, 1000000), 1);
	ck_assert_uint_eq(fresh_age(5000000, 0), 0);
	ck_assert_uint_eq(fresh_age(-5000000, 1), 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_fresh");
	TCase *tcase = tcase_create("fresh");

	tcase_add_loop_test(tcase, reply_is_fresh, 0, COUNT(cases));
	tcase_add_loop_test(tcase,
	    reply_is_fresh_by_guess_or_as_the_operator_says, 0,
	    COUNT(specials));
	tcase_add_test(tcase, time_that_the_reply_took_makes_it_older);
	tcase_add_test(tcase, age_is_in_whole_seconds_and_never_negative);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

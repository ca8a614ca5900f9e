/*
 * test_sticky_cookie.c - only what was written with a key is read with it.
 */
#include <check.h>
#include <stdlib.h>

#include "worker/proxy/sticky_cookie.h"

#define SERVER UINT64_C(0x0123456789abcdef)
#define ISSUED 1795000000u
#define HOUR USEC_PER_HOUR

static const struct hash_key secret = {{1, 2}};
static struct sticky_keys keys;
static char text[STICKY_COOKIE_SIZE];

static void setup(void)
{
	keys = sticky_keys_of(secret, STR("app.example.com"), STR("web"));
	sticky_cookie_write(&keys, (struct sticky_cookie){SERVER, ISSUED},
	    text);
}

static bool reads(const struct sticky_keys *with, const char *p, size_t n)
{
	struct sticky_cookie c = {7, 7};
	char *exact = malloc(n > 0 ? n : 1);
	bool read;

	memcpy(exact, p, n);
	read = sticky_cookie_read(with, str_make(exact, n), &c);
	free(exact);
	ck_assert(read ? c.server == SERVER && c.issued == ISSUED
		       : c.server == 7 && c.issued == 7);
	return read;
}

START_TEST(what_was_written_is_read)
{
	ck_assert(reads(&keys, text, sizeof(text)));
	for (size_t i = 0; i < sizeof(text); i++)
		ck_assert_ptr_nonnull(memchr("0123456789abcdef", text[i], 16));
}
END_TEST

START_TEST(extreme_numbers_are_written_and_read)
{
	static const struct sticky_cookie extremes[] = {
	    {0, 0}, {UINT64_MAX, UINT32_MAX}, {1, 0}, {0, 1}};

	for (size_t i = 0; i < sizeof(extremes) / sizeof(extremes[0]); i++) {
		struct sticky_cookie c;

		sticky_cookie_write(&keys, extremes[i], text);
		ck_assert(sticky_cookie_read(&keys,
		    str_make(text, sizeof(text)), &c));
		ck_assert_uint_eq(c.server, extremes[i].server);
		ck_assert_uint_eq(c.issued, extremes[i].issued);
	}
}
END_TEST

START_TEST(no_byte_of_it_can_be_another_one)
{
	for (size_t i = 0; i < sizeof(text); i++) {
		char right = text[i];

		for (int c = 0; c < 256; c++) {
			text[i] = (char)c;
			ck_assert(reads(&keys, text, sizeof(text)) ==
			    ((char)c == right));
		}
		text[i] = right;
	}
}
END_TEST

START_TEST(no_two_bytes_of_it_can_be_swapped)
{
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		char swapped[STICKY_COOKIE_SIZE];

		memcpy(swapped, text, sizeof(text));
		swapped[i] = text[i + 1];
		swapped[i + 1] = text[i];
		ck_assert(reads(&keys, swapped, sizeof(text)) ==
		    (text[i] == text[i + 1]));
	}
}
END_TEST

START_TEST(it_has_one_length)
{
	char longer[STICKY_COOKIE_SIZE * 2];

	memcpy(longer, text, sizeof(text));
	memcpy(longer + sizeof(text), text, sizeof(text));
	for (size_t n = 0; n <= sizeof(longer); n++)
		ck_assert(reads(&keys, longer, n) == (n == sizeof(text)));
}
END_TEST

START_TEST(upper_case_is_another_text)
{
	for (size_t i = 0; i < sizeof(text); i++)
		if (text[i] >= 'a')
			text[i] = (char)(text[i] - 'a' + 'A');
	ck_assert(!reads(&keys, text, sizeof(text)));
}
END_TEST

START_TEST(parts_of_two_make_no_third)
{
	char other[STICKY_COOKIE_SIZE], mixed[STICKY_COOKIE_SIZE];

	sticky_cookie_write(&keys, (struct sticky_cookie){SERVER + 1,
	    ISSUED + 1}, other);
	for (int parts = 1; parts < 7; parts++) {
		memcpy(mixed, parts & 1 ? text : other, 8);
		memcpy(mixed + 8, (parts & 2 ? text : other) + 8, 16);
		memcpy(mixed + 24, (parts & 4 ? text : other) + 24, 16);
		ck_assert(!reads(&keys, mixed, sizeof(mixed)));
	}
}
END_TEST

START_TEST(it_is_of_one_secret_vhost_and_pool)
{
	struct hash_key second = {{1, 3}};
	struct sticky_keys others[] = {
	    sticky_keys_of(second, STR("app.example.com"), STR("web")),
	    sticky_keys_of(secret, STR("www.example.com"), STR("web")),
	    sticky_keys_of(secret, STR("app.example.com"), STR("api")),
	    sticky_keys_of(secret, STR("app.example.comw"), STR("eb")),
	    {keys.mask, keys.tag},
	};
	struct sticky_keys same =
	    sticky_keys_of(secret, STR("app.example.com"), STR("web"));

	ck_assert(reads(&same, text, sizeof(text)));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert(!reads(&others[i], text, sizeof(text)));
}
END_TEST

/* How many of their N digits are the same. */
static int same_digits(const char *a, const char *b, size_t n)
{
	int same = 0;

	for (size_t i = 0; i < n; i++)
		same += a[i] == b[i];
	return same;
}

START_TEST(nobody_sees_that_two_are_of_the_same_server)
{
	char later[STICKY_COOKIE_SIZE], other[STICKY_COOKIE_SIZE];

	sticky_cookie_write(&keys, (struct sticky_cookie){SERVER, ISSUED + 1},
	    later);
	sticky_cookie_write(&keys, (struct sticky_cookie){SERVER ^ 1, ISSUED},
	    other);
	ck_assert_int_lt(same_digits(text + 8, later + 8, 32), 12);
	ck_assert_int_lt(same_digits(text + 8, other + 8, 32), 12);
}
END_TEST

START_TEST(it_grows_old_and_expires)
{
	struct sticky_cookie c = {SERVER, ISSUED};
	usec_t then = (usec_t)ISSUED * USEC_PER_SEC;
	static const struct {
		usec_t age;
		usec_t ttl;
		enum sticky_age is;
	} ages[] = {
	    {0, HOUR, STICKY_YOUNG},
	    {HOUR / 2 - 1, HOUR, STICKY_YOUNG},
	    {HOUR / 2, HOUR, STICKY_OLD},
	    {HOUR - 1, HOUR, STICKY_OLD},
	    {HOUR, HOUR, STICKY_EXPIRED},
	    {1000 * HOUR, HOUR, STICKY_EXPIRED},
	    {1000 * HOUR, 0, STICKY_YOUNG},
	    {-60 * USEC_PER_SEC, HOUR, STICKY_YOUNG},
	    {-61 * USEC_PER_SEC, HOUR, STICKY_EXPIRED},
	    {-61 * USEC_PER_SEC, 0, STICKY_EXPIRED},
	};

	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
		ck_assert_int_eq(sticky_cookie_age(c, then + ages[i].age,
		    ages[i].ttl), ages[i].is);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sticky_cookie");
	SRunner *runner;
	int failed;
	TCase *tcase = tcase_create("sticky_cookie");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, what_was_written_is_read);
	tcase_add_test(tcase, extreme_numbers_are_written_and_read);
	tcase_add_test(tcase, no_byte_of_it_can_be_another_one);
	tcase_add_test(tcase, no_two_bytes_of_it_can_be_swapped);
	tcase_add_test(tcase, it_has_one_length);
	tcase_add_test(tcase, upper_case_is_another_text);
	tcase_add_test(tcase, parts_of_two_make_no_third);
	tcase_add_test(tcase, it_is_of_one_secret_vhost_and_pool);
	tcase_add_test(tcase, nobody_sees_that_two_are_of_the_same_server);
	tcase_add_test(tcase, it_grows_old_and_expires);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

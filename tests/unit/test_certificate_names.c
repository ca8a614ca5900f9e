/*
 * test_certificate_names.c - who a certificate is for.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/certificate.h"
#include "tests/unit/pki.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_free(&arena);
}

/* A pair of a new certificate. */
static struct conf_pair make(const char *cn, const char *san)
{
	struct pki p;
	struct conf_pair pair = {.cert_file = "c"};
	struct conf_pair_fault fault;
	struct conf_pair_text texts[CONF_PAIR_PARTS] = {{.name = "c"}};
	char *cert, *key, *both;
	bool ok;

	pki_make(&p, &(struct pki_ask){.cn = cn, .san = san});
	cert = pki_cert(&p), key = pki_key(&p, NULL);
	ck_assert_int_gt(asprintf(&both, "%s%s", cert, key), 0);
	texts[CONF_PAIR_CERT].text = str_from(both);
	ok = conf_certificate_make(&arena, texts, &pair, &fault);
	ck_assert_msg(ok, "%s", ok ? "" : fault.text);
	free(cert), free(key), free(both);
	pki_free(&p);
	return pair;
}

START_TEST(it_covers_its_names_and_no_others)
{
	static const char *const yes[] = {"www.example.com",
	    "a.shop.example.com", "*.shop.example.com", "127.0.0.1", "[::1]"};
	static const char *const no[] = {"example.com", "shop.example.com",
	    "*.example.com", "a.b.shop.example.com", "127.0.0.2", "[::2]"};
	struct conf_pair pair = make("x", "DNS:www.example.com,"
	    "DNS:*.shop.example.com,IP:127.0.0.1,IP:::1");

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(conf_certificate_covers(&pair, yes[i]), "%s",
		    yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!conf_certificate_covers(&pair, no[i]), "%s",
		    no[i]);
	ck_assert_str_eq(conf_certificate_names(&pair, &arena),
	    "www.example.com, *.shop.example.com");
}
END_TEST

START_TEST(a_common_name_alone_covers_nothing)
{
	struct conf_pair pair = make("cn.example.com", NULL);

	ck_assert(!conf_certificate_covers(&pair, "cn.example.com"));
	ck_assert_str_eq(conf_certificate_names(&pair, &arena), "");
}
END_TEST

START_TEST(of_many_names_the_first_are_listed)
{
	char san[2048] = "DNS:a0.example.com";
	struct conf_pair pair;
	const char *names;

	for (int i = 1; i < 60; i++)
		sprintf(san + strlen(san), ",DNS:a%d.example.com", i);
	pair = make("x", san);
	names = conf_certificate_names(&pair, &arena);
	ck_assert_int_eq(strncmp(names, "a0.example.com, a1.", 19), 0);
	ck_assert_uint_lt(strlen(names), 300);
	ck_assert_str_eq(names + strlen(names) - 5, ", ...");
}
END_TEST

START_TEST(who_has_no_subject_is_called_after_its_first_name)
{
	struct conf_pair pair = make(NULL, "DNS:a.example.com");

	ck_assert_str_eq(pair.subject, "DNS:a.example.com");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("certificate_names");
	TCase *tc = tcase_create("names");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_covers_its_names_and_no_others);
	tcase_add_test(tc, a_common_name_alone_covers_nothing);
	tcase_add_test(tc, of_many_names_the_first_are_listed);
	tcase_add_test(tc, who_has_no_subject_is_called_after_its_first_name);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

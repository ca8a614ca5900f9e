/*
 * test_certificate.c - a certificate, its chain and its key, from files of all
 * kinds.
 */
#include <check.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/insist.h"
#include "common/conf/certificate.h"
#include "tests/unit/pki.h"
#include "tests/unit/test_conf_util.h"

static struct conf_case c; /* for its folder */
static struct arena arena;
static struct conf_pair pair;
static struct conf_pair_fault fault;
static struct pki root, middle, leaf, other;
static char *root_pem, *middle_pem, *leaf_pem, *other_pem;
static char *leaf_key, *other_key;

static void make_all(void)
{
	pki_make(&root, &(struct pki_ask){.cn = "Root", .ca = true});
	pki_make(&middle, &(struct pki_ask){.cn = "Middle", .ca = true,
	    .issuer = &root});
	pki_make(&leaf, &(struct pki_ask){.cn = "www.example.com",
	    .san = "DNS:www.example.com",
	    .issuer = &middle});
	pki_make(&other, &(struct pki_ask){.san = "DNS:other.example.com"});
	root_pem = pki_cert(&root);
	middle_pem = pki_cert(&middle);
	leaf_pem = pki_cert(&leaf);
	other_pem = pki_cert(&other);
	leaf_key = pki_key(&leaf, NULL);
	other_key = pki_key(&other, NULL);
}

static void free_all(void)
{
	pki_free(&root), pki_free(&middle), pki_free(&leaf), pki_free(&other);
	free(root_pem), free(middle_pem), free(leaf_pem), free(other_pem);
	free(leaf_key), free(other_key);
}

static void setup(void)
{
	conf_case_begin(&c);
	arena_init(&arena);
	fault = (struct conf_pair_fault){.text = NULL};
}

static void teardown(void)
{
	arena_free(&arena);
	conf_case_end(&c);
}

/* ---- helpers ---- */

static void put(const char *name, const char *first, ...)
{
	char text[16384];
	size_t n = 0;
	va_list args;

	va_start(args, first);
	for (const char *s = first; s != NULL; s = va_arg(args, const char *)) {
		size_t m = strlen(s);

		INSIST(n + m < sizeof(text));
		memcpy(text + n, s, m);
		n += m;
	}
	va_end(args);
	conf_case_write(&c, name, text, n);
}
#define PUT(...) put(__VA_ARGS__, (const char *)NULL)

static const char *path(const char *name)
{
	char text[128];

	if (name == NULL)
		return NULL;
	snprintf(text, sizeof(text), "%s/%s", c.dir, name);
	return arena_strdup(&arena, str_from(text));
}

static bool read_pair(const char *cert, const char *key, const char *chain)
{
	pair = (struct conf_pair){.cert_file = path(cert),
	    .key_file = path(key),
	    .chain_file = path(chain)};
	return conf_certificate_read(&arena, &pair, &fault);
}

static void must_read(const char *cert, const char *key, const char *chain)
{
	ck_assert_msg(read_pair(cert, key, chain), "%s", fault.text);
}

/* What is said has no folder's name in it. */
static void must_refuse(const char *cert, const char *key, const char *chain,
    enum conf_pair_part part, const char *text)
{
	char prefix[64], said[512];

	ck_assert_msg(!read_pair(cert, key, chain), "it was taken");
	snprintf(said, sizeof(said), "%s", fault.text);
	snprintf(prefix, sizeof(prefix), "%s/", c.dir);
	conf_case_remove(said, prefix);
	ck_assert_str_eq(said, text);
	ck_assert_int_eq(fault.part, part);
	ck_assert_uint_eq(pair.key.n, 0);
}

static void must_help(const char *text)
{
	ck_assert_ptr_nonnull(fault.help);
	ck_assert_msg(strstr(fault.help, text) != NULL, "\"%s\" is not in: %s",
	    text, fault.help);
}

/* The pair's certificates are these, one behind the other. */
static void must_be(const char *first, const char *second, const char *third)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s%s", first, second, third);
	ck_assert_str_eq(pair.cert.p, text);
	ck_assert_uint_eq(pair.cert.n, strlen(text));
}

/* ---- what is taken ---- */

START_TEST(one_file_may_hold_everything)
{
	PUT("a.pem", leaf_key, leaf_pem, middle_pem);
	must_read("a.pem", NULL, NULL);
	must_be(leaf_pem, middle_pem, "");
	ck_assert_str_eq(pair.key.p, leaf_key);
	ck_assert_str_eq(pair.key_file, pair.cert_file);
	ck_assert_str_eq(pair.subject, "CN=www.example.com");
	ck_assert_str_eq(pair.kind, "EC P-256");
	ck_assert_int_gt(pair.not_after - pair.not_before, 364 * 86400);
}
END_TEST

START_TEST(the_key_may_lie_beside)
{
	PUT("www.example.pem", leaf_pem);
	PUT("www.example.key", leaf_key);
	must_read("www.example.pem", NULL, NULL);
	ck_assert_str_eq(pair.key_file, path("www.example.key"));
	PUT("plain", leaf_pem);
	PUT("plain.key", leaf_key);
	must_read("plain", NULL, NULL);
}
END_TEST

START_TEST(each_piece_may_have_its_file)
{
	PUT("c", leaf_pem);
	PUT("k", leaf_key);
	PUT("ca", root_pem, middle_pem);
	must_read("c", "k", "ca");
	must_be(leaf_pem, middle_pem, root_pem);
}
END_TEST

START_TEST(a_chain_in_any_order_is_put_in_order)
{
	const char *pems[] = {root_pem, middle_pem, leaf_pem};
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
	    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	for (size_t i = 0; i < 6; i++) {
		PUT("a.pem", pems[orders[i][0]], pems[orders[i][1]], leaf_key,
		    pems[orders[i][2]]);
		must_read("a.pem", NULL, NULL);
		must_be(leaf_pem, middle_pem, root_pem);
	}
}
END_TEST

START_TEST(what_is_there_twice_is_sent_once)
{
	PUT("a.pem", leaf_pem, leaf_key, middle_pem);
	PUT("chain", leaf_pem, middle_pem);
	must_read("a.pem", NULL, "chain");
	must_be(leaf_pem, middle_pem, "");
}
END_TEST

START_TEST(words_around_and_line_ends_of_windows_do_not_matter)
{
	char text[4096];
	size_t n = 0;

	for (const char *s = leaf_pem; *s != '\0'; s++) {
		if (*s == '\n')
			text[n++] = '\r';
		text[n++] = *s;
	}
	text[n] = '\0';
	PUT("a.pem", "subject=CN = www\n\n", text, "Bag Attributes\n",
	    leaf_key);
	must_read("a.pem", NULL, NULL);
	must_be(leaf_pem, "", "");
}
END_TEST

START_TEST(a_key_file_wins_over_a_key_in_the_certificate_file)
{
	PUT("a.pem", leaf_pem, other_key);
	PUT("k", leaf_key);
	must_read("a.pem", "k", NULL);
	ck_assert_str_eq(pair.key.p, leaf_key);
}
END_TEST

START_TEST(rsa_will_do)
{
	struct pki rsa;
	char *cert, *key;

	pki_make(&rsa, &(struct pki_ask){.cn = "r", .rsa = 2048});
	cert = pki_cert(&rsa), key = pki_key(&rsa, NULL);
	PUT("a.pem", cert, key);
	must_read("a.pem", NULL, NULL);
	ck_assert_str_eq(pair.kind, "RSA 2048");
	free(cert), free(key);
	pki_free(&rsa);
}
END_TEST

START_TEST(it_is_seen_who_may_read_the_key)
{
	PUT("c", leaf_pem);
	PUT("k", leaf_key);
	ck_assert_int_eq(chmod(path("k"), 0640), 0);
	must_read("c", "k", NULL);
	ck_assert(!pair.key_readable);
	ck_assert_int_eq(chmod(path("k"), 0644), 0);
	must_read("c", "k", NULL);
	ck_assert(pair.key_readable);
}
END_TEST

/* ---- what is not ---- */

START_TEST(a_file_that_is_missing_is_named)
{
	must_refuse("a.pem", NULL, NULL, CONF_PAIR_CERT,
	    "a.pem cannot be read: No such file or directory");
	PUT("a.pem", leaf_pem);
	must_refuse("a.pem", "k", NULL, CONF_PAIR_KEY,
	    "k cannot be read: No such file or directory");
	must_refuse("a.pem", NULL, NULL, CONF_PAIR_CERT,
	    "a.pem holds no private key, and there is no a.key");
	must_help("write key = ");
	PUT("a.key", leaf_key);
	must_refuse("a.pem", NULL, "ca", CONF_PAIR_CHAIN,
	    "ca cannot be read: No such file or directory");
	must_refuse(".", NULL, NULL, CONF_PAIR_CERT,
	    ". cannot be read: it is not a regular file");
}
END_TEST

START_TEST(a_key_of_another_is_refused_with_both_kinds)
{
	struct pki rsa;
	char *key;

	pki_make(&rsa, &(struct pki_ask){.cn = "r", .rsa = 1024});
	key = pki_key(&rsa, NULL);
	PUT("c", "words\n", leaf_pem, middle_pem);
	PUT("k", key);
	must_refuse("c", "k", NULL, CONF_PAIR_KEY, "k:1: this key (RSA 1024) "
	    "is not the key of c:2, \"CN=www.example.com\" (EC P-256)");
	must_help("openssl pkey -pubout -in ");
	PUT("c", leaf_pem, other_key);
	ck_assert(!read_pair("c", NULL, NULL));
	ck_assert_int_eq(fault.part, CONF_PAIR_CERT);
	free(key);
	pki_free(&rsa);
}
END_TEST

START_TEST(a_chain_that_does_not_lead_on_is_refused)
{
	PUT("a.pem", leaf_pem, leaf_key);
	PUT("ca", root_pem);
	must_refuse("a.pem", NULL, "ca", CONF_PAIR_CHAIN, "ca:1: the chain "
	    "does not lead on: \"CN=www.example.com\" was issued by "
	    "\"CN=Middle\", and this is \"CN=Root\"");
	PUT("a.pem", leaf_key, leaf_pem, middle_pem, other_pem);
	ck_assert(!read_pair("a.pem", NULL, NULL));
	ck_assert_ptr_nonnull(strstr(fault.text,
	    "\"CN=Middle\" was issued by \"CN=Root\", and this is "
	    "\"DNS:other.example.com\""));
}
END_TEST

START_TEST(a_key_with_a_password_is_refused_with_the_command)
{
	char *locked = pki_key(&leaf, "secret");

	PUT("c", leaf_pem);
	PUT("k", "\n", locked);
	must_refuse("c", "k", NULL, CONF_PAIR_KEY, "k:2: this key has a "
	    "password, and nobody is there to type it");
	must_help("openssl pkey -in /");
	PUT("k", "-----BEGIN RSA PRIVATE KEY-----\n"
	    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
	    "-----END RSA PRIVATE KEY-----\n");
	must_refuse("c", "k", NULL, CONF_PAIR_KEY, "k:1: this key has a "
	    "password, and nobody is there to type it");
	free(locked);
}
END_TEST

START_TEST(files_that_are_exchanged_are_told)
{
	PUT("c", leaf_pem);
	PUT("k", leaf_key);
	must_refuse("k", "c", NULL, CONF_PAIR_CERT, "k:1: this is a private "
	    "key, and no certificate is in the file");
	must_help("exchanged");
}
END_TEST

static void put_binary(const char *name, unsigned char *data, int n)
{
	INSIST(n > 0);
	conf_case_write(&c, name, (const char *)data, (size_t)n);
	OPENSSL_free(data);
}

START_TEST(der_and_pkcs12_are_named_with_the_command)
{
	PKCS12 *p12 = PKCS12_create("x", "x", leaf.key, leaf.x, NULL, 0, 0, 0,
	    0, 0);
	unsigned char *data = NULL;
	int n = i2d_X509(leaf.x, &data);

	put_binary("a.der", data, n);
	must_refuse("a.der", NULL, NULL, CONF_PAIR_CERT,
	    "a.der holds a certificate in DER, not in PEM");
	must_help("openssl x509 -inform der -in /");
	data = NULL;
	n = i2d_PKCS12(p12, &data);
	put_binary("a.p12", data, n);
	must_refuse("a.p12", NULL, NULL, CONF_PAIR_CERT,
	    "a.p12 holds certificate and key in PKCS#12, not in PEM");
	must_help("openssl pkcs12 -noenc -in /");
	data = NULL;
	n = i2d_PrivateKey(leaf.key, &data);
	put_binary("k.der", data, n);
	PUT("c", leaf_pem);
	must_refuse("c", "k.der", NULL, CONF_PAIR_KEY,
	    "k.der holds a private key in DER, not in PEM");
	PKCS12_free(p12);
}
END_TEST

START_TEST(a_request_is_no_certificate)
{
	PUT("a.csr", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
	    "-----END CERTIFICATE REQUEST-----\n");
	PUT("k", leaf_key);
	must_refuse("a.csr", "k", NULL, CONF_PAIR_CERT, "a.csr:1: this is a "
	    "request for a certificate (CSR), and no certificate is in the "
	    "file");
	must_help("authority");
}
END_TEST

START_TEST(what_is_nothing_is_called_so)
{
	PUT("k", leaf_key);
	PUT("a", "hello\n");
	must_refuse("a", "k", NULL, CONF_PAIR_CERT,
	    "a holds neither a certificate nor a key in PEM");
	PUT("a", "");
	must_refuse("a", "k", NULL, CONF_PAIR_CERT, "a is empty");
}
END_TEST

START_TEST(what_is_damaged_is_told_with_its_line)
{
	char cut[4096];

	PUT("k", leaf_key);
	PUT("a", "x\n-----BEGIN CERTIFICATE-----\nMIIB\n"
	    "-----END CERTIFICATE-----\n");
	ck_assert(!read_pair("a", "k", NULL));
	ck_assert_ptr_nonnull(strstr(fault.text,
	    "a:2: this certificate is damaged: "));
	snprintf(cut, sizeof(cut), "%.100s\n", leaf_pem);
	PUT("a", cut);
	must_refuse("a", "k", NULL, CONF_PAIR_CERT, "a:1: what begins here "
	    "has no end: a line \"-----END ...\" is missing");
	PUT("a", cut, middle_pem);
	must_refuse("a", "k", NULL, CONF_PAIR_CERT, "a:1: what begins here "
	    "has no end: a line \"-----END ...\" is missing");
}
END_TEST

START_TEST(what_openssl_would_refuse_later_is_refused_now)
{
	struct pki weak, old;
	char *cert, *key;

	pki_make(&weak, &(struct pki_ask){.cn = "weak", .rsa = 1024});
	cert = pki_cert(&weak), key = pki_key(&weak, NULL);
	PUT("a", cert, key);
	must_refuse("a", NULL, NULL, CONF_PAIR_CERT, "a:1: the key of "
	    "\"CN=weak\" is too short to be taken: RSA 1024");
	free(cert), free(key);
	pki_make(&old, &(struct pki_ask){.cn = "old", .digest = "SHA1",
	    .issuer = &middle});
	cert = pki_cert(&old), key = pki_key(&old, NULL);
	PUT("a", cert, key);
	must_refuse("a", NULL, NULL, CONF_PAIR_CERT, "a:1: \"CN=old\" is "
	    "signed with sha1, which nobody trusts any more");
	free(cert), free(key);
	pki_free(&weak), pki_free(&old);
}
END_TEST

START_TEST(more_certificates_than_anybody_needs_are_refused)
{
	char many[16384] = "";

	for (int i = 0; i < 17; i++)
		strcat(many, middle_pem);
	conf_case_text(&c, "ca", many);
	PUT("a.pem", leaf_pem, leaf_key);
	ck_assert(!read_pair("a.pem", NULL, "ca"));
	ck_assert_ptr_nonnull(strstr(fault.text,
	    "there are more than 16 certificates"));
}
END_TEST

static Suite *certificate_suite(void)
{
	Suite *s = suite_create("certificate");
	TCase *tc = tcase_create("pairs");

	tcase_add_unchecked_fixture(tc, make_all, free_all);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_file_may_hold_everything);
	tcase_add_test(tc, the_key_may_lie_beside);
	tcase_add_test(tc, each_piece_may_have_its_file);
	tcase_add_test(tc, a_chain_in_any_order_is_put_in_order);
	tcase_add_test(tc, what_is_there_twice_is_sent_once);
	tcase_add_test(tc,
	    words_around_and_line_ends_of_windows_do_not_matter);
	tcase_add_test(tc, a_key_file_wins_over_a_key_in_the_certificate_file);
	tcase_add_test(tc, rsa_will_do);
	tcase_add_test(tc, it_is_seen_who_may_read_the_key);
	tcase_add_test(tc, a_file_that_is_missing_is_named);
	tcase_add_test(tc, a_key_of_another_is_refused_with_both_kinds);
	tcase_add_test(tc, a_chain_that_does_not_lead_on_is_refused);
	tcase_add_test(tc, a_key_with_a_password_is_refused_with_the_command);
	tcase_add_test(tc, files_that_are_exchanged_are_told);
	tcase_add_test(tc, der_and_pkcs12_are_named_with_the_command);
	tcase_add_test(tc, a_request_is_no_certificate);
	tcase_add_test(tc, what_is_nothing_is_called_so);
	tcase_add_test(tc, what_is_damaged_is_told_with_its_line);
	tcase_add_test(tc, what_openssl_would_refuse_later_is_refused_now);
	tcase_add_test(tc, more_certificates_than_anybody_needs_are_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(certificate_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

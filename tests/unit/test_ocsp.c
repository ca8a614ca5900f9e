/*
 * test_ocsp.c - what an issuer says of its certificate: which answers are
 * believed, and which are not.
 */
#include "worker/ocsp.h"

#include <check.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "common/conf/issuer.h"

#define DAY 86400L

struct party {
	EVP_PKEY *key;
	X509 *cert;
};

static struct party ca, other, leaf, responder, stranger;
static struct staple_outcome said;
static usec_t wall;

/* ---- certificates ---- */

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(X509_add_ext(cert, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* Of NAME, signed by BY (NULL: by itself); the extension NID is VALUE. */
static struct party make(const char *name, long serial,
    const struct party *by, int nid, const char *value)
{
	struct party p = {EVP_EC_gen("P-256"), X509_new()};
	X509 *issuer = by != NULL ? by->cert : p.cert;
	X509_NAME *n = X509_get_subject_name(p.cert);

	ck_assert_ptr_nonnull(p.key);
	ck_assert_int_eq(X509_set_version(p.cert, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(p.cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(p.cert), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(p.cert), 30 * DAY);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(p.cert, X509_get_subject_name(issuer));
	X509_set_pubkey(p.cert, p.key);
	extend(p.cert, issuer, nid, value);
	ck_assert_int_gt(X509_sign(p.cert, by != NULL ? by->key : p.key,
	    EVP_sha256()), 0);
	return p;
}

static void free_party(struct party *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->cert);
}

static void setup(void)
{
	ocsp_init();
	ca = make("ca", 1, NULL, NID_basic_constraints, "critical,CA:TRUE");
	other = make("ca", 2, NULL, NID_basic_constraints, "critical,CA:TRUE");
	leaf = make("leaf", 3, &ca, NID_info_access,
	    "OCSP;URI:https://no.example/,OCSP;URI:http://ocsp.example/x");
	responder = make("responder", 4, &ca, NID_ext_key_usage,
	    "OCSPSigning");
	stranger = make("stranger", 5, &ca, NID_ext_key_usage, "serverAuth");
	wall = clock_wall();
	memset(&said, 0, sizeof(said));
}

static void teardown(void)
{
	free_party(&ca);
	free_party(&other);
	free_party(&leaf);
	free_party(&responder);
	free_party(&stranger);
}

/* ---- answers ---- */

/* Of SIGNER about CERT of ISSUER: made and over so many seconds from now. */
struct answer {
	const struct party *signer;
	X509 *cert;
	X509 *issuer;
	int status;
	long made;
	long over; /* 0: there is no nextUpdate */
};

static OCSP_BASICRESP *sign(const struct answer *a)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *made = X509_gmtime_adj(NULL, a->made);
	ASN1_TIME *over = X509_gmtime_adj(NULL, a->over);
	ASN1_TIME *gone = X509_gmtime_adj(NULL, -DAY);
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, a->cert, a->issuer);

	ck_assert_ptr_nonnull(OCSP_basic_add1_status(basic, id, a->status, 0,
	    a->status == V_OCSP_CERTSTATUS_REVOKED ? gone : NULL, made,
	    a->over != 0 ? over : NULL));
	ck_assert_int_eq(OCSP_basic_sign(basic, a->signer->cert,
	    a->signer->key, EVP_sha256(), NULL, 0), 1);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(made);
	ASN1_TIME_free(over);
	ASN1_TIME_free(gone);
	return basic;
}

static void judge(const char *der, int n)
{
	ocsp_judge(leaf.cert, ca.cert, str_make(der, (size_t)n), wall, &said);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* Judges it with ITS_STATUS around it, and EXTRA bytes behind. */
static enum staple_fault judge_answer(struct answer a, int its_status,
    int extra)
{
	OCSP_BASICRESP *basic;
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	int n;

	if (a.cert == NULL)
		a.cert = leaf.cert;
	if (a.issuer == NULL)
		a.issuer = ca.cert;
	basic = sign(&a);
	response = OCSP_response_create(its_status,
	    its_status == OCSP_RESPONSE_STATUS_SUCCESSFUL ? basic : NULL);
	n = i2d_OCSP_RESPONSE(response, &der);
	ck_assert_int_gt(n, 0);
	der = OPENSSL_realloc(der, (size_t)(n + extra));
	judge((const char *)der, n + extra);
	if (said.fault == STAPLE_FINE)
		ck_assert(said.response_n == (size_t)n &&
		    memcmp(said.response, der, (size_t)n) == 0);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	return said.fault;
}

static enum staple_fault judged(struct answer a)
{
	return judge_answer(a, OCSP_RESPONSE_STATUS_SUCCESSFUL, 0);
}

static const struct answer good = {
    .signer = &ca, .status = V_OCSP_CERTSTATUS_GOOD, .made = -60, .over = DAY};

START_TEST(an_answer_of_the_issuer_is_believed)
{
	ck_assert_uint_eq(judged(good), STAPLE_FINE);
	ck_assert_uint_eq(said.status, STAPLE_GOOD);
	ck_assert_int_le(llabs(said.good_until - wall - DAY * USEC_PER_SEC),
	    5 * USEC_PER_SEC);
	ck_assert_int_le(llabs(said.made_at - wall + 60 * USEC_PER_SEC),
	    5 * USEC_PER_SEC);
}
END_TEST

START_TEST(so_is_one_of_a_responder_that_the_issuer_has_made)
{
	struct answer a = good;

	a.signer = &responder;
	ck_assert_uint_eq(judged(a), STAPLE_FINE);
}
END_TEST

START_TEST(others_are_not_believed)
{
	struct answer a = good;

	a.signer = &other; /* the same name, another key */
	ck_assert_uint_eq(judged(a), STAPLE_signature);
	a.signer = &stranger; /* of the issuer, but no responder */
	ck_assert_uint_eq(judged(a), STAPLE_signature);
	a.signer = &leaf;
	ck_assert_uint_eq(judged(a), STAPLE_signature);
}
END_TEST

START_TEST(revoked_is_an_answer_and_unknown_is_none)
{
	struct answer a = good;

	a.status = V_OCSP_CERTSTATUS_REVOKED;
	ck_assert_uint_eq(judged(a), STAPLE_FINE);
	ck_assert_uint_eq(said.status, STAPLE_REVOKED);
	a.status = V_OCSP_CERTSTATUS_UNKNOWN;
	ck_assert_uint_eq(judged(a), STAPLE_unknown);
}
END_TEST

START_TEST(an_answer_for_another_certificate_is_none)
{
	struct answer a = good;

	a.cert = stranger.cert;
	ck_assert_uint_eq(judged(a), STAPLE_other);
}
END_TEST

START_TEST(an_answer_holds_in_its_time)
{
	struct answer a = good;

	a.made = -2 * DAY;
	a.over = -DAY;
	ck_assert_uint_eq(judged(a), STAPLE_old);
	a.made = DAY;
	a.over = 2 * DAY;
	ck_assert_uint_eq(judged(a), STAPLE_old);
	a.made = 60; /* their clock, or ours */
	ck_assert_uint_eq(judged(a), STAPLE_FINE);
	a.made = -60;
	a.over = 0;
	ck_assert_uint_eq(judged(a), STAPLE_FINE);
	ck_assert_int_le(said.good_until, wall + USEC_PER_HOUR);
	a.made = -2 * 3600;
	ck_assert_uint_eq(judged(a), STAPLE_old);
}
END_TEST

START_TEST(whatever_is_no_answer_is_refused)
{
	static const char large[STAPLE_MAX + 1];

	judge("", 0);
	ck_assert_uint_eq(said.fault, STAPLE_malformed);
	judge("<html>", 6);
	ck_assert_uint_eq(said.fault, STAPLE_malformed);
	judge(large, sizeof(large));
	ck_assert_uint_eq(said.fault, STAPLE_large);
	ck_assert_uint_eq(judge_answer(good,
	    OCSP_RESPONSE_STATUS_TRYLATER, 0), STAPLE_refused);
	ck_assert_uint_eq(judge_answer(good,
	    OCSP_RESPONSE_STATUS_SUCCESSFUL, 1), STAPLE_malformed);
}
END_TEST

START_TEST(the_first_responder_with_http_is_asked)
{
	char text[64];
	struct out o = out_make(text, sizeof(text));

	ck_assert(conf_issuer_responder(leaf.cert, &o));
	ck_assert_str_eq(text, "http://ocsp.example/x");
	ck_assert_uint_eq(o.n, strlen(text));
	o = out_make(text, sizeof(text));
	ck_assert(!conf_issuer_responder(ca.cert, &o));
	o = out_make(text, 8);
	ck_assert(!conf_issuer_responder(leaf.cert, &o));
}
END_TEST

START_TEST(a_question_names_the_certificate)
{
	char der[1024];
	struct out o = out_make(der, sizeof(der));
	const unsigned char *at = (const unsigned char *)der;
	ASN1_INTEGER *serial;
	OCSP_REQUEST *request;

	ck_assert(ocsp_request(leaf.cert, ca.cert, &o));
	request = d2i_OCSP_REQUEST(NULL, &at, (long)o.n);
	ck_assert_ptr_nonnull(request);
	ck_assert_int_eq(OCSP_request_onereq_count(request), 1);
	OCSP_id_get0_info(NULL, NULL, NULL, &serial,
	    OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)));
	ck_assert_int_eq(ASN1_INTEGER_get(serial), 3);
	OCSP_REQUEST_free(request);
	o = out_make(der, 16);
	ck_assert(!ocsp_request(leaf.cert, ca.cert, &o));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ocsp");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_answer_of_the_issuer_is_believed);
	tcase_add_test(t, so_is_one_of_a_responder_that_the_issuer_has_made);
	tcase_add_test(t, others_are_not_believed);
	tcase_add_test(t, revoked_is_an_answer_and_unknown_is_none);
	tcase_add_test(t, an_answer_for_another_certificate_is_none);
	tcase_add_test(t, an_answer_holds_in_its_time);
	tcase_add_test(t, whatever_is_no_answer_is_refused);
	tcase_add_test(t, the_first_responder_with_http_is_asked);
	tcase_add_test(t, a_question_names_the_certificate);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

/*
 * ocsp.c - what an issuer says of its certificate: OCSP (RFC 6960).
 *
 * Runs in workers, on the fiber that fetches.  OpenSSL does the work; here is
 * what we ask of it, and what we believe:
 *
 *	signature	made by the issuer itself, which is the only anchor, or
 *			by a certificate of its own that says OCSPSigning
 *	what for	the certificate that was asked for, by name, key and
 *			number of its issuer
 *	when		thisUpdate is over, but for a clock that goes wrong by
 *			five minutes; nextUpdate is to come.  Without one, an
 *			hour
 *
 * There is no nonce: responders that answer for many have their answers made
 * beforehand (RFC 5019, section 4), and what is stapled is shown to all.
 */
#include "worker/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <time.h>

#define SKEW (5 * 60 * USEC_PER_SEC)
#define WITHOUT_NEXT USEC_PER_HOUR

void ocsp_init(void)
{
	tzset();
}

/* ---- the question ---- */

static bool write_der(OCSP_REQUEST *request, struct out *o)
{
	unsigned char *der = NULL;
	int n = i2d_OCSP_REQUEST(request, &der);

	if (n > 0)
		out_bytes(o, (const char *)der, (size_t)n);
	OPENSSL_free(der);
	return n > 0 && out_ok(o);
}

bool ocsp_request(X509 *cert, X509 *issuer, struct out *o)
{
	OCSP_REQUEST *request;
	OCSP_CERTID *id;
	bool ok = false;

	ERR_clear_error();
	request = OCSP_REQUEST_new();
	id = OCSP_cert_to_id(NULL, cert, issuer);
	if (request != NULL && id != NULL &&
	    OCSP_request_add0_id(request, id) != NULL) {
		id = NULL; /* it is the request's now */
		ok = write_der(request, o);
	}
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	return ok;
}

/* ---- the answer ---- */

/* 0: it is no time. */
static usec_t wall_of(const ASN1_GENERALIZEDTIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	return (usec_t)timegm(&tm) * USEC_PER_SEC;
}

static bool is_signed(OCSP_BASICRESP *basic, X509 *issuer)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *known = sk_X509_new_null();
	bool ok = store != NULL && known != NULL &&
	    X509_STORE_add_cert(store, issuer) == 1 &&
	    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
	    sk_X509_push(known, issuer) > 0 &&
	    OCSP_basic_verify(basic, known, store, 0) == 1;

	sk_X509_free(known);
	X509_STORE_free(store);
	return ok;
}

/* What BASIC, which is signed, says of ID. */
static enum staple_fault read_status(OCSP_BASICRESP *basic, OCSP_CERTID *id,
    usec_t wall, struct staple_outcome *o)
{
	ASN1_GENERALIZEDTIME *made, *next;
	int status;

	if (OCSP_resp_find_status(basic, id, &status, NULL, NULL, &made,
		&next) != 1)
		return STAPLE_other;
	if (status == V_OCSP_CERTSTATUS_UNKNOWN)
		return STAPLE_unknown;
	o->status = status == V_OCSP_CERTSTATUS_GOOD ? STAPLE_GOOD
						     : STAPLE_REVOKED;
	o->made_at = wall_of(made);
	o->good_until = next != NULL ? wall_of(next)
				     : o->made_at + WITHOUT_NEXT;
	if (o->made_at == 0 || o->made_at > wall + SKEW ||
	    o->good_until <= wall)
		return STAPLE_old;
	return STAPLE_FINE;
}

static enum staple_fault judge_basic(OCSP_BASICRESP *basic, X509 *cert,
    X509 *issuer, usec_t wall, struct staple_outcome *o)
{
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, issuer);
	enum staple_fault fault = STAPLE_no_memory;

	if (id != NULL)
		fault = is_signed(basic, issuer)
		    ? read_status(basic, id, wall, o)
		    : STAPLE_signature;
	OCSP_CERTID_free(id);
	return fault;
}

static enum staple_fault judge(OCSP_RESPONSE *response, X509 *cert,
    X509 *issuer, usec_t wall, struct staple_outcome *o)
{
	enum staple_fault fault;
	OCSP_BASICRESP *basic;

	if (OCSP_response_status(response) !=
	    OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return STAPLE_refused;
	basic = OCSP_response_get1_basic(response);
	if (basic == NULL)
		return STAPLE_malformed;
	fault = judge_basic(basic, cert, issuer, wall, o);
	OCSP_BASICRESP_free(basic);
	return fault;
}

void ocsp_judge(X509 *cert, X509 *issuer, struct str der, usec_t wall,
    struct staple_outcome *outcome_r)
{
	const unsigned char *at = (const unsigned char *)der.p;
	OCSP_RESPONSE *response;

	outcome_r->fault = STAPLE_large;
	outcome_r->response_n = 0;
	if (der.n > STAPLE_MAX)
		return;
	ERR_clear_error();
	response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.n);
	outcome_r->fault = STAPLE_malformed;
	if (response != NULL && at == (const unsigned char *)der.p + der.n)
		outcome_r->fault =
		    judge(response, cert, issuer, wall, outcome_r);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	if (outcome_r->fault != STAPLE_FINE)
		return;
	memcpy(outcome_r->response, der.p, der.n);
	outcome_r->response_n = der.n;
}

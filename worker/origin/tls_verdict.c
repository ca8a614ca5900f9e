/*
 * tls_verdict.c - why a server's TLS was not accepted, or ours by the server.
 *
 * Runs in workers.  OpenSSL tells what is wrong with a certificate to a
 * callback, in the middle of the call that then fails: what it says there is
 * kept for the caller, which looks before it waits.
 *
 * Everything that a certificate says is the peer's: it is escaped.
 */
#include "worker/origin/tls_verdict.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "common/base/ip.h"

#define NAMES_TOLD 4
#define NAME_ROOM 60 /* of a longer one no more is told */

static struct tls_verdict last; /* of the certificate that was refused last */

/* ---- certificates ---- */

static enum fault fault_of_certificate(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return FAULT_tls_expired;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return FAULT_tls_early;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return FAULT_tls_name;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return FAULT_tls_issuer;
	default:
		return FAULT_tls_certificate;
	}
}

static void say_day(struct out *o, const ASN1_TIME *when)
{
	struct tm tm;

	if (when != NULL && ASN1_TIME_to_tm(when, &tm) == 1)
		out_fmt(o, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		    tm.tm_mday);
}

/* "/CN=Test CA" */
static void say_entity(struct out *o, const X509_NAME *entity)
{
	char text[2 * NAME_ROOM];

	if (X509_NAME_oneline(entity, text, sizeof(text)) != NULL)
		out_escaped(o, str_from(text));
}

static bool say_name(struct out *o, const GENERAL_NAME *name)
{
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
	size_t n = (size_t)ASN1_STRING_length(value);
	const unsigned char *p = ASN1_STRING_get0_data(value);
	struct ip ip;

	if (kind == GEN_DNS) {
		out_escaped(o, str_make((const char *)p,
		    n < NAME_ROOM ? n : NAME_ROOM));
		return true;
	}
	if (kind != GEN_IPADD || (n != 4 && n != 16))
		return false;
	ip = ip_of_bytes(n == 4 ? AF_INET : AF_INET6, p);
	ip_write(&ip, o);
	return true;
}

/* Those that count: its subject does not (RFC 9525, 2). */
static void say_names(struct out *o, X509 *cert)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
	int told = 0;

	out_lit(o, "it is for ");
	for (int i = 0; i < count && told < NAMES_TOLD; i++) {
		size_t before = o->n;

		if (told > 0)
			out_lit(o, ", ");
		if (say_name(o, sk_GENERAL_NAME_value(names, i)))
			told++;
		else
			o->n = before;
	}
	if (told == 0)
		out_lit(o, "nobody: it has no subjectAltName");
	else if (told < count)
		out_lit(o, ", ...");
	GENERAL_NAMES_free(names);
}

static void say_certificate(struct out *o, enum fault fault, X509 *cert,
    int error)
{
	switch (fault) {
	case FAULT_tls_expired:
		say_entity(o, X509_get_subject_name(cert));
		out_lit(o, " ended on ");
		return say_day(o, X509_get0_notAfter(cert));
	case FAULT_tls_early:
		say_entity(o, X509_get_subject_name(cert));
		out_lit(o, " begins on ");
		return say_day(o, X509_get0_notBefore(cert));
	case FAULT_tls_name:
		return say_names(o, cert);
	case FAULT_tls_issuer:
		out_lit(o, "signed by ");
		return say_entity(o, X509_get_issuer_name(cert));
	default:
		return out_str(o,
		    str_from(X509_verify_cert_error_string(error)));
	}
}

int tls_verdict_on_certificate(int ok, X509_STORE_CTX *ctx)
{
	struct out o = out_make(last.detail, sizeof(last.detail));
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok)
		return 1;
	last.fault = fault_of_certificate(error);
	if (cert != NULL)
		say_certificate(&o, last.fault, cert, error);
	(void)out_cstr(&o);
	return 0;
}

/* ---- handshakes ---- */

bool tls_verdict_is_refusal(unsigned long error)
{
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return false;
	switch (ERR_GET_REASON(error)) {
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
		return true;
	default:
		return false;
	}
}

static enum fault fault_of_reason(int reason)
{
	switch (reason) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_BAD_RECORD_TYPE:
	case SSL_R_UNEXPECTED_MESSAGE:
		return FAULT_tls_absent;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
	case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
	case SSL_R_DH_KEY_TOO_SMALL:
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
		return FAULT_tls_disagreed;
	default:
		return reason > SSL_AD_REASON_OFFSET ? FAULT_tls_refused
						     : FAULT_tls_broken;
	}
}

static const char *help_for(enum fault fault)
{
	switch (fault) {
	case FAULT_tls_absent:
		return "write http:// if it has none";
	case FAULT_tls_expired:
		return "renew it there";
	case FAULT_tls_early:
		return "check the clocks of both";
	case FAULT_tls_name:
		return "say the one that is meant: tls.name of the pool";
	case FAULT_tls_issuer:
		return "say who is believed: tls.ca of the pool";
	case FAULT_tls_client:
		return "show it another: tls.cert and tls.key of the pool";
	case FAULT_tls_disagreed:
		return "it may speak too old a TLS (tls.ciphers of the pool), "
		       "or want a certificate (tls.cert, tls.key)";
	case FAULT_tls_refused:
		return "it may want another name: tls.name of the pool";
	default:
		return "";
	}
}

/* Is it that we did not take the server's certificate? */
static bool is_ours(unsigned long error)
{
	return ERR_GET_LIB(error) == ERR_LIB_SSL &&
	    ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED;
}

void tls_verdict_find(struct tls_verdict *v, unsigned long error)
{
	struct out o = out_make(v->detail, sizeof(v->detail));
	const char *reason = ERR_reason_error_string(error);

	if (is_ours(error)) {
		*v = last;
	} else {
		if (tls_verdict_is_refusal(error))
			v->fault = FAULT_tls_client;
		else if (ERR_GET_LIB(error) == ERR_LIB_SSL)
			v->fault = fault_of_reason(ERR_GET_REASON(error));
		else
			v->fault = FAULT_tls_broken;
		out_str(&o, str_from(reason != NULL ? reason : "it ended"));
		(void)out_cstr(&o);
	}
	v->help = help_for(v->fault);
}

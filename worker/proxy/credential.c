/*
 * credential.c - what a client has shown of itself: its certificate.
 *
 * Runs in workers, on the fiber of a client; waits for nothing.  OpenSSL has
 * verified the certificate in the handshake, or its session remembers that it
 * did.  What origins are told is written once for a connection:
 *
 *	Client-Cert: :MIIB...=:                         RFC 9440, 2.2
 *	X-Client-Verify: SUCCESS
 *	X-Client-Subject: CN=alice,O=Example
 *	X-Client-Fingerprint: 5e884898da28047151d0e56f8dc62927...
 *
 * Of a certificate that is not good they are told the reason and nothing else:
 * it could say anything.  Fields of these names that a client sends never get
 * further than here, whoever it is (fields.h).
 *
 * A session outlives a certificate: whether that is still good in time is
 * looked at for each connection.
 */
#include "worker/proxy/credential.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/http/scan.h"

#define SUBJECT_MAX 2048 /* a longer one is not told */
#define FIXED 256	 /* names, line ends, reason and fingerprint */
#define NONE_LINE "X-Client-Verify: NONE\r\n"

/* What is open while one is written. */
struct reading {
	X509 *cert;
	unsigned char *der;
	int der_n;
	BIO *subject;
};

static const struct credential none = {
    .verify = {"NONE", 4},
    .subject = {"", 0},
    .fingerprint = {"", 0},
    .lines = {NONE_LINE, sizeof(NONE_LINE) - 1},
};

/* ---- what the certificate says ---- */

static bool open_reading(struct reading *r, X509 *cert)
{
	*r = (struct reading){.cert = cert};
	r->der_n = i2d_X509(cert, &r->der);
	r->subject = BIO_new(BIO_s_mem());
	return r->der_n > 0 && r->subject != NULL &&
	    X509_NAME_print_ex(r->subject, X509_get_subject_name(cert), 0,
		XN_FLAG_RFC2253) >= 0;
}

static void close_reading(struct reading *r)
{
	OPENSSL_free(r->der);
	BIO_free(r->subject);
	ERR_clear_error();
}

static struct str subject_of(const struct reading *r)
{
	char *p;
	long n = BIO_get_mem_data(r->subject, &p);

	if (n <= 0 || n > SUBJECT_MAX || scan_value(p, p + n) != p + n)
		return STR("");
	return str_make(p, (size_t)n);
}

static void write_base64(struct out *o, const struct reading *r)
{
	size_t n = (size_t)(r->der_n + 2) / 3 * 4;

	INSIST(o->cap - o->n > n);
	EVP_EncodeBlock((unsigned char *)o->p + o->n, r->der, r->der_n);
	o->n += n;
}

static void write_fingerprint(struct out *o, const struct reading *r)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	(void)X509_digest(r->cert, EVP_sha256(), digest, &n);
	for (unsigned i = 0; i < n; i++)
		out_fmt(o, "%02x", digest[i]);
}

/* What was written to O since START. */
static struct str since(const struct out *o, size_t start)
{
	return str_make(o->p + start, o->n - start);
}

/* ---- what is told of it ---- */

static void write_good(struct credential *c, struct out *o,
    const struct reading *r)
{
	struct str subject = subject_of(r);
	size_t start;

	c->good = true;
	c->verify = STR("SUCCESS");
	out_lit(o, "Client-Cert: :");
	write_base64(o, r);
	out_lit(o, ":\r\nX-Client-Verify: SUCCESS\r\n");
	if (subject.n > 0) {
		out_lit(o, "X-Client-Subject: ");
		start = o->n;
		out_str(o, subject);
		c->subject = since(o, start);
		out_lit(o, "\r\n");
	}
	out_lit(o, "X-Client-Fingerprint: ");
	start = o->n;
	write_fingerprint(o, r);
	c->fingerprint = since(o, start);
	out_lit(o, "\r\n");
}

static void write_bad(struct credential *c, struct out *o, long why)
{
	size_t start;

	out_lit(o, "X-Client-Verify: ");
	start = o->n;
	out_lit(o, "FAILED:");
	out_str(o, str_from(X509_verify_cert_error_string(why)));
	c->verify = since(o, start);
	out_lit(o, "\r\n");
}

static long verdict(SSL *ssl, const X509 *cert)
{
	long why = SSL_get_verify_result(ssl);

	if (why == X509_V_OK &&
	    X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		why = X509_V_ERR_CERT_HAS_EXPIRED;
	return why;
}

static struct credential *make(SSL *ssl, const struct reading *r)
{
	size_t room = FIXED + SUBJECT_MAX + (size_t)r->der_n * 4 / 3;
	struct credential *c = malloc(sizeof(*c) + room);
	long why = verdict(ssl, r->cert);
	struct out o;

	if (c == NULL)
		return NULL;
	*c = none;
	o = out_make((char *)(c + 1), room);
	if (why == X509_V_OK)
		write_good(c, &o, r);
	else
		write_bad(c, &o, why);
	INSIST(out_ok(&o));
	c->lines = out_text(&o);
	return c;
}

int credential_take(struct client *c)
{
	struct reading r;
	X509 *cert = SSL_get0_peer_certificate(c->conn.tls);

	INSIST(c->credential == NULL);
	if (cert == NULL)
		return 0;
	if (open_reading(&r, cert))
		c->credential = make(c->conn.tls, &r);
	close_reading(&r);
	return c->credential != NULL ? 0 : -ENOMEM;
}

const struct credential *credential_of(const struct client *c)
{
	return c->credential != NULL ? c->credential : &none;
}

bool credential_allow(struct exchange *x)
{
	if (x->scope->client_cert != CONF_CLIENT_CERT_REQUIRE ||
	    credential_of(x->client)->good)
		return true;
	exchange_fail(x, x->client->credential == NULL
		? END_client_cert_missing : END_client_cert_bad);
	return false;
}

struct str credential_lines(const struct exchange *x)
{
	const struct conf_tls *tls = x->vhost != NULL ? x->vhost->tls : NULL;

	if (tls == NULL || tls->client_cert == CONF_CLIENT_CERT_NONE)
		return STR("");
	return credential_of(x->client)->lines;
}

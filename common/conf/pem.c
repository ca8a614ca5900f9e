/*
 * pem.c - what is in a file of certificates and keys: RFC 7468.
 *
 * Runs in the master.  Files are cut up here and not by OpenSSL, because a
 * message is to name the line, and what somebody took for a certificate:
 *
 *	subject=CN = shop			passed by
 *	-----BEGIN CERTIFICATE-----		line 2: a block
 *	MIIB...
 *	-----END CERTIFICATE-----
 */
#include "common/conf/pem.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "common/base/insist.h"

#define BEGIN STR("-----BEGIN ")
#define END STR("-----END ")
#define DASHES STR("-----")

/* ---- names ---- */

static const struct {
	struct str label;
	enum conf_pem_kind kind;
} labels[] = {
    {{"CERTIFICATE", 11}, CONF_PEM_CERTIFICATE},
    {{"X509 CERTIFICATE", 16}, CONF_PEM_CERTIFICATE},
    {{"TRUSTED CERTIFICATE", 19}, CONF_PEM_CERTIFICATE},
    {{"PRIVATE KEY", 11}, CONF_PEM_KEY},
    {{"EC PRIVATE KEY", 14}, CONF_PEM_KEY},
    {{"RSA PRIVATE KEY", 15}, CONF_PEM_KEY},
    {{"PKCS#11 PROVIDER URI", 20}, CONF_PEM_KEY},
    {{"TSS2 PRIVATE KEY", 16}, CONF_PEM_KEY},
    {{"ENCRYPTED PRIVATE KEY", 21}, CONF_PEM_ENCRYPTED},
    {{"CERTIFICATE REQUEST", 19}, CONF_PEM_REQUEST},
    {{"NEW CERTIFICATE REQUEST", 23}, CONF_PEM_REQUEST},
    {{"PUBLIC KEY", 10}, CONF_PEM_PUBLIC},
    {{"PKCS7", 5}, CONF_PEM_PKCS7},
    {{"CMS", 3}, CONF_PEM_PKCS7},
    {{"OPENSSH PRIVATE KEY", 19}, CONF_PEM_SSH},
};

/* What each is, and what makes of it what can be used: the command before
 * the file's name and behind it. */
static const struct {
	const char *name;
	const char *before;
	const char *behind;
} kinds[CONF_PEM_KINDS] = {
    [CONF_PEM_CERTIFICATE] = {"a certificate", NULL, NULL},
    [CONF_PEM_KEY] = {"a private key", NULL, NULL},
    [CONF_PEM_ENCRYPTED] = {"a private key with a password",
	"openssl pkey -in", "-out NEW.key"},
    [CONF_PEM_REQUEST] = {"a request for a certificate (CSR)", NULL, NULL},
    [CONF_PEM_PUBLIC] = {"a public key", NULL, NULL},
    [CONF_PEM_PKCS7] = {"a bundle of certificates in PKCS#7",
	"openssl pkcs7 -print_certs -in", "-out NEW.pem"},
    [CONF_PEM_SSH] = {"a private key of OpenSSH",
	"ssh-keygen -p -N '' -m PEM -f", ""},
    [CONF_PEM_OTHER] = {"something else", NULL, NULL},
    [CONF_PEM_DER_CERTIFICATE] = {"a certificate in DER, not in PEM",
	"openssl x509 -inform der -in", "-out NEW.pem"},
    [CONF_PEM_DER_KEY] = {"a private key in DER, not in PEM",
	"openssl pkey -inform der -in", "-out NEW.key"},
    [CONF_PEM_DER_REQUEST] = {"a request for a certificate (CSR)", NULL, NULL},
    [CONF_PEM_PKCS12] = {"certificate and key in PKCS#12, not in PEM",
	"openssl pkcs12 -noenc -in", "-out NEW.pem"},
    [CONF_PEM_NOTHING] = {"neither a certificate nor a key in PEM", NULL,
	NULL},
};

const char *conf_pem_name(enum conf_pem_kind kind)
{
	INSIST(kind < CONF_PEM_KINDS);
	return kinds[kind].name;
}

const char *conf_pem_command(enum conf_pem_kind kind, const char **behind_r)
{
	INSIST(kind < CONF_PEM_KINDS);
	*behind_r = kinds[kind].behind;
	return kinds[kind].before;
}

/* ---- blocks ---- */

/* The line that PEM is at, without its end; PEM moves behind it. */
static struct str next_line(struct conf_pem *pem)
{
	const char *end = memchr(pem->rest.p, '\n', pem->rest.n);
	size_t n = end != NULL ? (size_t)(end - pem->rest.p) : pem->rest.n;
	struct str line = str_make(pem->rest.p, n);

	pem->rest = str_behind(pem->rest, end != NULL ? n + 1 : n);
	pem->line++;
	while (line.n > 0 && (line.p[line.n - 1] == '\r' ||
		line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
		line.n--;
	return line;
}

/* "-----BEGIN CERTIFICATE-----" with BEGIN: "CERTIFICATE". */
static bool is_edge(struct str line, struct str edge, struct str *label_r)
{
	size_t n = edge.n + DASHES.n;

	if (line.n < n || !str_starts(line, edge) ||
	    !str_eq(str_behind(line, line.n - DASHES.n), DASHES))
		return false;
	*label_r = str_make(line.p + edge.n, line.n - n);
	return true;
}

static enum conf_pem_kind kind_of(struct str label)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (str_eq(labels[i].label, label))
			return labels[i].kind;
	return CONF_PEM_OTHER;
}

/* To the END of LABEL; a BEGIN before it ends the block, too. */
static void read_block(struct conf_pem *pem, struct str label,
    struct conf_pem_block *block)
{
	const char *start = block->text.p;
	struct str other;

	while (pem->rest.n > 0) {
		struct conf_pem before = *pem;
		struct str line = next_line(pem);

		if (is_edge(line, BEGIN, &other)) {
			*pem = before;
			break;
		}
		if (is_edge(line, END, &other)) {
			block->whole = str_eq(other, label);
			break;
		}
		if (block->kind == CONF_PEM_KEY &&
		    str_starts(line, STR("Proc-Type: 4,ENCRYPTED")))
			block->kind = CONF_PEM_ENCRYPTED;
	}
	block->text = str_make(start, (size_t)(pem->rest.p - start));
}

bool conf_pem_next(struct conf_pem *pem, struct conf_pem_block *block_r)
{
	while (pem->rest.n > 0) {
		const char *start = pem->rest.p;
		unsigned number = pem->line;
		struct str line = next_line(pem);
		struct str label;

		if (!is_edge(line, BEGIN, &label))
			continue;
		*block_r = (struct conf_pem_block){.kind = kind_of(label),
		    .text = str_make(start, 0),
		    .line = number};
		read_block(pem, label, block_r);
		return true;
	}
	return false;
}

/* ---- what is none ---- */

enum conf_pem_kind conf_pem_guess(struct str text)
{
	enum conf_pem_kind kind = CONF_PEM_NOTHING;
	const unsigned char *p = (const unsigned char *)text.p;
	const unsigned char *at = p;
	long n = (long)text.n;
	X509_REQ *request = NULL;
	EVP_PKEY *key = NULL;
	PKCS12 *p12 = NULL;
	X509 *x = NULL;

	ERR_clear_error();
	if ((x = d2i_X509(NULL, &at, n)) != NULL)
		kind = CONF_PEM_DER_CERTIFICATE;
	else if (at = p, (p12 = d2i_PKCS12(NULL, &at, n)) != NULL)
		kind = CONF_PEM_PKCS12;
	else if (at = p, (request = d2i_X509_REQ(NULL, &at, n)) != NULL)
		kind = CONF_PEM_DER_REQUEST;
	else if (at = p, (key = d2i_AutoPrivateKey(NULL, &at, n)) != NULL)
		kind = CONF_PEM_DER_KEY;
	ERR_clear_error();
	X509_free(x);
	PKCS12_free(p12);
	X509_REQ_free(request);
	EVP_PKEY_free(key);
	return kind;
}

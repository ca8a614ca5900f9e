/*
 * certificate.c - a certificate, the chain behind it, and its key.
 *
 * Runs in the master: at load, and again when one of the files changes.  The
 * pieces may lie in one file or in three:
 *
 *	cert = "www.pem"			all in one
 *	cert = "www.pem"			the key in www.key beside it
 *	cert = "www.crt"; key = "www.key"; chain = "ca.crt"
 *
 * No copy of a key is left in memory but the one in the pair.
 */
#include "common/conf/certificate.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/out.h"
#include "common/conf/pem.h"
#include "common/conf/source.h"

#define NAMES_SIZE 256
#define MORE ", ..."

/* ---- files ---- */

/* Certificates, but no key? */
static bool lacks_key(struct str text)
{
	struct conf_pem pem = conf_pem_begin(text);
	struct conf_pem_block block;
	bool any = false;

	while (conf_pem_next(&pem, &block)) {
		if (block.kind == CONF_PEM_KEY ||
		    block.kind == CONF_PEM_ENCRYPTED)
			return false;
		any |= block.kind == CONF_PEM_CERTIFICATE;
	}
	return any;
}

/* "www.key" for "www.pem", in A. */
static const char *name_beside(struct arena *a, const char *cert)
{
	const char *slash = strrchr(cert, '/');
	const char *dot = strrchr(slash != NULL ? slash : cert, '.');
	size_t n = dot != NULL ? (size_t)(dot - cert) : strlen(cert);
	char *name = arena_alloc(a, n + sizeof(".key"));

	memcpy(name, cert, n);
	memcpy(name + n, ".key", sizeof(".key"));
	return name;
}

/* Its text in SCRATCH. */
static bool read_file(struct arena *a, struct arena *scratch,
    enum conf_pair_part part, struct conf_pair_text *file, bool *readable_r,
    struct conf_pair_fault *fault)
{
	struct conf_secret got = conf_source_read_secret(scratch, file->name);

	file->text = got.text;
	*readable_r = got.readable;
	if (got.error == NULL)
		return true;
	return conf_certificate_fail(a, fault, part, "%s cannot be read: %s",
	    file->name, got.error);
}

/* Where the key is that PAIR does not name: *name_r, or NULL: in the file of
 * the certificate.  False: nowhere. */
static bool find_key(struct arena *a, const struct conf_pair_text *cert,
    const char **name_r, struct conf_pair_fault *fault)
{
	const char *name;

	*name_r = NULL;
	if (!lacks_key(cert->text))
		return true;
	name = name_beside(a, cert->name);
	if (strcmp(name, cert->name) != 0 &&
	    (access(name, F_OK) == 0 || errno != ENOENT)) {
		*name_r = name;
		return true;
	}
	conf_certificate_fail(a, fault, CONF_PAIR_CERT, "%s holds no private "
	    "key, and there is no %s", cert->name, name);
	fault->help = "write key = \"/etc/ssl/www.key\";  (the file of its "
	    "key)";
	return false;
}

static bool read_all(struct arena *a, struct arena *scratch,
    struct conf_pair *pair, struct conf_pair_fault *fault)
{
	struct conf_pair_text files[CONF_PAIR_PARTS] = {
	    [CONF_PAIR_CERT].name = pair->cert_file,
	    [CONF_PAIR_KEY].name = pair->key_file,
	    [CONF_PAIR_CHAIN].name = pair->chain_file,
	};
	struct conf_pair_text *key = &files[CONF_PAIR_KEY];
	bool readable, ignored;

	if (!read_file(a, scratch, CONF_PAIR_CERT, &files[CONF_PAIR_CERT],
		&readable, fault))
		return false;
	if (key->name == NULL &&
	    !find_key(a, &files[CONF_PAIR_CERT], &key->name, fault))
		return false;
	if (key->name != NULL && !read_file(a, scratch, CONF_PAIR_KEY, key,
		&readable, fault))
		return false;
	if (pair->chain_file != NULL && !read_file(a, scratch, CONF_PAIR_CHAIN,
		&files[CONF_PAIR_CHAIN], &ignored, fault))
		return false;
	pair->key_readable = readable;
	if (!conf_certificate_make(a, files, pair, fault))
		return false;
	pair->key_file = key->name != NULL ? key->name : pair->cert_file;
	return true;
}

bool conf_certificate_read(struct arena *a, struct conf_pair *pair,
    struct conf_pair_fault *fault_r)
{
	struct arena scratch;
	bool ok;

	INSIST(pair->cert_file != NULL);
	arena_init(&scratch);
	ok = read_all(a, &scratch, pair, fault_r);
	arena_wipe(&scratch);
	return ok;
}

void conf_certificate_forget(const struct conf_pair *pair)
{
	OPENSSL_cleanse((char *)pair->key.p, pair->key.n);
}

/* ---- authorities ---- */

static int refuse_password(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static bool is_certificate(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x;

	INSIST(bio != NULL);
	x = PEM_read_bio_X509_AUX(bio, NULL, refuse_password, NULL);
	BIO_free(bio);
	X509_free(x);
	ERR_clear_error();
	return x != NULL;
}

/* Of a bundle's blocks the certificates, one behind the other. */
static bool copy_certificates(struct arena *a, const char *file,
    struct str text, struct str *pem_r, struct conf_pair_fault *fault)
{
	struct conf_pem pem = conf_pem_begin(text);
	char *copy = arena_alloc(a, text.n + 2);
	struct out out = out_make(copy, text.n + 1);
	struct conf_pem_block block;

	while (conf_pem_next(&pem, &block)) {
		if (block.kind != CONF_PEM_CERTIFICATE)
			continue;
		if (!block.whole || !is_certificate(block.text))
			return conf_certificate_fail(a, fault, CONF_PAIR_CERT,
			    "%s:%u: this certificate is damaged", file,
			    block.line);
		out_str(&out, block.text);
		if (copy[out.n - 1] != '\n')
			out_char(&out, '\n');
	}
	copy[out.n] = '\0';
	*pem_r = out_text(&out);
	return out.n > 0 || conf_certificate_fail(a, fault, CONF_PAIR_CERT,
	    "%s holds no certificate in PEM", file);
}

struct str conf_certificate_read_ca(struct arena *a, const char *file,
    struct conf_pair_fault *fault_r)
{
	struct conf_source *source;
	struct str pem = STR_NONE;
	struct arena scratch;
	const char *error;

	arena_init(&scratch);
	source = conf_source_read(&scratch, file, &error);
	if (source == NULL)
		conf_certificate_fail(a, fault_r, CONF_PAIR_CERT,
		    "%s cannot be read: %s", file, error);
	else if (!copy_certificates(a, file, source->text, &pem, fault_r))
		pem = STR_NONE;
	arena_free(&scratch);
	return pem;
}

/* ---- who it is for ---- */

/* The first certificate of PAIR; to be freed. */
static X509 *open_leaf(const struct conf_pair *pair)
{
	BIO *bio = BIO_new_mem_buf(pair->cert.p, (int)pair->cert.n);
	X509 *x;

	INSIST(bio != NULL);
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	INSIST(x != NULL);
	return x;
}

/* A name below "*.example.com" stands for all: no certificate has it alone. */
static bool covers_name(X509 *x, const char *name)
{
	char probe[300];

	if (name[0] == '*') {
		snprintf(probe, sizeof(probe), "sluice--probe%s", name + 1);
		name = probe;
	}
	return X509_check_host(x, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
		   NULL) == 1;
}

/* "127.0.0.1" or "[::1]". */
static bool covers_address(X509 *x, const char *name)
{
	struct str text = str_from(name);
	char plain[64];

	if (text.p[0] == '[')
		text = str_make(text.p + 1, text.n - 2);
	if (text.n >= sizeof(plain))
		return false;
	memcpy(plain, text.p, text.n);
	plain[text.n] = '\0';
	return X509_check_ip_asc(x, plain, 0) == 1;
}

bool conf_certificate_covers(const struct conf_pair *pair, const char *name)
{
	X509 *x = open_leaf(pair);
	bool yes = covers_name(x, name) || covers_address(x, name);

	X509_free(x);
	ERR_clear_error();
	return yes;
}

static void add_alternative(const GENERAL_NAME *name, struct out *out)
{
	if (name->type != GEN_DNS)
		return;
	if (out->n > 0)
		out_lit(out, ", ");
	out_bytes(out, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
	    (size_t)ASN1_STRING_length(name->d.dNSName));
}

const char *conf_certificate_names(const struct conf_pair *pair,
    struct arena *a)
{
	X509 *x = open_leaf(pair);
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char text[NAMES_SIZE];
	struct out out = out_make(text, sizeof(text) - sizeof(MORE));

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_alternative(sk_GENERAL_NAME_value(names, i), &out);
	if (out.full)
		memcpy(text + out.n, MORE, sizeof(MORE));
	GENERAL_NAMES_free(names);
	X509_free(x);
	ERR_clear_error();
	return arena_strdup(a, str_make(text,
	    out.n + (out.full ? sizeof(MORE) - 1 : 0)));
}

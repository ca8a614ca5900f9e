/*
 * certificate_make.c - a pair from the texts of its files.
 *
 * Runs in the master: at load, and again when one of the files changes.
 * Whatever OpenSSL would refuse when a client comes is refused here, in words:
 * what does not match what, in which line of which file.
 */
#include "common/conf/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/insist.h"
#include "common/conf/chain.h"

/* What OpenSSL's security level 2, its default, asks for. */
#define SECURITY_BITS 112

#define TEXT_SIZE 512

/* A pair while it is read. */
struct reading {
	struct arena *a;
	const struct conf_pair_text *texts;
	struct conf_pair *pair;
	struct conf_pair_fault *fault;
	struct conf_chain chain;
	EVP_PKEY *key;
	struct str key_text;
	enum conf_pair_part key_part;
	unsigned key_line;
};

/* ---- faults ---- */

static const char *compose(struct arena *a, const char *fmt, va_list args)
{
	char text[TEXT_SIZE];
	int n = vsnprintf(text, sizeof(text), fmt, args);

	INSIST(n >= 0);
	return arena_strdup(a, str_from(text));
}

bool conf_certificate_fail(struct arena *a, struct conf_pair_fault *fault_r,
    enum conf_pair_part part, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	*fault_r = (struct conf_pair_fault){.part = part,
	    .text = compose(a, fmt, args)};
	va_end(args);
	return false;
}

#define FAIL(r, part, ...)                                                    \
	conf_certificate_fail((r)->a, (r)->fault, (part), __VA_ARGS__)

static void __attribute__((format(printf, 2, 3)))
help(struct reading *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	r->fault->help = compose(r->a, fmt, args);
	va_end(args);
}

/* How to make of the file what can be used, if there is a way. */
static void help_convert(struct reading *r, enum conf_pem_kind kind,
    const char *file)
{
	const char *behind, *before = conf_pem_command(kind, &behind);

	if (before != NULL)
		help(r, "convert it: %s %s %s", before, file, behind);
	else if (kind == CONF_PEM_REQUEST || kind == CONF_PEM_DER_REQUEST)
		help(r, "send it to an authority: what comes back is the "
		    "certificate");
}

/* What OpenSSL says of what it could not read. */
static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text != NULL ? text : "it ends too early";
}

/* ---- pieces ---- */

/* Nobody is asked for a password: there is nobody. */
static int no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static BIO *open_text(struct str text)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);

	INSIST(bio != NULL);
	return bio;
}

static bool add_certificate(struct reading *r, enum conf_pair_part part,
    const struct conf_pem_block *block)
{
	const char *file = r->texts[part].name;
	BIO *bio;
	X509 *x;

	if (r->chain.count == CONF_CHAIN_MAX)
		return FAIL(r, part, "%s:%u: there are more than %d "
		    "certificates", file, block->line, CONF_CHAIN_MAX);
	bio = open_text(block->text);
	x = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (x == NULL)
		return FAIL(r, part, "%s:%u: this certificate is damaged: %s",
		    file, block->line, reason());
	r->chain.at[r->chain.count++] =
	    (struct conf_link){x, file, block->line, part};
	return true;
}

static bool add_key(struct reading *r, enum conf_pair_part part,
    const struct conf_pem_block *block)
{
	const char *file = r->texts[part].name;
	BIO *bio;

	if (r->key != NULL)
		return true;
	bio = open_text(block->text);
	r->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (r->key == NULL)
		return FAIL(r, part, "%s:%u: this key is damaged: %s", file,
		    block->line, reason());
	r->key_text = block->text;
	r->key_part = part;
	r->key_line = block->line;
	return true;
}

static bool refuse_encrypted(struct reading *r, enum conf_pair_part part,
    const struct conf_pem_block *block)
{
	const char *file = r->texts[part].name;

	FAIL(r, part, "%s:%u: this key has a password, and nobody is there to "
	    "type it", file, block->line);
	help_convert(r, CONF_PEM_ENCRYPTED, file);
	return false;
}

static bool wants_key(const struct reading *r, enum conf_pair_part part)
{
	return part == CONF_PAIR_KEY ||
	    (part == CONF_PAIR_CERT && r->texts[CONF_PAIR_KEY].name == NULL);
}

static bool add_block(struct reading *r, enum conf_pair_part part,
    const struct conf_pem_block *block)
{
	bool is_key = block->kind == CONF_PEM_KEY ||
	    block->kind == CONF_PEM_ENCRYPTED;

	if (is_key ? !wants_key(r, part) : part == CONF_PAIR_KEY)
		return true;
	if (!block->whole)
		return FAIL(r, part, "%s:%u: what begins here has no end: a "
		    "line \"-----END ...\" is missing", r->texts[part].name,
		    block->line);
	if (block->kind == CONF_PEM_ENCRYPTED)
		return refuse_encrypted(r, part, block);
	if (is_key)
		return add_key(r, part, block);
	return block->kind != CONF_PEM_CERTIFICATE ||
	    add_certificate(r, part, block);
}

/* The file holds no LACKING: what is it then?  ODD is its first block. */
static bool refuse_file(struct reading *r, enum conf_pair_part part,
    const char *lacking, const struct conf_pem_block *odd)
{
	const struct conf_pair_text *file = &r->texts[part];
	enum conf_pem_kind kind =
	    odd->line > 0 ? odd->kind : conf_pem_guess(file->text);

	if (odd->line > 0)
		FAIL(r, part, "%s:%u: this is %s, and no %s is in the file",
		    file->name, odd->line, conf_pem_name(kind), lacking);
	else if (file->text.n == 0)
		FAIL(r, part, "%s is empty", file->name);
	else
		FAIL(r, part, "%s holds %s", file->name, conf_pem_name(kind));
	if (kind == CONF_PEM_KEY || kind == CONF_PEM_CERTIFICATE)
		help(r, "are \"cert\" and \"key\" exchanged?");
	else
		help_convert(r, kind, file->name);
	return false;
}

/* All that is of use in a file. */
static bool collect(struct reading *r, enum conf_pair_part part)
{
	struct conf_pem pem = conf_pem_begin(r->texts[part].text);
	struct conf_pem_block block, first = {.line = 0};
	unsigned before = r->chain.count;

	while (conf_pem_next(&pem, &block)) {
		if (first.line == 0 || first.kind == CONF_PEM_OTHER)
			first = block;
		if (!add_block(r, part, &block))
			return false;
	}
	if (part == CONF_PAIR_KEY && r->key == NULL)
		return refuse_file(r, part, "private key", &first);
	if (part != CONF_PAIR_KEY && r->chain.count == before)
		return refuse_file(r, part, "certificate", &first);
	return true;
}

/* ---- do they belong together? ---- */

static bool refuse_key(struct reading *r)
{
	const struct conf_link *first = &r->chain.at[0];
	const char *file = r->texts[r->key_part].name;

	FAIL(r, r->key_part, "%s:%u: this key (%s) is not the key of %s:%u, "
	    "\"%s\" (%s)", file, r->key_line,
	    conf_chain_key_kind(r->a, r->key), first->file, first->line,
	    conf_chain_subject(r->a, first->x),
	    conf_chain_key_kind(r->a, X509_get0_pubkey(first->x)));
	help(r, "these two print the same for a pair: openssl pkey -pubout "
	    "-in %s; openssl x509 -pubkey -noout -in %s", file, first->file);
	return false;
}

static bool put_in_order(struct reading *r)
{
	const struct conf_link *last, *odd;

	if (!conf_chain_find_leaf(&r->chain, r->key))
		return refuse_key(r);
	odd = conf_chain_order(&r->chain, &last);
	if (odd == NULL)
		return true;
	FAIL(r, (enum conf_pair_part)odd->part, "%s:%u: the chain does not "
	    "lead on: \"%s\" was issued by \"%s\", and this is \"%s\"",
	    odd->file, odd->line, conf_chain_subject(r->a, last->x),
	    conf_chain_issuer(r->a, last->x),
	    conf_chain_subject(r->a, odd->x));
	help(r, "put the certificate of that issuer here, or remove what is "
	    "not of the chain");
	return false;
}

/* ---- is it strong enough? ---- */

static bool check_strength(struct reading *r, const struct conf_link *link)
{
	enum conf_pair_part part = (enum conf_pair_part)link->part;
	EVP_PKEY *key = X509_get0_pubkey(link->x);
	bool own = (X509_get_extension_flags(link->x) & EXFLAG_SS) != 0;
	int digest = NID_undef, bits = 0;

	if (key == NULL || EVP_PKEY_get_security_bits(key) < SECURITY_BITS) {
		FAIL(r, part, "%s:%u: the key of \"%s\" is too short to be "
		    "taken: %s", link->file, link->line,
		    conf_chain_subject(r->a, link->x),
		    conf_chain_key_kind(r->a, key));
		help(r, "RSA needs 2048 bits; or take EC P-256");
		return false;
	}
	if (!X509_get_signature_info(link->x, &digest, NULL, &bits, NULL) ||
	    bits >= SECURITY_BITS || own)
		return true;
	FAIL(r, part, "%s:%u: \"%s\" is signed with %s, which nobody trusts "
	    "any more", link->file, link->line,
	    conf_chain_subject(r->a, link->x), OBJ_nid2ln(digest));
	help(r, "have it issued anew, with SHA-256");
	return false;
}

/* ---- the result ---- */

static int64_t seconds_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* All of the chain, one behind the other. */
static struct str write_chain(struct arena *a, const struct conf_chain *c)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct str text;
	char *data;
	long n;

	INSIST(bio != NULL);
	for (unsigned i = 0; i < c->count; i++)
		INSIST(PEM_write_bio_X509(bio, c->at[i].x) == 1);
	n = BIO_get_mem_data(bio, &data);
	INSIST(n > 0);
	text = str_make(data, (size_t)n);
	text.p = arena_strdup(a, text);
	BIO_free(bio);
	return text;
}

static void fill(struct reading *r)
{
	X509 *x = r->chain.at[0].x;
	struct conf_pair *pair = r->pair;

	pair->cert = write_chain(r->a, &r->chain);
	pair->key = str_make(arena_strdup(r->a, r->key_text), r->key_text.n);
	pair->subject = conf_chain_subject(r->a, x);
	pair->kind = conf_chain_key_kind(r->a, r->key);
	if (r->chain.count == 1 && conf_chain_names_issuer(x))
		pair->lacks = conf_chain_issuer(r->a, x);
	pair->not_before = seconds_of(X509_get0_notBefore(x));
	pair->not_after = seconds_of(X509_get0_notAfter(x));
}

static bool make(struct reading *r)
{
	for (unsigned i = 0; i < CONF_PAIR_PARTS; i++)
		if (r->texts[i].name != NULL &&
		    !collect(r, (enum conf_pair_part)i))
			return false;
	if (r->key == NULL)
		return FAIL(r, CONF_PAIR_CERT, "%s holds no private key",
		    r->texts[CONF_PAIR_CERT].name);
	if (!put_in_order(r))
		return false;
	for (unsigned i = 0; i < r->chain.count; i++)
		if (!check_strength(r, &r->chain.at[i]))
			return false;
	fill(r);
	return true;
}

bool conf_certificate_make(struct arena *a,
    const struct conf_pair_text texts[CONF_PAIR_PARTS], struct conf_pair *pair,
    struct conf_pair_fault *fault_r)
{
	struct reading r = {.a = a,
	    .texts = texts,
	    .pair = pair,
	    .fault = fault_r};
	bool ok;

	INSIST(texts[CONF_PAIR_CERT].name != NULL);
	ERR_clear_error();
	ok = make(&r);
	EVP_PKEY_free(r.key);
	conf_chain_free(&r.chain);
	ERR_clear_error();
	return ok;
}

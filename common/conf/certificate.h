/*
 * certificate.h - a certificate, the chain behind it, and its key.
 */
#ifndef COMMON_CONF_CERTIFICATE_H
#define COMMON_CONF_CERTIFICATE_H

#include "common/base/arena.h"
#include "common/conf/tls_t.h"

enum conf_pair_part { CONF_PAIR_CERT, CONF_PAIR_KEY, CONF_PAIR_CHAIN,
    CONF_PAIR_PARTS };

/* What is wrong with a pair, and in which of its files. */
struct conf_pair_fault {
	enum conf_pair_part part;
	const char *text; /* "/etc/ssl/a.pem:31: ..." */
	const char *help; /* or NULL */
};

/*
 * Reads the files that PAIR names: cert_file; key_file, or NULL: the key is in
 * cert_file, or in NAME.key beside NAME.pem; chain_file, or NULL.  Fills in
 * the rest of PAIR, with memory of A: key_file is then where the key was
 * found, cert begins with the certificate that the key belongs to, and each
 * other one has issued the one before it.  False: *fault_r says why not,
 * in memory of A, and PAIR has its names only.
 *
 * Opens files by name: for the master.  OpenSSL's error queue is left empty.
 */
bool conf_certificate_read(struct arena *a, struct conf_pair *pair,
    struct conf_pair_fault *fault_r);

/*
 * The certificates in FILE, which are those of authorities: text in A.
 * STR_NONE: *fault_r says why not.
 */
struct str conf_certificate_read_ca(struct arena *a, const char *file,
    struct conf_pair_fault *fault_r);

/* The text of a file, or none. */
struct conf_pair_text {
	const char *name;
	struct str text;
};

/* conf_certificate_read from what the files hold. */
bool conf_certificate_make(struct arena *a,
    const struct conf_pair_text texts[CONF_PAIR_PARTS], struct conf_pair *pair,
    struct conf_pair_fault *fault_r);

/* Says what is wrong with PART, in memory of A.  Always false. */
bool conf_certificate_fail(struct arena *a, struct conf_pair_fault *fault_r,
    enum conf_pair_part part, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Is NAME, a host of a vhost, one that PAIR's certificate is for?  Wildcards
 * are covered by the same wildcard.  PAIR was read. */
bool conf_certificate_covers(const struct conf_pair *pair, const char *name);

/* The names that it is for, "a.example.com, *.b.example.com", in A. */
const char *conf_certificate_names(const struct conf_pair *pair,
    struct arena *a);

/* Wipes the key, of a pair that nobody uses any more. */
void conf_certificate_forget(const struct conf_pair *pair);

#endif

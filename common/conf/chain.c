/*
 * chain.c - certificates, each of which was issued by the next.
 *
 * Runs in the master.  Authorities hand out the pieces in files of all kinds,
 * and people put them together in any order, but clients want one: RFC 8446,
 * 4.4.2.
 *
 *	as read		root   leaf   intermediate
 *	in order	leaf   intermediate   root
 */
#include "common/conf/chain.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "common/base/insist.h"
#include "common/base/out.h"

#define NAME_LONGEST 160

/* The one at FROM comes to TO, before it; those between keep their order. */
static void move_up(struct conf_chain *c, unsigned from, unsigned to)
{
	struct conf_link moved = c->at[from];

	INSIST(from >= to && from < c->count);
	memmove(&c->at[to + 1], &c->at[to], (from - to) * sizeof(moved));
	c->at[to] = moved;
}

bool conf_chain_find_leaf(struct conf_chain *c, EVP_PKEY *key)
{
	for (unsigned i = 0; i < c->count; i++) {
		bool fits = X509_check_private_key(c->at[i].x, key) == 1;

		ERR_clear_error();
		if (!fits)
			continue;
		move_up(c, i, 0);
		return true;
	}
	return false;
}

static bool has_issued(X509 *issuer, X509 *x)
{
	bool yes = X509_check_issued(issuer, x) == X509_V_OK;

	ERR_clear_error();
	return yes;
}

/* The place behind AT of what has issued it, or 0. */
static unsigned find_issuer(const struct conf_chain *c, unsigned at)
{
	X509 *x = c->at[at].x;

	if (has_issued(x, x))
		return 0;
	for (unsigned i = at + 1; i < c->count; i++)
		if (has_issued(c->at[i].x, x))
			return i;
	return 0;
}

/* Is it in the chain of COUNT, or another issuer of what is there? */
static bool is_needless(const struct conf_chain *c, unsigned count, X509 *x)
{
	for (unsigned i = 0; i < count; i++)
		if (X509_cmp(c->at[i].x, x) == 0 || has_issued(x, c->at[i].x))
			return true;
	return false;
}

const struct conf_link *conf_chain_order(struct conf_chain *c,
    const struct conf_link **last_r)
{
	unsigned count = 1, issuer;

	INSIST(c->count > 0);
	while ((issuer = find_issuer(c, count - 1)) > 0)
		move_up(c, issuer, count++);
	*last_r = &c->at[count - 1];
	for (unsigned i = count; i < c->count; i++)
		if (!is_needless(c, count, c->at[i].x))
			return &c->at[i];
	while (c->count > count)
		X509_free(c->at[--c->count].x);
	return NULL;
}

bool conf_chain_names_issuer(X509 *x)
{
	AUTHORITY_INFO_ACCESS *access =
	    X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++)
		found |= OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(access,
		    i)->method) == NID_ad_ca_issuers;
	AUTHORITY_INFO_ACCESS_free(access);
	ERR_clear_error();
	return found;
}

/* ---- names ---- */

static const char *name_text(struct arena *a, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const char *copy;
	char *text;
	long n;

	INSIST(bio != NULL);
	X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &text);
	copy = n <= 0 || n > NAME_LONGEST ? "a name that is too long"
	    : arena_strdup(a, str_make(text, (size_t)n));
	BIO_free(bio);
	ERR_clear_error();
	return copy;
}

/* "DNS:www.example.com" */
static const char *first_alternative(struct arena *a, X509 *x)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *first =
	    names != NULL ? sk_GENERAL_NAME_value(names, 0) : NULL;
	char text[NAME_LONGEST];
	struct out out = out_make(text, sizeof(text));

	if (first != NULL && first->type == GEN_DNS) {
		out_lit(&out, "DNS:");
		out_bytes(&out,
		    (const char *)ASN1_STRING_get0_data(first->d.dNSName),
		    (size_t)ASN1_STRING_length(first->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	if (out.n == 0)
		out_lit(&out, "no name");
	return arena_strdup(a, out_text(&out));
}

const char *conf_chain_subject(struct arena *a, X509 *x)
{
	const X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_entry_count(name) > 0 ? name_text(a, name)
					       : first_alternative(a, x);
}

const char *conf_chain_issuer(struct arena *a, X509 *x)
{
	return name_text(a, X509_get_issuer_name(x));
}

const char *conf_chain_key_kind(struct arena *a, EVP_PKEY *key)
{
	char group[64], text[80];
	const char *nist = NULL, *type;
	struct out out = out_make(text, sizeof(text));

	if (key == NULL)
		return "unknown";
	type = EVP_PKEY_get0_type_name(key);
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1) {
		nist = EC_curve_nid2nist(OBJ_sn2nid(group));
		out_fmt(&out, "EC %s", nist != NULL ? nist : group);
	} else if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
		out_fmt(&out, "RSA %d", EVP_PKEY_get_bits(key));
	} else {
		out_str(&out, str_from(type != NULL ? type : "unknown"));
	}
	ERR_clear_error();
	return arena_strdup(a, out_text(&out));
}

void conf_chain_free(struct conf_chain *c)
{
	while (c->count > 0)
		X509_free(c->at[--c->count].x);
}

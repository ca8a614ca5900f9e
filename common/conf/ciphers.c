/*
 * ciphers.c - versions and ciphers of TLS, as operators write them.
 *
 * Runs in the master.  The language is OpenSSL's, and OpenSSL is asked what it
 * makes of it, word by word: in a whole list it passes over what it does not
 * know, and who misspelt the one cipher that mattered would not hear of it.
 * Its lists for TLS 1.3 are others; here both stand in one:
 *
 *	ECDHE+AESGCM:!AES128:TLS_AES_256_GCM_SHA384
 */
#include "common/conf/ciphers.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/base/insist.h"
#include "common/base/out.h"
#include "common/conf/suggest.h"

#define LIST_SIZE 512

static const char *const suites[] = {"TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"};

#define SUITES (sizeof(suites) / sizeof(suites[0]))

/* ---- versions ---- */

int conf_ciphers_version(struct conf_build *b,
    const struct conf_layers *layers, enum conf_setting id)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(layers, id));
	const char *text = conf_setting_text(CONF_NEAREST(layers, id));

	if (strcmp(text, "1.2") == 0)
		return TLS1_2_VERSION;
	if (strcmp(text, "1.3") == 0)
		return TLS1_3_VERSION;
	conf_report_error(b->report, conf_tree_spot(setting),
	    "\"min\" is \"1.2\" or \"1.3\"");
	conf_report_help(b->report, "what is older is broken, and not spoken "
	    "here");
	return TLS1_2_VERSION;
}

/* ---- ciphers ---- */

/* The lists that a text becomes. */
struct lists {
	struct out old; /* of TLS 1.2 */
	struct out new; /* of TLS 1.3 */
};

static void add(struct out *out, struct str word)
{
	if (out->n > 0)
		out_char(out, ':');
	out_str(out, word);
}

static bool is_suite(struct str word)
{
	for (size_t i = 0; i < SUITES; i++)
		if (str_eq(word, str_from(suites[i])))
			return true;
	return false;
}

/* Does OpenSSL know WORD, by itself? */
static bool is_known(SSL_CTX *ctx, struct str word)
{
	char text[LIST_SIZE];
	bool known;

	if (word.n >= sizeof(text))
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	known = SSL_CTX_set_cipher_list(ctx, text) == 1;
	ERR_clear_error();
	return known;
}

static void help_word(struct conf_build *b, SSL_CTX *ctx, struct str word)
{
	struct conf_suggest suggest = conf_suggest_make(word);
	STACK_OF(SSL_CIPHER) *all;

	SSL_CTX_set_cipher_list(ctx, "ALL");
	all = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++)
		conf_suggest_offer(&suggest,
		    SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)));
	for (size_t i = 0; i < SUITES; i++)
		conf_suggest_offer(&suggest, suites[i]);
	if (!conf_suggest_help(&suggest, b->report))
		conf_report_help(b->report, "\"openssl ciphers -v ALL\" lists "
		    "them; the default is \"%s\"", CONF_CIPHERS);
}

static bool refuse(struct conf_build *b, const struct conf_spot *spot,
    SSL_CTX *ctx, struct str word)
{
	if (word.n > 0 && word.p[0] == '@') {
		conf_report_error(b->report, spot,
		    "\"%" PRI_STR "\" is a command of OpenSSL that is not "
		    "given here", ARG_STR(word));
		conf_report_help(b->report, "write names of ciphers only");
		return false;
	}
	conf_report_error(b->report, spot, "OpenSSL has no cipher \"%" PRI_STR
	    "\"", ARG_STR(word));
	help_word(b, ctx, word);
	return false;
}

/* Words with "!", "-" or "+" before them choose among others: there may be
 * none of them. */
static bool is_choice(struct str word)
{
	return word.n > 1 && strchr("!-+", word.p[0]) != NULL;
}

/* False: reported. */
static bool sort_out(struct conf_build *b, const struct conf_spot *spot,
    SSL_CTX *ctx, struct str text, struct lists *lists)
{
	struct str word;

	while (str_next_part(&text, ':', &word)) {
		word = str_trim(word);
		if (is_suite(word))
			add(&lists->new, word);
		else if (is_choice(word) ||
		    (word.n > 0 && word.p[0] != '@' && is_known(ctx, word)))
			add(&lists->old, word);
		else
			return refuse(b, spot, ctx, word);
	}
	return true;
}

/* Without forward secrecy, or without a seal: RFC 9113, appendix A, has them
 * as a reason to refuse a client. */
static const char *find_weak(SSL_CTX *ctx, const char *list)
{
	STACK_OF(SSL_CIPHER) *all;

	SSL_CTX_set_ciphersuites(ctx, "");
	SSL_CTX_set_cipher_list(ctx, list);
	all = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);
		int kx = SSL_CIPHER_get_kx_nid(c);

		if ((kx != NID_kx_ecdhe && kx != NID_kx_dhe) ||
		    SSL_CIPHER_is_aead(c) != 1)
			return SSL_CIPHER_get_name(c);
	}
	return NULL;
}

static void check_whole(struct conf_build *b, const struct conf_spot *spot,
    SSL_CTX *ctx, struct str list)
{
	const char *weak;

	if (!is_known(ctx, list)) {
		conf_report_error(b->report, spot,
		    "of these ciphers none is left");
		return;
	}
	weak = find_weak(ctx, list.p);
	ERR_clear_error();
	if (weak == NULL)
		return;
	conf_report_lint(b->report, LINT_ciphers_weak, spot,
	    "%s is among these: it has no forward secrecy, or is open to "
	    "padding oracles", weak);
	conf_report_help(b->report, "the default, \"%s\", has none of these",
	    CONF_CIPHERS);
}

/* What a setting says, kept at its node for all that inherit it. */
struct kept {
	const char *ciphers;
	const char *suites;
};

static void read_text(struct conf_build *b, const config_setting_t *setting,
    SSL_CTX *ctx, struct kept *kept)
{
	const struct conf_spot *spot = conf_tree_spot(setting);
	char old[LIST_SIZE], new[LIST_SIZE];
	struct lists lists = {out_make(old, sizeof(old)),
	    out_make(new, sizeof(new))};
	struct arena *a = &b->conf->arena;

	if (!sort_out(b, spot, ctx, str_from(conf_tree_text(setting)), &lists))
		return;
	if (!out_ok(&lists.old) || !out_ok(&lists.new)) {
		conf_report_error(b->report, spot, "this list is too long");
		return;
	}
	if (lists.new.n > 0)
		kept->suites = arena_strdup(a, out_text(&lists.new));
	if (lists.old.n == 0)
		return;
	kept->ciphers = arena_strdup(a, out_text(&lists.old));
	check_whole(b, spot, ctx, str_from(kept->ciphers));
}

static struct kept *read_setting(struct conf_build *b,
    const config_setting_t *setting)
{
	struct kept *kept = ARENA_NEW(b->scratch, struct kept);
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	INSIST(ctx != NULL);
	kept->ciphers = CONF_CIPHERS;
	read_text(b, setting, ctx, kept);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return kept;
}

void conf_ciphers_read(struct conf_build *b, const struct conf_layers *layers,
    enum conf_setting id, const char **ciphers_r, const char **suites_r)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(layers, id));
	struct conf_node *node;
	const struct kept *kept;

	*ciphers_r = CONF_CIPHERS;
	*suites_r = NULL;
	if (setting == NULL)
		return;
	node = conf_tree_node(setting);
	if (node->made == NULL)
		node->made = read_setting(b, setting);
	kept = node->made;
	*ciphers_r = kept->ciphers;
	*suites_r = kept->suites;
}

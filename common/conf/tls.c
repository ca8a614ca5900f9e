/*
 * tls.c - the setting "tls" of a vhost.
 *
 * Runs in the master, which reads certificates and keys: a worker opens
 * nothing by name.  Groups merge, setting by setting:
 *
 *	sluiced.conf	tls = { min = "1.3"; hsts = "180d"; };
 *	a vhost		tls = { cert = "/etc/ssl/www.pem"; };
 *
 * but cert, key, chain and certs are taken from one of them, the nearest that
 * has a certificate.  A vhost for which there is none speaks no TLS, whatever
 * else sluiced.conf says of it.
 */
#include "common/conf/tls.h"

#include <openssl/err.h>
#include <openssl/provider.h>

#include "common/base/insist.h"
#include "common/conf/ciphers.h"
#include "common/conf/client_cert.h"
#include "common/conf/hsts.h"
#include "common/conf/issuer.h"
#include "common/conf/pairs.h"

/* ---- which groups ---- */

struct conf_layers conf_tls_groups(const struct conf_layers *layers,
    const config_setting_t **word_r)
{
	struct conf_layers groups = {.count = 0};

	*word_r = NULL;
	for (unsigned i = 0; i < layers->count; i++) {
		const config_setting_t *s =
		    conf_setting_get(layers->at[i], SETTING_VHOST_tls);

		if (s == NULL)
			continue;
		if (!config_setting_is_group(s)) {
			*word_r = groups.count == 0 ? s : NULL;
			break;
		}
		groups.at[groups.count++] = s;
	}
	return groups;
}

const config_setting_t *conf_tls_with_certificate(
    const struct conf_layers *groups)
{
	for (unsigned i = 0; i < groups->count; i++)
		if (conf_setting_given(groups->at[i], SETTING_TLS_cert) ||
		    conf_setting_given(groups->at[i], SETTING_TLS_certs))
			return groups->at[i];
	return NULL;
}

bool conf_tls_is_spoken(const struct conf_layers *layers)
{
	const config_setting_t *ignored;
	struct conf_layers groups = conf_tls_groups(layers, &ignored);

	return conf_tls_with_certificate(&groups) != NULL;
}

/* ---- single settings ---- */

static bool read_alpn(struct conf_build *b, const struct conf_layers *groups)
{
	const config_setting_t *alpn =
	    conf_setting_get(CONF_NEAREST(groups, SETTING_TLS_alpn));
	unsigned count = alpn != NULL ? conf_tree_item_count(alpn) : 0;
	bool h1 = false, h2 = false;

	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(alpn, i);
		const char *text = conf_tree_refused(item)
		    ? "http/1.1" : conf_tree_text(item);

		h1 |= strcmp(text, "http/1.1") == 0;
		h2 |= strcmp(text, "h2") == 0;
		if (strcmp(text, "http/1.1") == 0 || strcmp(text, "h2") == 0)
			continue;
		conf_report_error(b->report, conf_tree_spot(item),
		    "\"alpn\" has \"h2\" and \"http/1.1\"");
		return true;
	}
	if (h2 && !h1)
		conf_report_error(b->report, conf_tree_spot(alpn),
		    "\"http/1.1\" can't be left out: not all clients speak "
		    "HTTP/2");
	return alpn == NULL || h2;
}

/* Keys of its own kind may be in the files: it is there before they are. */
static const char *read_provider(struct conf_build *b,
    const struct conf_layers *groups)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(groups, SETTING_TLS_provider));
	const char *name;
	bool loaded;

	if (setting == NULL)
		return NULL;
	name = conf_tree_text(setting);
	loaded = OSSL_PROVIDER_available(NULL, name) == 1 ||
	    (strchr(name, '/') == NULL &&
		OSSL_PROVIDER_load(NULL, "default") != NULL &&
		OSSL_PROVIDER_load(NULL, name) != NULL);
	ERR_clear_error();
	if (loaded)
		return arena_strdup(&b->conf->arena, str_from(name));
	conf_report_error(b->report, conf_tree_spot(setting),
	    "OpenSSL can't load a provider \"%s\"", name);
	conf_report_help(b->report, "\"openssl list -providers -provider "
	    "%s\" says why; \"openssl version -m\" where it is looked for",
	    name);
	conf_tree_node(setting)->refused = true;
	return NULL;
}

/* Once, for all that inherit it. */
static struct str read_client_ca(struct conf_build *b,
    const struct conf_layers *groups)
{
	const config_setting_t *group =
	    conf_layers_nearest(groups, SETTING_TLS_client_ca);
	struct conf_node *node;
	struct str *kept;

	if (group == NULL)
		return STR_NONE;
	node = conf_tree_node(conf_setting_get(group, SETTING_TLS_client_ca));
	if (node->made == NULL) {
		node->made = kept = ARENA_NEW(b->scratch, struct str);
		*kept = conf_pairs_read_ca(b, group, SETTING_TLS_client_ca);
	}
	return *(struct str *)node->made;
}

/* ---- a vhost's ---- */

/* Sessions are resumed where the same is asked of a client, and nowhere else:
 * by another vhost, or another policy, it might be let in unasked. */
static struct hash_id policy_of(const struct conf_vhost *v,
    const struct conf_tls *tls)
{
	char asked = (char)('0' + tls->client_cert);
	struct hash_id id = {{0, 0}};

	id = hash_id_add(id, str_from(v->place.file));
	id = hash_id_add(id, str_from(v->name));
	id = hash_id_add(id, str_make(&asked, 1));
	return hash_id_add(id, tls->client_ca.n > 0 ? tls->client_ca : STR(""));
}

/* All but the certificates. */
static void read_group(struct conf_build *b, const struct conf_layers *groups,
    struct conf_tls *tls)
{
	tls->provider = read_provider(b, groups);
	tls->min_version = conf_ciphers_version(b, groups, SETTING_TLS_min);
	conf_ciphers_read(b, groups, SETTING_TLS_ciphers, &tls->ciphers,
	    &tls->suites);
	tls->h2 = read_alpn(b, groups);
	tls->client_ca = read_client_ca(b, groups);
	conf_client_cert_check_word(b, groups);
	tls->early_data =
	    conf_setting_bool(CONF_NEAREST(groups, SETTING_TLS_early_data));
	tls->ocsp_staple =
	    conf_setting_bool(CONF_NEAREST(groups, SETTING_TLS_ocsp_staple));
	tls->handshake_timeout = conf_setting_duration(
	    CONF_NEAREST(groups, SETTING_TLS_handshake_timeout));
}

/* A key, or a chain, of nothing. */
static void check_orphans(struct conf_build *b,
    const struct conf_layers *groups)
{
	for (unsigned i = 0; i < groups->count; i++)
		if (!conf_setting_given(groups->at[i], SETTING_TLS_cert) &&
		    !conf_setting_given(groups->at[i], SETTING_TLS_certs))
			conf_pairs_read(b, groups->at[i], &conf_pair_of_tls);
}

static void report_no_certificate(struct conf_build *b,
    const config_setting_t *own)
{
	conf_report_error(b->report, conf_tree_spot(own),
	    "\"tls\" needs a certificate");
	conf_report_help(b->report, "write cert = %s;  (%s)",
	    conf_setting_rows[SETTING_TLS_cert].example,
	    conf_setting_rows[SETTING_TLS_cert].help);
}

static void report_acme(struct conf_build *b, const config_setting_t *word)
{
	conf_report_error(b->report, conf_tree_spot(word),
	    "certificates by ACME are not built yet");
	conf_report_help(b->report, "write tls = { cert = %s; };  (get it by "
	    "certbot or lego: /.well-known/acme-challenge/ is routed like any "
	    "path)", conf_setting_rows[SETTING_TLS_cert].example);
	conf_tree_node(word)->refused = true;
}

/* true, false, "passthrough" */
static void read_word(struct conf_build *b, const config_setting_t *word,
    struct conf_draft *draft)
{
	if (word->type == CONFIG_TYPE_STRING)
		draft->vhost->passthrough = true;
	else if (config_setting_get_bool(word))
		report_acme(b, word);
}

/* What clients expect, or the operator does, and what can't be had. */
static void lint_stapling(struct conf_build *b,
    const struct conf_spot *spot, const struct conf_tls *tls)
{
	for (unsigned i = 0; i < tls->pair_count; i++) {
		const struct conf_pair *pair = tls->pairs[i];
		char text[1024];
		struct out o = out_make(text, sizeof(text));

		(void)conf_issuer_of(pair->cert, &o);
		if (!tls->ocsp_staple && conf_issuer_demands(pair->cert)) {
			conf_report_lint(b->report, LINT_staple_missing, spot,
			    "the certificate %s demands to be stapled, and "
			    "is not", pair->cert_file);
			conf_report_help(b->report,
			    "write ocsp_staple = true;");
		} else if (tls->ocsp_staple &&
		    !str_starts_nocase(out_text(&o), STR("http://"))) {
			conf_report_lint(b->report, LINT_staple_nobody, spot,
			    "there is nothing to staple to %s: %s",
			    pair->cert_file, out_cstr(&o));
		}
	}
}

static void make(struct conf_build *b, struct conf_draft *draft,
    const struct conf_layers *groups, const config_setting_t *certificate)
{
	struct conf_tls *tls = ARENA_NEW(&b->conf->arena, struct conf_tls);
	struct conf_vhost *v = draft->vhost;

	read_group(b, groups, tls);
	tls->pair_count = conf_pairs_read_all(b, certificate, &tls->pairs);
	v->hsts = conf_hsts_read(b, groups);
	v->https_redirect =
	    conf_setting_bool(CONF_NEAREST(groups, SETTING_TLS_redirect));
	if (tls->pair_count == 0)
		return;
	tls->number = b->conf->tls_count++;
	tls->place = conf_spot_place(conf_tree_spot(certificate));
	lint_stapling(b, conf_tree_spot(certificate), tls);
	v->tls = draft->tls = tls;
}

void conf_tls_read(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *root)
{
	unsigned errors = b->report->errors;
	const config_setting_t *word, *certificate;
	struct conf_layers groups = conf_tls_groups(&draft->layers, &word);
	bool given = conf_setting_given(root, SETTING_VHOST_tls);

	draft->vhost->hsts = STR("");
	if (draft->vhost->tcp && !given)
		return; /* what all others inherit is not meant for bytes */
	check_orphans(b, &groups);
	certificate = conf_tls_with_certificate(&groups);
	if (word != NULL)
		read_word(b, word, draft);
	else if (certificate != NULL)
		make(b, draft, &groups, certificate);
	else if (b->report->errors == errors && groups.count > 0 &&
	    groups.at[0] == conf_setting_get(root, SETTING_VHOST_tls))
		report_no_certificate(b, groups.at[0]);
	draft->tls_wrong = b->report->errors > errors ||
	    (given && conf_setting_get(root, SETTING_VHOST_tls) == NULL);
}

void conf_tls_check(struct conf_build *b, const struct conf_layers *layers)
{
	const config_setting_t *word, *certificate;
	struct conf_layers groups = conf_tls_groups(layers, &word);
	const struct conf_pair **ignored;
	struct conf_tls tls;

	if (word != NULL && word->type == CONFIG_TYPE_BOOL &&
	    config_setting_get_bool(word))
		report_acme(b, word);
	if (groups.count == 0)
		return;
	check_orphans(b, &groups);
	read_group(b, &groups, &tls);
	conf_hsts_read(b, &groups);
	(void)conf_setting_bool(CONF_NEAREST(&groups, SETTING_TLS_redirect));
	certificate = conf_tls_with_certificate(&groups);
	if (certificate != NULL)
		conf_pairs_read_all(b, certificate, &ignored);
}

/* ---- when all is known ---- */

static void check_names(struct conf_build *b, const struct conf_host *host,
    const struct conf_tls *tls)
{
	if (host->pattern != NULL || str_eq(host->name, STR("*")))
		return;
	for (unsigned i = 0; i < tls->pair_count; i++) {
		if (conf_certificate_covers(tls->pairs[i], host->name.p))
			continue;
		conf_report_lint(b->report, LINT_certificate_name,
		    &host->spot, "the certificate %s is not for \"%s\"",
		    tls->pairs[i]->cert_file, host->name.p);
		conf_report_help(b->report, "it is for: %s",
		    conf_certificate_names(tls->pairs[i], b->scratch));
	}
}

/* RFC 6797, 7.2: who hears it without TLS must not believe it. */
static void warn_plain_hsts(struct conf_build *b,
    const struct conf_draft *draft)
{
	const struct conf_fields *fields =
	    &draft->vhost->scope->response_fields;
	const config_setting_t *group =
	    conf_layers_nearest(&draft->layers, SETTING_VHOST_headers);

	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->at[i].removed || !str_eq_nocase(fields->at[i].name,
			STR("Strict-Transport-Security")))
			continue;
		conf_report_lint(b->report, LINT_hsts_plain,
		    conf_setting_spot(group, SETTING_VHOST_headers),
		    "the vhost \"%s\" sends Strict-Transport-Security, but "
		    "speaks no TLS", draft->vhost->name);
		conf_report_help(b->report, "browsers don't listen to that; "
		    "with a certificate write tls = { hsts = %s; };",
		    conf_setting_rows[SETTING_TLS_hsts].example);
	}
}

void conf_tls_finish(struct conf_build *b, const struct conf_draft *draft)
{
	struct conf_tls *tls = draft->tls;

	conf_client_cert_check(b, draft, &draft->layers);
	if (tls == NULL && !draft->tls_wrong)
		warn_plain_hsts(b, draft);
	if (tls == NULL)
		return;
	tls->client_cert = conf_client_cert_asked(draft->vhost);
	tls->policy = policy_of(draft->vhost, tls);
	for (unsigned i = 0; i < draft->vhost->host_count; i++)
		check_names(b, &draft->hosts[i], tls);
}

/*
 * pool_tls.c - what is spoken with the servers of a pool.
 *
 * Runs in the master.  Who says nothing has servers with https:// verified, by
 * their names and the system's authorities.
 */
#include "common/conf/pool_tls.h"

#include "common/conf/ciphers.h"
#include "common/conf/name.h"
#include "common/conf/pairs.h"

/* ---- TLS ---- */

static struct str read_ca(struct conf_build *b, const config_setting_t *tls)
{
	const char *text = conf_setting_text(tls, SETTING_POOL_TLS_ca);

	if (strcmp(text, "system") == 0)
		return STR_NONE;
	return conf_pairs_read_ca(b, tls, SETTING_POOL_TLS_ca);
}

static const char *read_name(struct conf_build *b, const config_setting_t *tls)
{
	const char *text = conf_setting_text(tls, SETTING_POOL_TLS_name);
	struct conf_name_fault fault = {NULL, NULL};
	const char *name;

	if (text == NULL)
		return NULL;
	name = conf_name_read(&b->conf->arena, str_from(text), &fault);
	if (name != NULL && name[0] == '*') {
		fault.text = "one name is meant here, not a wildcard";
		name = NULL;
	}
	if (name != NULL)
		return name;
	conf_report_error(b->report,
	    conf_setting_spot(tls, SETTING_POOL_TLS_name), "%s", fault.text);
	if (fault.help != NULL)
		conf_report_help(b->report, "%s", fault.help);
	return NULL;
}

static void warn_unverified(struct conf_build *b, const config_setting_t *tls)
{
	conf_report_lint(b->report, LINT_verify_off,
	    conf_setting_spot(tls, SETTING_POOL_TLS_verify),
	    "servers are not verified: whoever is on the way can be one");
	conf_report_help(b->report, "write ca = %s;  (%s)",
	    conf_setting_rows[SETTING_POOL_TLS_ca].example,
	    conf_setting_rows[SETTING_POOL_TLS_ca].help);
}

static void read_tls(struct conf_build *b, const config_setting_t *tls,
    struct conf_origin_tls *r)
{
	struct conf_layers own = conf_layers_over(NULL, tls);

	*r = (struct conf_origin_tls){
	    .ca = read_ca(b, tls),
	    .name = read_name(b, tls),
	    .verify = conf_setting_bool(tls, SETTING_POOL_TLS_verify),
	    .min_version =
		conf_ciphers_version(b, &own, SETTING_POOL_TLS_min),
	};
	conf_ciphers_read(b, &own, SETTING_POOL_TLS_ciphers, &r->ciphers,
	    &r->suites);
	if (tls == NULL)
		return;
	r->pair = conf_pairs_read(b, tls, &conf_pair_of_pool);
	if (!r->verify)
		warn_unverified(b, tls);
	conf_settings_done(tls);
}

/* ---- the rest ---- */

static enum conf_pool_http read_http(struct conf_build *b,
    const config_setting_t *group)
{
	const char *text = conf_setting_text(group, SETTING_POOL_http);

	if (strcmp(text, "1") == 0)
		return CONF_POOL_HTTP_1;
	if (strcmp(text, "2") == 0)
		return CONF_POOL_HTTP_2;
	if (strcmp(text, "auto") != 0)
		conf_report_error(b->report,
		    conf_setting_spot(group, SETTING_POOL_http),
		    "\"http\" is \"1\", \"2\" or \"auto\"");
	return CONF_POOL_HTTP_AUTO;
}

static unsigned read_proxy_protocol(struct conf_build *b,
    const config_setting_t *group)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_POOL_proxy_protocol);

	if (setting == NULL || setting->type == CONFIG_TYPE_BOOL)
		return 0;
	if (strcmp(conf_tree_text(setting), "v1") == 0)
		return 1;
	if (strcmp(conf_tree_text(setting), "v2") == 0)
		return 2;
	conf_report_error(b->report, conf_tree_spot(setting),
	    "\"proxy_protocol\" is \"v1\", \"v2\" or false");
	return 0;
}

void conf_pool_tls_read(struct conf_build *b, const config_setting_t *group,
    struct conf_pool *pool)
{
	read_tls(b, conf_setting_get(group, SETTING_POOL_tls), &pool->tls);
	pool->http = read_http(b, group);
	pool->proxy_protocol = read_proxy_protocol(b, group);
}

void conf_pool_tls_check(struct conf_build *b, const config_setting_t *group,
    const struct conf_pool *pool)
{
	if (conf_setting_get(group, SETTING_POOL_tls) == NULL)
		return;
	for (unsigned i = 0; i < pool->server_count; i++)
		if (pool->servers[i].https)
			return;
	conf_report_lint(b->report, LINT_pool_tls_unused,
	    conf_setting_spot(group, SETTING_POOL_tls),
	    "no server of this pool has https://: none is spoken to by TLS");
}

/*
 * client_cert.c - whether clients need certificates of their own.
 *
 * Runs in the master.  A vhost's word stands in it or in its "tls"; a route
 * may say something else.  Which route a request takes is known when the
 * handshake is long over: a vhost with several minds asks in the handshake,
 * takes who has none, and leaves it to the route to refuse.
 */
#include "common/conf/client_cert.h"

#include "common/conf/tls.h"

static const char *const names[] = {
    [CONF_CLIENT_CERT_NONE] = "none",
    [CONF_CLIENT_CERT_OPTIONAL] = "optional",
    [CONF_CLIENT_CERT_REQUIRE] = "require",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* LAYER's own word, or that of its "tls". */
static const config_setting_t *find_in(const config_setting_t *layer,
    bool speaks_tls)
{
	const config_setting_t *s =
	    conf_setting_get(layer, SETTING_VHOST_client_cert);
	const config_setting_t *tls =
	    conf_setting_get(layer, SETTING_VHOST_tls);

	if (s != NULL || tls == NULL || !config_setting_is_group(tls))
		return s;
	s = conf_setting_get(tls, SETTING_TLS_client_cert);
	return speaks_tls ? s : NULL;
}

/* What "tls" of others says is nothing to a vhost that speaks none. */
static const config_setting_t *find(const struct conf_layers *layers)
{
	bool speaks_tls = conf_tls_is_spoken(layers);
	const config_setting_t *found = NULL;

	for (unsigned i = 0; i < layers->count && found == NULL; i++)
		found = find_in(layers->at[i], speaks_tls);
	return found;
}

static enum conf_client_cert parse(struct conf_build *b,
    const config_setting_t *setting)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(conf_tree_text(setting), names[i]) == 0)
			return (enum conf_client_cert)i;
	conf_report_error(b->report, conf_tree_spot(setting),
	    "\"client_cert\" is \"none\", \"optional\" or \"require\"");
	conf_tree_node(setting)->refused = true;
	return CONF_CLIENT_CERT_NONE;
}

void conf_client_cert_check_word(struct conf_build *b,
    const struct conf_layers *groups)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(groups, SETTING_TLS_client_cert));

	if (setting != NULL)
		(void)parse(b, setting);
}

/* Who names authorities means them. */
enum conf_client_cert conf_client_cert_read(struct conf_build *b,
    const struct conf_layers *layers)
{
	const config_setting_t *setting = find(layers);
	struct conf_layers tls = conf_layers_in(layers, SETTING_VHOST_tls);

	if (setting != NULL)
		return parse(b, setting);
	return conf_tls_is_spoken(layers) &&
		conf_layers_nearest(&tls, SETTING_TLS_client_ca) != NULL
	    ? CONF_CLIENT_CERT_REQUIRE : CONF_CLIENT_CERT_NONE;
}

void conf_client_cert_check(struct conf_build *b,
    const struct conf_draft *draft, const struct conf_layers *layers)
{
	const config_setting_t *setting = find(layers);
	const struct conf_tls *tls = draft->vhost->tls;

	if (setting == NULL || draft->tls_wrong ||
	    strcmp(conf_tree_text(setting), names[CONF_CLIENT_CERT_NONE]) == 0)
		return;
	if (tls == NULL) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "clients have certificates in TLS only, and this vhost "
		    "speaks none");
		conf_report_help(b->report, "write tls = { cert = %s; "
		    "client_ca = %s; };",
		    conf_setting_rows[SETTING_TLS_cert].example,
		    conf_setting_rows[SETTING_TLS_client_ca].example);
	} else if (tls->client_ca.n == 0) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "it is not said whose certificates are good");
		conf_report_help(b->report, "write client_ca = %s; in \"tls\" "
		    "of the vhost  (%s)",
		    conf_setting_rows[SETTING_TLS_client_ca].example,
		    conf_setting_rows[SETTING_TLS_client_ca].help);
	}
}

enum conf_client_cert conf_client_cert_asked(const struct conf_vhost *v)
{
	enum conf_client_cert asked = v->scope->client_cert;

	for (unsigned i = 0; i < v->route_count; i++)
		if (v->routes[i].scope->client_cert != asked)
			return CONF_CLIENT_CERT_OPTIONAL;
	return asked;
}

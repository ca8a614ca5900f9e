/*
 * forwarding.c - what origins are told of a request's way.
 *
 * Runs in the master.  send_host is one of two words or a host with or without
 * a port, in the form that a Host field has.
 */
#include "common/conf/forwarding.h"

#include "common/base/insist.h"
#include "common/conf/address.h"
#include "common/conf/name.h"
#include "common/conf/network.h"
#include "common/conf/settings.h"

/* ---- whom we believe ---- */

/* "0.0.0.0/0", "::/0" */
static bool holds_all(struct str network)
{
	return network.n > 2 &&
	    str_eq(str_behind(network, network.n - 2), STR("/0"));
}

static void warn_of_all(struct conf_build *b, const config_setting_t *setting)
{
	for (unsigned i = 0; i < conf_tree_item_count(setting); i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (conf_tree_refused(item) ||
		    !holds_all(str_from(conf_tree_text(item))))
			continue;
		conf_report_lint(b->report, LINT_trusts_everybody,
		    conf_tree_spot(item),
		    "everybody is trusted: any client can say that it is "
		    "another");
		conf_report_help(b->report,
		    "write the addresses of your own proxies only");
	}
}

void conf_forwarding_read_trusted(struct conf_build *b,
    const config_setting_t *root)
{
	const config_setting_t *setting =
	    conf_setting_get(root, SETTING_GLOBAL_trusted_proxies);

	if (setting == NULL)
		return;
	b->conf->trusted = conf_networks_read(b, setting);
	warn_of_all(b, setting);
}

void conf_forwarding_read_speakers(struct conf_build *b,
    const config_setting_t *root)
{
	const config_setting_t *setting =
	    conf_setting_get(root, SETTING_GLOBAL_proxy_protocol_from);

	if (setting == NULL)
		return;
	b->conf->proxy_from = conf_networks_read(b, setting);
	warn_of_all(b, setting);
}

/* ---- the Host that origins get ---- */

const char *conf_forwarding_host(struct arena *a, struct str text,
    struct conf_name_fault *fault_r)
{
	struct conf_hostport parts;
	const char *name;
	uint16_t port;
	char *host;

	*fault_r = (struct conf_name_fault){"this is not a host", NULL};
	if (!conf_address_split(text, &parts) || parts.host.n == 0 ||
	    (parts.port.p != NULL && !conf_address_port(parts.port, &port)) ||
	    memchr(parts.host.p, '*', parts.host.n) != NULL)
		return NULL;
	name = conf_name_read(a, parts.host, fault_r);
	if (name == NULL || parts.port.p == NULL)
		return name;
	host = arena_alloc(a, strlen(name) + parts.port.n + 2);
	sprintf(host, "%s:%" PRI_STR, name, ARG_STR(parts.port));
	return host;
}

static void refuse_host(struct conf_build *b, const config_setting_t *setting,
    const struct conf_name_fault *fault)
{
	conf_report_error(b->report, conf_tree_spot(setting), "%s",
	    fault->text);
	conf_report_help(b->report,
	    "\"client\": as the client sent it; "
	    "\"server\": the server's; or a name like \"app.internal\"");
	conf_tree_node(setting)->refused = true;
}

/* What is refused once is not looked at again for those who inherit it. */
static void read_send_host(struct conf_build *b,
    const struct conf_layers *layers, struct conf_scope *scope)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(layers, SETTING_VHOST_send_host));
	const char *text =
	    conf_setting_text(CONF_NEAREST(layers, SETTING_VHOST_send_host));
	struct conf_name_fault fault;

	scope->send_host = CONF_HOST_CLIENT;
	if (strcmp(text, "client") == 0)
		return;
	if (strcmp(text, "server") == 0) {
		scope->send_host = CONF_HOST_SERVER;
		return;
	}
	INSIST(setting != NULL);
	scope->fixed_host = conf_forwarding_host(&b->conf->arena,
	    str_from(text), &fault);
	if (scope->fixed_host != NULL)
		scope->send_host = CONF_HOST_FIXED;
	else
		refuse_host(b, setting, &fault);
}

void conf_forwarding_read(struct conf_build *b,
    const struct conf_layers *layers, struct conf_scope *scope)
{
	read_send_host(b, layers, scope);
	scope->forwarded =
	    conf_setting_bool(CONF_NEAREST(layers, SETTING_VHOST_forwarded));
}

/*
 * vhost.c - one file of vhost_dir.
 *
 * Runs in the master.  The top level of the file is the vhost:
 *
 *	host  = "app.example.com";
 *	proxy = "http://127.0.0.1:3000";
 *
 * Each file has a libconfig tree of its own, so one bad file does not hide
 * the errors of the others.
 */
#include "common/conf/vhost.h"

#include "common/base/insist.h"
#include "common/conf/answer.h"
#include "common/conf/bytes.h"
#include "common/conf/listen.h"
#include "common/conf/name.h"
#include "common/conf/pool.h"
#include "common/conf/preset.h"
#include "common/conf/regex.h"
#include "common/conf/rules.h"
#include "common/conf/route.h"
#include "common/conf/scope.h"
#include "common/conf/settings.h"
#include "common/conf/tls.h"

static struct conf_draft *add_draft(struct conf_build *b,
    const struct conf_spot *spot, unsigned hosts)
{
	struct conf_draft *draft = ARENA_NEW(b->scratch, struct conf_draft);
	struct conf_vhost *v = ARENA_NEW(&b->conf->arena, struct conf_vhost);

	v->hosts = ARENA_ARRAY(&b->conf->arena, const char *, hosts);
	v->place = conf_spot_place(spot);
	draft->vhost = v;
	draft->hosts = ARENA_ARRAY(b->scratch, struct conf_host, hosts);
	draft->host_room = hosts;
	draft->last_pool = &draft->pools;
	draft->layers = b->layers;
	v->scope = b->conf->scope;
	*b->last_draft = draft;
	b->last_draft = &draft->next;
	return draft;
}

static void add_host(struct conf_draft *draft, const struct conf_spot *spot,
    const char *name, const struct conf_pattern *pattern)
{
	struct conf_vhost *v = draft->vhost;

	INSIST(v->host_count < draft->host_room);
	draft->hosts[v->host_count] = (struct conf_host){
	    .name = str_from(name), .spot = *spot, .pattern = pattern};
	v->hosts[v->host_count++] = name;
	v->name = v->hosts[0];
}

struct conf_draft *conf_vhost_make(struct conf_build *b,
    const struct conf_spot *spot)
{
	struct conf_draft *draft = add_draft(b, spot, 1);

	add_host(draft, spot, "*", NULL);
	return draft;
}

/* ---- hosts ---- */

/* "~^shop[0-9]+\\.example\\.com$" */
static void read_host_pattern(struct conf_build *b, struct conf_draft *draft,
    const struct conf_spot *spot, struct str text)
{
	const struct conf_pattern *pattern =
	    conf_regex_read(b, spot, str_behind(text, 1));

	if (pattern != NULL)
		add_host(draft, spot, arena_strdup(&b->conf->arena, text),
		    pattern);
}

static void read_host(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *item)
{
	const struct conf_spot *spot = conf_tree_spot(item);
	struct str text = str_from(conf_tree_text(item));
	struct conf_name_fault fault;
	const char *name;

	if (text.n > 1 && text.p[0] == '~') {
		read_host_pattern(b, draft, spot, text);
		return;
	}
	name = conf_name_read(&b->conf->arena, text, &fault);
	if (name != NULL) {
		add_host(draft, spot, name, NULL);
		return;
	}
	conf_report_error(b->report, spot, "%s", fault.text);
	if (fault.help != NULL)
		conf_report_help(b->report, "%s", fault.help);
}

static void report_no_host(struct conf_build *b, const config_setting_t *root)
{
	if (conf_setting_given(root, SETTING_VHOST_host))
		return;
	conf_report_error(b->report, conf_tree_spot(root),
	    "a vhost needs \"host\"");
	conf_report_help(b->report, "write host = %s;  (%s)",
	    conf_setting_rows[SETTING_VHOST_host].example,
	    conf_setting_rows[SETTING_VHOST_host].help);
}

/* Whoever comes to its addresses is meant. */
static struct conf_draft *make_tcp(struct conf_build *b,
    const config_setting_t *root)
{
	const struct conf_spot *spot =
	    conf_setting_spot(root, SETTING_VHOST_tcp);
	const config_setting_t *tcp =
	    conf_setting_get(root, SETTING_VHOST_tcp);
	struct conf_draft *draft = add_draft(b, spot, 1);
	struct str written = tcp == NULL ? STR("tcp")
	    : conf_spot_text(conf_tree_spot(conf_tree_item(tcp, 0)));

	add_host(draft, spot, "*", NULL);
	draft->vhost->tcp = true;
	if (written.n > 2 && written.p[0] == '"')
		written = str_make(written.p + 1, written.n - 2);
	draft->vhost->name = arena_strdup(&b->conf->arena, written);
	return draft;
}

static struct conf_draft *read_hosts(struct conf_build *b,
    const config_setting_t *root)
{
	const config_setting_t *hosts =
	    conf_setting_get(root, SETTING_VHOST_host);
	unsigned count = hosts ? conf_tree_item_count(hosts) : 0;
	const struct conf_spot *spot =
	    conf_setting_spot(root, SETTING_VHOST_host);
	struct conf_draft *draft;

	if (hosts == NULL && conf_setting_given(root, SETTING_VHOST_tcp))
		return make_tcp(b, root);
	draft = add_draft(b, spot, count);
	if (hosts == NULL)
		report_no_host(b, root);
	for (unsigned i = 0; i < count; i++)
		if (!conf_tree_refused(conf_tree_item(hosts, i)))
			read_host(b, draft, conf_tree_item(hosts, i));
	return draft;
}

/* ---- where it goes ---- */

static void report_no_origin(struct conf_build *b,
    const config_setting_t *root)
{
	if (conf_setting_given(root, SETTING_VHOST_proxy) ||
	    conf_setting_given(root, SETTING_VHOST_routes) ||
	    conf_setting_given(root, SETTING_VHOST_root) ||
	    conf_setting_given(root, SETTING_VHOST_redirect) ||
	    conf_setting_given(root, SETTING_VHOST_tcp))
		return;
	conf_report_error(b->report, conf_tree_spot(root),
	    "this vhost leads nowhere: it has no \"proxy\" and no \"routes\"");
	if (conf_setting_given(root, SETTING_VHOST_pools))
		conf_report_help(b->report, "write routes = %s;",
		    conf_setting_rows[SETTING_VHOST_routes].example);
	else
		conf_report_help(b->report, "write proxy = %s;",
		    conf_setting_rows[SETTING_VHOST_proxy].example);
}

/* Where what no route takes goes.  False: nowhere. */
static bool read_rest(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *root, struct conf_rest *rest)
{
	const config_setting_t *proxy =
	    conf_setting_get(root, SETTING_VHOST_proxy);
	const config_setting_t *redirect =
	    conf_setting_get(root, SETTING_VHOST_redirect);

	*rest = (struct conf_rest){.pool = NULL};
	if (proxy != NULL)
		rest->pool = conf_pool_read_proxy(b, draft, proxy);
	if (redirect != NULL)
		rest->answer = conf_answer_read_redirect(b, redirect, NULL);
	if (proxy == NULL && redirect == NULL)
		return false;
	rest->spot = conf_tree_spot(proxy != NULL ? proxy : redirect);
	if (proxy != NULL && redirect != NULL) {
		conf_report_error(b->report, &conf_tree_node(redirect)->name,
		    "a vhost has either \"proxy\" or \"redirect\"");
		conf_report_help(b->report, "to redirect a part of it, write "
		    "routes = ( { path = \"/old\"; redirect = ...; } );");
	}
	return rest->pool != NULL || rest->answer != NULL;
}

static void read_ways(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *root)
{
	const config_setting_t *pools =
	    conf_setting_get(root, SETTING_VHOST_pools);
	const config_setting_t *routes =
	    conf_setting_get(root, SETTING_VHOST_routes);
	struct conf_rest rest;
	bool has_rest;

	if (pools != NULL)
		conf_pool_read_all(b, draft, pools);
	has_rest = read_rest(b, draft, root, &rest);
	conf_route_read_all(b, draft, routes, has_rest ? &rest : NULL);
	draft->vhost->rules =
	    conf_rules_read(b, root, SETTING_VHOST_rewrite, NULL);
	report_no_origin(b, root);
}

/* ---- the one name ---- */

/* "*" and "*.example.com" have "www.example.com". */
static bool covers(struct str host, struct str name)
{
	if (host.p[0] != '*')
		return str_eq(host, name);
	host = str_behind(host, 1);
	return name.n > host.n &&
	    str_eq(str_make(name.p + name.n - host.n, host.n), host);
}

static bool has_host(const struct conf_vhost *v, const char *name)
{
	for (unsigned i = 0; i < v->host_count; i++)
		if (covers(str_from(v->hosts[i]), str_from(name)))
			return true;
	return false;
}

static void read_canonical(struct conf_build *b, struct conf_vhost *v,
    const config_setting_t *root)
{
	const char *text = conf_setting_text(root, SETTING_VHOST_canonical);
	const struct conf_spot *spot =
	    conf_setting_spot(root, SETTING_VHOST_canonical);
	struct conf_name_fault fault = {NULL, NULL};

	if (text == NULL)
		return;
	v->canonical = conf_name_read(&b->conf->arena, str_from(text), &fault);
	if (v->canonical != NULL && v->canonical[0] == '*') {
		fault.text = "one name is meant here, not a wildcard";
		v->canonical = NULL;
	}
	if (v->canonical == NULL) {
		conf_report_error(b->report, spot, "%s", fault.text);
		if (fault.help != NULL)
			conf_report_help(b->report, "%s", fault.help);
	} else if (!has_host(v, v->canonical)) {
		conf_report_error(b->report, spot,
		    "\"%s\" is not among the hosts of this vhost",
		    v->canonical);
		conf_report_help(b->report, "add it to \"host\": clients are "
		    "sent there, and must be served there");
	}
}

static void read_listen(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *root)
{
	const config_setting_t *listen =
	    conf_setting_get(root, SETTING_VHOST_listen);
	const config_setting_t *tcp =
	    conf_setting_get(root, SETTING_VHOST_tcp);
	unsigned errors = b->report->errors;

	if (listen != NULL)
		conf_listen_read(b, listen, &draft->bindings);
	if (tcp != NULL)
		conf_listen_read_tcp(b, tcp, &draft->bindings);
	draft->listens_wrong = b->report->errors > errors ||
	    (listen == NULL && conf_setting_given(root, SETTING_VHOST_listen)) ||
	    (tcp == NULL && conf_setting_given(root, SETTING_VHOST_tcp));
}

static struct conf_draft *read_vhost(struct conf_build *b,
    const config_setting_t *root)
{
	unsigned errors = b->report->errors;
	struct conf_layers below;
	struct conf_draft *draft;

	conf_settings_check(b->report, root, CONTEXT_VHOST);
	draft = read_hosts(b, root);
	below = conf_preset_layers(b, root);
	draft->layers = conf_layers_over(&below, root);
	draft->vhost->scope = conf_scope_read(b, &draft->layers);
	conf_tls_read(b, draft, root);
	read_listen(b, draft, root);
	read_ways(b, draft, root);
	read_canonical(b, draft->vhost, root);
	conf_tls_finish(b, draft);
	conf_bytes_check(b, draft, root);
	conf_settings_done(root);
	if (b->report->errors == errors)
		conf_pool_check_used(b, draft);
	return draft;
}

void conf_vhost_read(struct conf_build *b, const struct conf_source *source)
{
	struct conf_scan_input input = conf_build_input(b, source);
	config_t *config = ARENA_NEW(b->scratch, config_t);
	struct conf_draft *draft = NULL;

	if (conf_tree_read(config, &input))
		draft = read_vhost(b, config_root_setting(config));
	if (draft != NULL && b->keep)
		draft->config = config;
	else
		config_destroy(config);
}

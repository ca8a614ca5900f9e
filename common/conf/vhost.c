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
#include "common/conf/listen.h"
#include "common/conf/name.h"
#include "common/conf/pool.h"
#include "common/conf/route.h"
#include "common/conf/settings.h"

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
	*b->last_draft = draft;
	b->last_draft = &draft->next;
	return draft;
}

static void add_host(struct conf_draft *draft, const struct conf_spot *spot,
    const char *name)
{
	struct conf_vhost *v = draft->vhost;

	INSIST(v->host_count < draft->host_room);
	draft->hosts[v->host_count] =
	    (struct conf_host){.name = str_from(name), .spot = *spot};
	v->hosts[v->host_count++] = name;
	v->name = v->hosts[0];
}

struct conf_draft *conf_vhost_make(struct conf_build *b,
    const struct conf_spot *spot)
{
	struct conf_draft *draft = add_draft(b, spot, 1);

	add_host(draft, spot, "*");
	return draft;
}

/* ---- hosts ---- */

static void read_host(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *item)
{
	const struct conf_spot *spot = conf_tree_spot(item);
	struct conf_name_fault fault;
	const char *name = conf_name_read(&b->conf->arena,
	    str_from(conf_tree_text(item)), &fault);

	if (name != NULL) {
		add_host(draft, spot, name);
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

static struct conf_draft *read_hosts(struct conf_build *b,
    const config_setting_t *root)
{
	const config_setting_t *hosts =
	    conf_setting_get(root, SETTING_VHOST_host);
	unsigned count = hosts ? conf_tree_item_count(hosts) : 0;
	const struct conf_spot *spot =
	    conf_setting_spot(root, SETTING_VHOST_host);
	struct conf_draft *draft = add_draft(b, spot, count);

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

static void read_ways(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *root)
{
	const config_setting_t *pools =
	    conf_setting_get(root, SETTING_VHOST_pools);
	const config_setting_t *routes =
	    conf_setting_get(root, SETTING_VHOST_routes);
	const config_setting_t *proxy =
	    conf_setting_get(root, SETTING_VHOST_proxy);

	if (pools != NULL)
		conf_pool_read_all(b, draft, pools);
	if (routes != NULL)
		conf_route_read_all(b, draft, routes);
	if (proxy != NULL)
		conf_route_make_root(b, draft,
		    conf_pool_read_proxy(b, draft, proxy),
		    conf_tree_spot(proxy));
	if (proxy != NULL && routes != NULL) {
		conf_report_error(b->report, &conf_tree_node(proxy)->name,
		    "a vhost has either \"proxy\" or \"routes\"");
		conf_report_help(b->report, "make it the last route: "
		    "{ path = \"/\"; proxy = ...; }");
	}
	report_no_origin(b, root);
}

static void read_listen(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *root)
{
	const config_setting_t *listen =
	    conf_setting_get(root, SETTING_VHOST_listen);
	unsigned errors = b->report->errors;

	if (listen != NULL)
		conf_listen_read(b, listen, &draft->bindings);
	draft->listens_wrong = b->report->errors > errors ||
	    (listen == NULL && conf_setting_given(root, SETTING_VHOST_listen));
}

void conf_vhost_read(struct conf_build *b, const struct conf_source *source)
{
	struct conf_scan_input input = {.source = source,
	    .report = b->report,
	    .arena = b->scratch,
	    .open = b->open,
	    .open_arg = b};
	unsigned errors = b->report->errors;
	const config_setting_t *root;
	struct conf_draft *draft;
	config_t config;

	if (conf_tree_read(&config, &input)) {
		root = config_root_setting(&config);
		conf_settings_check(b->report, root, CONTEXT_VHOST);
		draft = read_hosts(b, root);
		read_listen(b, draft, root);
		read_ways(b, draft, root);
		conf_settings_done(root);
		if (b->report->errors == errors)
			conf_pool_check_used(b, draft);
	}
	config_destroy(&config);
}

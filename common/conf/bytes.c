/*
 * bytes.c - vhosts that forward bytes: "tcp", and TLS that is passed through.
 *
 * Runs in the master.  Nothing of HTTP is known of what they forward, so they
 * have one pool, and servers of their own kind:
 *
 *	tcp = "[::]:5432";			host = "db.example.com";
 *	proxy = [ "tcp://10.0.0.5:5432" ];	tls = "passthrough";
 *						proxy = "tcp://10.0.0.6:443";
 *
 * The clients of "tcp" may speak TLS, which ends here then, and so may servers
 * (tls://).
 */
#include "common/conf/bytes.h"

#include "common/conf/settings.h"

/* What means nothing beside "tcp". */
static void check_tcp(struct conf_build *b, const config_setting_t *root)
{
	static const enum conf_setting others[] = {SETTING_VHOST_host,
	    SETTING_VHOST_listen};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const config_setting_t *s = conf_setting_get(root, others[i]);

		if (s == NULL)
			continue;
		conf_report_error(b->report, &conf_tree_node(s)->name,
		    "\"tcp\" and \"%s\" exclude each other", s->name);
		conf_report_help(b->report, "whoever comes to an address of "
		    "\"tcp\" is forwarded, byte by byte");
	}
}

/* What of TLS means nothing there. */
static void check_tls(struct conf_build *b, const struct conf_vhost *v,
    const config_setting_t *root)
{
	const struct conf_spot *spot =
	    conf_setting_spot(root, SETTING_VHOST_tls);

	if (v->passthrough) {
		conf_report_error(b->report, spot,
		    "\"tcp\" passes everything through, TLS too");
		conf_report_help(b->report, "remove \"tls\"; or write host and "
		    "listen instead of \"tcp\"");
	} else if (v->tls != NULL &&
	    v->tls->client_cert != CONF_CLIENT_CERT_NONE) {
		conf_report_error(b->report, spot,
		    "certificates of clients are for HTTP");
		conf_report_help(b->report, "remove \"client_cert\"");
	}
}

/* What a pool says of requests. */
static void check_pool(struct conf_build *b, const struct conf_pool_draft *p)
{
	const struct conf_pool *pool = p->pool;

	if (pool->health != NULL && pool->health->type == CONF_HEALTH_HTTP) {
		conf_report_error(b->report, &p->spot,
		    "the servers of this pool are not asked for HTTP");
		conf_report_help(b->report,
		    "write health = { type = \"tcp\"; };");
	}
	if (pool->sticky != NULL && pool->sticky->kind != CONF_STAY_KEY) {
		conf_report_error(b->report, &p->sticky_spot,
		    "there are no cookies in what this vhost forwards");
		conf_report_help(b->report,
		    "write sticky = { key = \"client_ip\"; };");
	}
	if (pool->hedge > 0) {
		conf_report_error(b->report, &p->spot,
		    "\"hedge\" is for requests");
		conf_report_help(b->report, "remove it");
	}
}

static bool has_one_pool(const struct conf_vhost *v)
{
	const struct conf_route *route = v->routes;

	return v->route_count == 1 && route->pool != NULL &&
	    route->pattern == NULL && route->condition_count == 0 &&
	    route->splits.count == 0 && str_eq(route->path, STR("/"));
}

static bool has_scheme(const struct conf_server *server, bool bytes)
{
	return server->tcp == bytes ||
	    server->address.addr.ss_family == AF_UNIX;
}

static void check_servers(struct conf_build *b,
    const struct conf_pool_draft *p, bool bytes)
{
	for (unsigned i = 0; i < p->pool->server_count; i++) {
		const struct conf_server *server = &p->pool->servers[i];

		if (has_scheme(server, bytes))
			continue;
		conf_report_error(b->report, &p->spot, bytes
		    ? "this vhost forwards bytes, and %s is for HTTP"
		    : "this vhost is for HTTP, and %s for bytes", server->url);
		conf_report_help(b->report, bytes
		    ? "write \"tcp://10.0.0.5:5432\""
		    : "write \"http://10.0.0.5:8080\"; or tcp = \"5432\"; or "
		    "tls = \"passthrough\";");
		return;
	}
	if (bytes)
		check_pool(b, p);
}

void conf_bytes_check(struct conf_build *b, const struct conf_draft *draft,
    const config_setting_t *root)
{
	const struct conf_vhost *v = draft->vhost;
	bool bytes = v->tcp || v->passthrough;

	if (conf_setting_given(root, SETTING_VHOST_tcp))
		check_tcp(b, root);
	if (v->tcp)
		check_tls(b, v, root);
	if (bytes && v->route_count > 0 && !has_one_pool(v)) {
		conf_report_error(b->report,
		    conf_setting_spot(root, SETTING_VHOST_routes),
		    "who forwards bytes knows no paths: one pool gets them "
		    "all");
		conf_report_help(b->report, "write proxy = "
		    "\"tcp://10.0.0.5:5432\"; and no other routes");
	}
	for (const struct conf_pool_draft *p = draft->pools; p; p = p->next)
		check_servers(b, p, bytes);
}

/*
 * show.c - the settings in force, as sluiced -T prints them.
 *
 * Runs in the process of -T, at the end of a load whose trees were kept.
 * sluiced.conf first, then each vhost, in the order of their files.
 *
 * The pool of a "proxy" has no name, and so no place for its settings: they
 * are printed as remarks.
 *
 * A route prints what it says itself, and the whole of each group that it
 * says something of; the rest it has from its vhost, in this text as in the
 * files.  The routes of -T HOST PATH print everything.
 */
#include "common/conf/show.h"

#include "common/base/insist.h"
#include "common/conf/address.h"
#include "common/conf/scope.h"
#include "common/conf/show_group.h"
#include "common/conf/suggest.h"

/* ---- routes ---- */

/* The route of the settings GROUP in its vhost; WHOLE: all that holds. */
static void show_route(struct conf_writer *w, const struct conf_draft *draft,
    const config_setting_t *group, bool whole)
{
	struct conf_layers own = conf_layers_over(NULL, group);
	struct conf_layers all = conf_layers_over(&draft->layers, group);

	w->part = CONTEXT_ROUTE;
	conf_write_begin(w, NULL);
	conf_write_open(w, "{", conf_tree_spot(group));
	for (int i = 0; i < SETTING_END; i++) {
		const struct conf_setting_row *row = &conf_setting_rows[i];
		enum conf_setting id = (enum conf_setting)i;

		if (row->context != CONTEXT_ROUTE || row->type == TYPE_LATER)
			continue;
		if (!conf_scope_inherits(str_from(row->key)))
			conf_show_row(w, id, &own);
		else if (whole || conf_setting_given(group, id))
			conf_show_row(w, id, &all);
	}
	conf_write_close(w, "}");
	w->part = CONTEXT_VHOST;
}

static bool is_place(const struct conf_spot *spot, const struct conf_place *p)
{
	return spot->line == p->line && spot->column == p->column &&
	    strcmp(spot->source->name, p->file) == 0;
}

static bool is_at(const config_setting_t *group, const struct conf_route *route)
{
	static const enum conf_setting ways[] = {SETTING_ROUTE_path,
	    SETTING_ROUTE_path_exact, SETTING_ROUTE_path_regex};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (conf_setting_given(group, ways[i]) &&
		    is_place(conf_setting_spot(group, ways[i]), &route->place))
			return true;
	return false;
}

/* proxy and redirect of a vhost are short for its last route. */
static void show_rest_row(struct conf_writer *w, enum conf_setting id,
    const config_setting_t *rest)
{
	const char *key = conf_setting_rows[id].key;

	if (strcmp(key, rest->name) == 0) {
		conf_show_setting(w, rest);
		if (id == SETTING_ROUTE_proxy)
			conf_show_own_pool(w);
	} else if (id == SETTING_ROUTE_path) {
		conf_write_begin(w, key);
		conf_write(w, "\"/\";");
		conf_write_end(w, NULL);
	} else if (!conf_scope_inherits(str_from(key))) {
		conf_show_default(w, id);
	}
}

static void show_rest(struct conf_writer *w, const config_setting_t *rest)
{
	conf_write_begin(w, NULL);
	conf_write_open(w, "{", conf_tree_spot(rest));
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == CONTEXT_ROUTE)
			show_rest_row(w, (enum conf_setting)i, rest);
	conf_write_close(w, "}");
}

/* Before an element of a list: ends the line of the one before. */
static void begin_element(struct conf_writer *w, unsigned *count)
{
	if ((*count)++ == 0)
		return;
	conf_write(w, ",");
	conf_write_end(w, NULL);
}

static const config_setting_t *find_rest(const struct conf_draft *draft)
{
	const config_setting_t *root = draft->layers.at[0];
	const config_setting_t *proxy =
	    conf_setting_get(root, SETTING_VHOST_proxy);

	return proxy != NULL ? proxy
			     : conf_setting_get(root, SETTING_VHOST_redirect);
}

/* False: it is no route that was written. */
static bool show_written(struct conf_writer *w, const struct conf_draft *draft,
    const config_setting_t *routes, const struct conf_route *route)
{
	unsigned count = routes != NULL ? conf_tree_item_count(routes) : 0;

	for (unsigned i = 0; i < count; i++) {
		if (!is_at(conf_tree_item(routes, i), route))
			continue;
		show_route(w, draft, conf_tree_item(routes, i), true);
		return true;
	}
	return false;
}

/* The routes that may take PATH, the best first. */
static unsigned show_ways(struct conf_writer *w,
    const struct conf_draft *draft, const config_setting_t *routes,
    struct str path)
{
	struct conf_walk walk = conf_walk_begin(&draft->vhost->ways, path);
	const config_setting_t *rest = find_rest(draft);
	const struct conf_route *route;
	unsigned count = 0;

	while ((route = conf_walk_next(&walk)) != NULL) {
		if (route->pattern != NULL &&
		    conf_pattern_match(route->pattern, path, NULL) !=
			CONF_MATCH)
			continue;
		begin_element(w, &count);
		if (!show_written(w, draft, routes, route) && rest != NULL)
			show_rest(w, rest);
	}
	return count;
}

static unsigned show_written_all(struct conf_writer *w,
    const struct conf_draft *draft, const config_setting_t *routes)
{
	unsigned items = routes != NULL ? conf_tree_item_count(routes) : 0;
	const config_setting_t *rest = find_rest(draft);
	unsigned count = 0;

	for (unsigned i = 0; i < items; i++) {
		begin_element(w, &count);
		show_route(w, draft, conf_tree_item(routes, i), false);
	}
	if (rest != NULL) {
		begin_element(w, &count);
		show_rest(w, rest);
	}
	return count;
}

/* PATH NULL: all. */
static void show_routes(struct conf_writer *w, const struct conf_draft *draft,
    const char *path)
{
	const config_setting_t *routes =
	    conf_setting_get(draft->layers.at[0], SETTING_VHOST_routes);
	unsigned count;

	if (path != NULL)
		fputs("# the routes that may take this path, the best first\n",
		    w->out);
	conf_write_begin(w, conf_setting_rows[SETTING_VHOST_routes].key);
	conf_write_open(w, "(",
	    routes != NULL ? conf_tree_spot(routes) : NULL);
	count = path != NULL ? show_ways(w, draft, routes, str_from(path))
			     : show_written_all(w, draft, routes);
	if (count > 0)
		conf_write_end(w, NULL);
	conf_write_close(w, ");");
	conf_write_end(w, NULL);
}

/* ---- vhosts ---- */

/* As it was written, or what is the default of such a vhost. */
static void show_entry(struct conf_writer *w,
    const struct conf_binding *binding, bool written)
{
	if (written)
		conf_write(w, "%" PRI_STR, ARG_STR(conf_spot_text(&binding->spot)));
	else
		conf_write(w, "\"%u\"",
		    conf_address_port_of(&binding->address));
}

/* The second address of a bare port is of the same entry. */
static bool is_of_last(const struct conf_bindings *bindings, unsigned i)
{
	return i > 0 && conf_address_port_of(&bindings->at[i].address) ==
		conf_address_port_of(&bindings->at[i - 1].address) &&
	    bindings->at[i].spot.at == bindings->at[i - 1].spot.at;
}

/* Of what is inherited only that which the vhost takes. */
static void show_listen(struct conf_writer *w, const struct conf_draft *draft)
{
	const config_setting_t *group =
	    conf_layers_nearest(&draft->layers, SETTING_GLOBAL_listen);
	const struct conf_bindings *bindings = &draft->settled;
	static const struct conf_spot nowhere;

	if (draft->vhost->tcp)
		return;
	if (draft->bindings.count > 0) {
		conf_show_row(w, SETTING_GLOBAL_listen, &draft->layers);
		return;
	}
	conf_write_begin(w, conf_setting_rows[SETTING_GLOBAL_listen].key);
	for (unsigned i = 0; i < bindings->count; i++) {
		if (is_of_last(bindings, i))
			continue;
		conf_write(w, i == 0 ? "( " : ", ");
		show_entry(w, &bindings->at[i], group != NULL);
	}
	conf_write(w, " );");
	conf_write_end(w, group == NULL ? &nowhere
	    : conf_setting_spot(group, SETTING_GLOBAL_listen));
}

static void show_vhost_row(struct conf_writer *w,
    const struct conf_draft *draft, enum conf_setting id, const char *path)
{
	const config_setting_t *root = draft->layers.at[0];
	struct conf_layers own = conf_layers_over(NULL, root);

	if (id == SETTING_VHOST_routes)
		show_routes(w, draft, path);
	else if (id == SETTING_VHOST_proxy || id == SETTING_VHOST_redirect)
		return; /* among the routes */
	else if (id == SETTING_VHOST_listen)
		show_listen(w, draft);
	else if (draft->vhost->tcp && (id == SETTING_VHOST_tls ||
		id == SETTING_VHOST_client_cert))
		return;
	else if (conf_scope_inherits(str_from(conf_setting_rows[id].key)))
		conf_show_row(w, id, &draft->layers);
	else
		conf_show_row(w, id, &own);
}

static void show_vhost(struct conf_writer *w, const struct conf_draft *draft,
    const char *path)
{
	w->part = CONTEXT_VHOST;
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == CONTEXT_VHOST &&
		    conf_setting_rows[i].type != TYPE_LATER)
			show_vhost_row(w, draft, (enum conf_setting)i, path);
}

static void show_title(struct conf_writer *w, const char *name)
{
	size_t n = strlen(w->dir);

	if (strncmp(name, w->dir, n) == 0 && name[n] == '/')
		name += n + 1;
	fprintf(w->out, "# ---- %s\n", name);
}

static void show_all(struct conf_writer *w, const struct conf_build *b)
{
	show_title(w, b->conf->file);
	w->part = CONTEXT_GLOBAL;
	conf_show_group(w, CONTEXT_GLOBAL, &b->layers);
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next) {
		putc('\n', w->out);
		show_title(w, d->vhost->place.file);
		show_vhost(w, d, NULL);
	}
}

/* ---- one vhost ---- */

static const struct conf_vhost *find_vhost(const struct conf *conf,
    struct str host)
{
	const struct conf_vhost *found = NULL;

	for (unsigned i = 0; i < conf->listener_count && found == NULL; i++)
		found = conf_names_find(&conf->listeners[i].names, host);
	return found;
}

static void report_no_vhost(struct conf_build *b, const char *host)
{
	struct conf_suggest suggest = conf_suggest_make(str_from(host));
	struct conf_spot spot = conf_spot_whole(
	    conf_source_make(b->scratch, "-T", STR("")));

	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next)
		for (unsigned i = 0; i < d->vhost->host_count; i++)
			conf_suggest_offer(&suggest, d->vhost->hosts[i]);
	conf_report_error(b->report, &spot, "no vhost has the host \"%s\"",
	    host);
	(void)conf_suggest_help(&suggest, b->report);
}

static const char *lower(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, str_from(text));

	for (char *p = copy; *p != '\0'; p++)
		*p = char_lower(*p);
	return copy;
}

static void show_one(struct conf_writer *w, struct conf_build *b,
    const struct conf_request *request)
{
	const char *host = lower(b->scratch, request->show_host);
	const struct conf_vhost *v = find_vhost(b->conf, str_from(host));
	const struct conf_draft *d = b->drafts;

	if (v == NULL) {
		report_no_vhost(b, host);
		return;
	}
	while (d->vhost != v)
		d = d->next;
	show_title(w, v->place.file);
	show_vhost(w, d, request->show_path);
}

void conf_show(struct conf_build *b, const struct conf_request *request)
{
	struct conf_writer w = {.out = request->show,
	    .dir = b->dir,
	    .foreground = b->foreground,
	    .global = b->layers.count > 0 ? b->layers.at[0] : NULL};

	INSIST(b->keep && b->report->errors == 0);
	if (request->show_host != NULL)
		show_one(&w, b, request);
	else
		show_all(&w, b);
	INSIST(w.depth == 0 && w.column == 0);
}

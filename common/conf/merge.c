/*
 * merge.c - from vhosts to listeners.
 *
 * Runs in the master.  Vhosts share addresses: each address becomes one
 * listener that knows all its host names.
 *
 *	a.conf: host "a", listen 80, 8080	0.0.0.0:80	a -> A, b -> B
 *	b.conf: host "b", listen 80		0.0.0.0:8080	a -> A
 *
 * A name that is claimed twice on one address is an error that names both
 * places.
 */
#include "common/conf/merge.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/conf/address.h"
#include "common/conf/binding.h"
#include "common/conf/scope.h"

/* A host name that a vhost has on one listener. */
struct claim {
	struct conf_host *host;
	struct conf_vhost *vhost;
	unsigned order; /* files by name, then as written */
};

static const struct conf_bindings *bindings_of(const struct conf_draft *draft)
{
	return &draft->settled;
}

static struct conf_listener *find_listener(struct conf *conf,
    const struct conf_address *address)
{
	for (unsigned i = 0; i < conf->listener_count; i++)
		if (conf_address_eq(&conf->listeners[i].address, address))
			return &conf->listeners[i];
	return NULL;
}

static void add_listeners(struct conf_build *b, const struct conf_draft *draft)
{
	const struct conf_bindings *bindings = bindings_of(draft);
	struct conf *conf = b->conf;

	for (unsigned i = 0; i < bindings->count; i++) {
		const struct conf_binding *binding = &bindings->at[i];
		struct conf_listener *l =
		    find_listener(conf, &binding->address);

		if (l == NULL)
			l = &conf->listeners[conf->listener_count++];
		conf_binding_join(b, draft, binding, l);
	}
}

static bool listens_on(const struct conf_bindings *bindings,
    const struct conf_address *address)
{
	for (unsigned i = 0; i < bindings->count; i++)
		if (conf_address_eq(&bindings->at[i].address, address))
			return true;
	return false;
}

static int compare_claims(const void *pa, const void *pb)
{
	const struct claim *a = pa, *b = pb;
	int diff = str_cmp(a->host->name, b->host->name);

	return diff != 0 ? diff : (a->order > b->order) - (a->order < b->order);
}

static unsigned collect_claims(struct conf_build *b,
    const struct conf_listener *l, struct claim *claims)
{
	unsigned count = 0;

	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next) {
		if (!listens_on(bindings_of(d), &l->address))
			continue;
		for (unsigned i = 0; i < d->vhost->host_count; i++, count++)
			claims[count] = (struct claim){&d->hosts[i], d->vhost,
			    count};
	}
	return count;
}

/* A bare port is two listeners, but one mistake. */
static void report_clash(struct conf_build *b, const struct conf_listener *l,
    const struct claim *claim, const struct claim *first)
{
	struct conf_place place = conf_spot_place(&first->host->spot);
	struct str name = claim->host->name;

	if (claim->host->clashes)
		return;
	claim->host->clashes = true;
	if (claim->vhost == first->vhost) {
		conf_report_error(b->report, &claim->host->spot,
		    "\"%" PRI_STR "\" is listed twice", ARG_STR(name));
		return;
	}
	conf_report_error(b->report, &claim->host->spot,
	    "another vhost has \"%" PRI_STR "\" on %s already",
	    ARG_STR(name), l->address.text);
	conf_report_help(b->report,
	    "it is %s:%u:%u; a name has one vhost on an address", place.file,
	    place.line, place.column);
}

static void add_name(struct conf_listener *l, const struct claim *claim)
{
	struct str name = claim->host->name;

	if (str_eq(name, STR("*")))
		l->names.catch_all = claim->vhost;
	else if (name.p[0] == '*')
		conf_names_add(&l->names, str_behind(name, 1),
		    claim->vhost);
	else if (claim->host->pattern == NULL)
		conf_names_add(&l->names, name, claim->vhost);
}

/* Names are tried before patterns, so where each match of a pattern ends like
 * a wildcard it is for nothing. */
static void check_shadow(struct conf_build *b, const struct conf_listener *l,
    const struct conf_host *host, const struct conf_vhost *vhost)
{
	struct str end = host->pattern->literal.end;
	const char *dot = end.n > 0 ? memchr(end.p, '.', end.n) : NULL;
	const struct conf_vhost *other;

	if (dot == NULL)
		return;
	end = str_make(dot, (size_t)(end.p + end.n - dot));
	other = conf_names_find_name(&l->names, end);
	if (other == NULL || other == vhost)
		return;
	conf_report_lint(b->report, LINT_wildcard_shadows, &host->spot,
	    "this pattern can never match: %s:%u has a wildcard for all such "
	    "names", other->place.file, other->place.line);
	conf_report_help(b->report, "wildcards are tried before patterns: "
	    "make that one a pattern, too");
}

/* In the order of the files, and of each. */
static void add_patterns(struct conf_build *b, struct conf_listener *l)
{
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next) {
		if (!listens_on(bindings_of(d), &l->address))
			continue;
		for (unsigned i = 0; i < d->vhost->host_count; i++) {
			const struct conf_host *host = &d->hosts[i];

			if (host->pattern == NULL)
				continue;
			check_shadow(b, l, host, d->vhost);
			conf_names_add_pattern(&l->names, host->pattern,
			    d->vhost);
		}
	}
}

static void name_listener(struct conf_build *b, struct conf_listener *l,
    struct claim *claims)
{
	unsigned count = collect_claims(b, l, claims);
	const struct claim *first = NULL;

	qsort(claims, count, sizeof(*claims), compare_claims);
	conf_names_init(&l->names, &b->conf->arena, count);
	for (unsigned i = 0; i < count; i++) {
		if (first != NULL &&
		    str_eq(first->host->name, claims[i].host->name)) {
			report_clash(b, l, &claims[i], first);
			continue;
		}
		first = &claims[i];
		add_name(l, first);
	}
	add_patterns(b, l);
}

/* Who a request is for is known only when its head was read. */
static void grant(const struct conf_build *b, struct conf_listener *l)
{
	struct conf_scope *scope = conf_scope_narrow(b);

	l->scope = scope;
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next) {
		const struct conf_vhost *v = d->vhost;

		if (!listens_on(bindings_of(d), &l->address))
			continue;
		conf_scope_widen(scope, v->scope);
		for (unsigned i = 0; i < v->route_count; i++)
			conf_scope_widen(scope, v->routes[i].scope);
	}
}

void conf_merge(struct conf_build *b)
{
	struct conf *conf = b->conf;
	size_t bindings = 0, hosts = 0;
	struct claim *claims;

	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next) {
		conf_binding_settle(b, d);
		bindings += bindings_of(d)->count;
		hosts += d->vhost->host_count;
	}
	claims = ARENA_ARRAY(b->scratch, struct claim, hosts);
	conf->listeners =
	    ARENA_ARRAY(&conf->arena, struct conf_listener, bindings);
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next)
		add_listeners(b, d);
	INSIST(conf->listener_count <= bindings);
	for (unsigned i = 0; i < conf->listener_count; i++)
		grant(b, &conf->listeners[i]);
	for (unsigned i = 0; i < conf->listener_count; i++)
		name_listener(b, &conf->listeners[i], claims);
}

/*
 * build.c - a configuration in the making.
 *
 * Runs in the master.  Beginning, end, and the paths of files.
 */
#include "common/conf/build.h"

#include "common/base/insist.h"

void conf_build_start(struct conf_build *b, struct conf *conf,
    struct conf_report *report, struct arena *scratch,
    const struct conf_source *main)
{
	struct conf_spot whole = conf_spot_whole(main);

	INSIST(report->out != NULL && main->name != NULL);
	*b = (struct conf_build){.conf = conf,
	    .report = report,
	    .scratch = scratch,
	    .dir = conf_build_folder(scratch, main->name),
	    .vhost_dir_spot = whole,
	    .user_spot = whole,
	    .group_spot = whole,
	    .control_group_spot = whole,
	    .last_draft = &b->drafts};
}

void conf_build_free(struct conf_build *b)
{
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next)
		if (d->config != NULL)
			config_destroy(d->config);
	if (b->has_config)
		config_destroy(&b->config);
	arena_free(b->scratch);
}

struct conf_scan_input conf_build_input(struct conf_build *b,
    const struct conf_source *source)
{
	return (struct conf_scan_input){.source = source,
	    .report = b->report,
	    .arena = b->scratch,
	    .open = b->open,
	    .open_arg = b,
	    .secret = b->secret};
}

static void add_vhost(struct conf *conf, const struct conf_draft *draft)
{
	INSIST(draft->vhost->host_count > 0 && draft->vhost->route_count > 0);
	draft->vhost->number = conf->vhost_count;
	conf->vhosts[conf->vhost_count++] = draft->vhost;
	if (draft->vhost->tls != NULL)
		conf->tls[draft->vhost->tls->number] = draft->vhost->tls;
	for (struct conf_pool_draft *p = draft->pools; p; p = p->next) {
		INSIST(p->pool->server_count > 0);
		p->pool->id = conf->pool_count;
		conf->pools[conf->pool_count++] = p->pool;
		INSIST(p->pool->vhost == draft->vhost);
	}
}

void conf_build_finish(struct conf_build *b)
{
	struct conf *conf = b->conf;
	size_t vhosts = 0, pools = 0;

	INSIST(b->report->errors == 0);
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next) {
		vhosts++;
		for (struct conf_pool_draft *p = d->pools; p; p = p->next)
			pools++;
	}
	conf->vhosts = ARENA_ARRAY(&conf->arena, struct conf_vhost *, vhosts);
	conf->pools = ARENA_ARRAY(&conf->arena, struct conf_pool *, pools);
	conf->tls = ARENA_ARRAY(&conf->arena, const struct conf_tls *,
	    conf->tls_count);
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next)
		add_vhost(conf, d);
	INSIST(conf->listener_count > 0);
}

const char *conf_build_path(struct arena *a, const char *dir, const char *path)
{
	size_t dir_n = strlen(dir), path_n = strlen(path);
	char *joined;

	if (path[0] == '/')
		return arena_strdup(a, str_make(path, path_n));
	joined = arena_alloc(a, dir_n + path_n + 2);
	memcpy(joined, dir, dir_n);
	joined[dir_n] = '/';
	memcpy(joined + dir_n + 1, path, path_n + 1);
	return joined;
}

const char *conf_build_folder(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	if (slash == path)
		return "/";
	return arena_strdup(a, str_make(path, (size_t)(slash - path)));
}

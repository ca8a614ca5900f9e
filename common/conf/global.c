/*
 * global.c - sluiced.conf.
 *
 * Runs in the master.  Every setting may be left out.  With -d (foreground)
 * the defaults are others: logs on stderr, no pid file, no control socket.
 */
#include "common/conf/global.h"

#include <sched.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/conf/buffering.h"
#include "common/conf/cache.h"
#include "common/conf/forwarding.h"
#include "common/conf/listen.h"
#include "common/conf/log.h"
#include "common/conf/preset.h"
#include "common/conf/resolvers.h"
#include "common/conf/scope.h"
#include "common/conf/settings.h"
#include "common/conf/tls.h"

#define WORKERS_MAX 40
#define SOCKET_PATH_SIZE sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* ---- paths ---- */

/* What was written as ID; NULL after an error. */
static const char *written_path(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id)
{
	const char *path = conf_setting_text(group, id);

	if (path[0] == '/')
		return arena_strdup(&b->conf->arena, str_from(path));
	conf_report_error(b->report, conf_setting_spot(group, id),
	    "\"%s\" must begin with \"/\"", conf_setting_rows[id].key);
	conf_report_help(b->report, "write %s = %s;",
	    conf_setting_rows[id].key, conf_setting_rows[id].example);
	return NULL;
}

/* A path that -d does without: NULL then, unless it is written. */
static const char *read_path(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id)
{
	if (conf_setting_get(group, id) != NULL)
		return written_path(b, group, id);
	return b->foreground ? NULL : conf_setting_rows[id].fallback;
}

/* ---- groups ---- */

static void check_socket_length(struct conf_build *b,
    const config_setting_t *group)
{
	const char *path = b->conf->control_socket;

	if (!conf_setting_given(group, SETTING_CONTROL_socket) ||
	    path == NULL || strlen(path) < SOCKET_PATH_SIZE)
		return;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_CONTROL_socket),
	    "the path of a unix socket has at most 107 bytes");
}

static void read_control(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *group =
	    conf_setting_get(root, SETTING_GLOBAL_control);
	const char *name;

	b->conf->control_socket = read_path(b, group, SETTING_CONTROL_socket);
	check_socket_length(b, group);
	b->conf->control_mode = conf_setting_mode(group, SETTING_CONTROL_mode);
	name = conf_setting_text(group, SETTING_CONTROL_group);
	if (name != NULL) {
		b->control_group = arena_strdup(b->scratch, str_from(name));
		b->control_group_spot =
		    *conf_setting_spot(group, SETTING_CONTROL_group);
	}
	if (group != NULL)
		conf_settings_done(group);
}

/* The setting has the name of the area. */
static void read_shared(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *group =
	    conf_setting_get(root, SETTING_GLOBAL_shared);

#define AREA_FIXED(name)
#define AREA(name)                                                            \
	b->conf->shared[CONF_AREA_##name] =                                     \
	    conf_setting_size(group, SETTING_SHARED_##name);
#include "common/tbl/areas.h"
#undef AREA
	if (group != NULL)
		conf_settings_done(group);
}

/* ---- who and how many ---- */

static void read_identity(struct conf_build *b, const config_setting_t *root)
{
	const char *user = conf_setting_text(root, SETTING_GLOBAL_user);
	const char *group = conf_setting_text(root, SETTING_GLOBAL_group);

	if (!conf_setting_given(root, SETTING_GLOBAL_user) ||
	    conf_setting_get(root, SETTING_GLOBAL_user) != NULL)
		b->user = arena_strdup(b->scratch, str_from(user));
	b->group = group ? arena_strdup(b->scratch, str_from(group)) : NULL;
	if (root == NULL)
		return;
	b->user_spot = *conf_setting_spot(root, SETTING_GLOBAL_user);
	b->group_spot = *conf_setting_spot(root, SETTING_GLOBAL_group);
}

static void read_vhost_dir(struct conf_build *b, const config_setting_t *root)
{
	b->vhost_dir = conf_build_path(b->scratch, b->dir,
	    conf_setting_text(root, SETTING_GLOBAL_vhost_dir));
	if (root != NULL)
		b->vhost_dir_spot =
		    *conf_setting_spot(root, SETTING_GLOBAL_vhost_dir);
}

static unsigned count_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

static void read_workers(struct conf_build *b, const config_setting_t *root)
{
	unsigned count = conf_setting_count(root, SETTING_GLOBAL_workers);

	if (count == 0)
		count = count_cores();
	b->conf->workers = count > WORKERS_MAX ? WORKERS_MAX : count;
}

static void read_listen(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *listen =
	    conf_setting_get(root, SETTING_GLOBAL_listen);

	if (listen != NULL) {
		conf_listen_read(b, listen, &b->bindings);
		b->listens_by_default = false;
		return;
	}
	conf_listen_read_defaults(b, &b->user_spot);
	b->listens_by_default = true;
}

static void read_zone(struct conf_build *b, const config_setting_t *root)
{
	const char *zone = conf_setting_text(root, SETTING_GLOBAL_zone);

	if (zone != NULL)
		b->conf->zone = arena_strdup(&b->conf->arena, str_from(zone));
}

static void read_unknown_host(struct conf_build *b,
    const config_setting_t *root)
{
	const char *text =
	    conf_setting_text(root, SETTING_GLOBAL_unknown_host);

	if (strcmp(text, "reject") == 0)
		return;
	conf_report_error(b->report,
	    conf_setting_spot(root, SETTING_GLOBAL_unknown_host),
	    "\"unknown_host\" is \"reject\"");
	conf_report_help(b->report, "a vhost with host = \"*\"; takes what no "
	    "other does");
}

static void read_all(struct conf_build *b, const config_setting_t *root)
{
	struct conf *conf = b->conf;

	INSIST(b->dir != NULL);
	read_identity(b, root);
	read_workers(b, root);
	read_listen(b, root);
	read_vhost_dir(b, root);
	conf->pid_file = read_path(b, root, SETTING_GLOBAL_pid_file);
	read_control(b, root);
	read_shared(b, root);
	conf->drain = conf_setting_duration(root, SETTING_GLOBAL_drain);
	conf->drain_websocket =
	    conf_setting_duration(root, SETTING_GLOBAL_drain_websocket);
	conf->watchdog = conf_setting_duration(root, SETTING_GLOBAL_watchdog);
	conf->certificate_watch =
	    conf_setting_duration(root, SETTING_GLOBAL_certificate_watch);
	conf->memory = conf_setting_size(root, SETTING_GLOBAL_memory);
	conf->fibers = conf_setting_count(root, SETTING_GLOBAL_fibers);
	conf_forwarding_read_trusted(b, root);
	conf_forwarding_read_speakers(b, root);
	conf_buffering_read_dir(b, root);
	conf_cache_read_path(b, root);
	read_zone(b, root);
	conf_resolvers_read(b, root);
	read_unknown_host(b, root);
	b->layers = conf_layers_over(NULL, root);
	conf_tls_check(b, &b->layers);
	conf->scope = conf_scope_read(b, &b->layers);
	conf_preset_read_all(b, root);
	conf_log_read_errors(b, root);
}

bool conf_global_read(struct conf_build *b, const struct conf_source *source)
{
	struct conf_scan_input input = conf_build_input(b, source);
	const config_setting_t *root;

	if (source == NULL) {
		read_all(b, NULL);
		return true;
	}
	b->has_config = true;
	if (!conf_tree_read(&b->config, &input))
		return false;
	root = config_root_setting(&b->config);
	conf_settings_check(b->report, root, CONTEXT_GLOBAL);
	read_all(b, root);
	conf_settings_done(root);
	return true;
}

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
#include "common/conf/listen.h"
#include "common/conf/settings.h"

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

/* A log: "-" is stderr. */
static const char *read_log(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id)
{
	const config_setting_t *setting = conf_setting_get(group, id);

	if (setting == NULL)
		return b->foreground ? "-" : conf_setting_rows[id].fallback;
	if (strcmp(conf_tree_text(setting), "-") == 0)
		return "-";
	return written_path(b, group, id);
}

/* ---- groups ---- */

static void read_log_group(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *group =
	    conf_setting_get(root, SETTING_GLOBAL_log);

	if (group != NULL)
		conf_settings_check(b->report, group, CONTEXT_LOG);
	b->conf->access_log = read_log(b, group, SETTING_LOG_file);
	if (group != NULL)
		conf_settings_done(group);
}

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

	if (group != NULL)
		conf_settings_check(b->report, group, CONTEXT_CONTROL);
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
	conf_listen_read_text(b, &b->user_spot,
	    conf_setting_rows[SETTING_GLOBAL_listen].fallback, &b->bindings);
	b->listens_by_default = true;
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
	conf->drain = conf_setting_duration(root, SETTING_GLOBAL_drain);
	conf->drain_websocket =
	    conf_setting_duration(root, SETTING_GLOBAL_drain_websocket);
	conf->watchdog = conf_setting_duration(root, SETTING_GLOBAL_watchdog);
	read_log_group(b, root);
	conf->error_log = read_log(b, root, SETTING_GLOBAL_error_log);
}

bool conf_global_read(struct conf_build *b, const struct conf_source *source)
{
	struct conf_scan_input input = {.source = source,
	    .report = b->report,
	    .arena = b->scratch,
	    .open = b->open,
	    .open_arg = b};
	const config_setting_t *root;
	config_t config;
	bool ok;

	if (source == NULL) {
		read_all(b, NULL);
		return true;
	}
	ok = conf_tree_read(&config, &input);
	if (ok) {
		root = config_root_setting(&config);
		conf_settings_check(b->report, root, CONTEXT_GLOBAL);
		read_all(b, root);
		conf_settings_done(root);
	}
	config_destroy(&config);
	return ok;
}

/*
 * log.c - the groups "log" and "error_log".
 *
 * Runs in the master.  A file is named in one of these ways, and each name
 * gets one entry in the conf's log_files, whoever writes to it:
 *
 *	"/var/log/sluice/access.log"
 *	"-"			standard error
 *	"syslog"		the daemon at /dev/log, facility daemon
 *	"syslog:local0"		another facility
 *	"syslog:local0@/path"	another socket
 */
#include "common/conf/log.h"

#include <sys/un.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/conf/log_format.h"
#include "common/conf/settings.h"
#include "common/conf/suggest.h"

#define SYSLOG "syslog"
#define SYSLOG_SOCKET "/dev/log"
#define SOCKET_PATH_SIZE sizeof(((struct sockaddr_un *)NULL)->sun_path)

struct facility {
	const char *name;
	unsigned number; /* RFC 5424, 6.2.1 */
};

static const struct facility facilities[] = {{"daemon", 3}, {"user", 1},
    {"mail", 2}, {"auth", 4}, {"syslog", 5}, {"lpr", 6}, {"news", 7},
    {"uucp", 8}, {"cron", 9}, {"authpriv", 10}, {"ftp", 11}, {"local0", 16},
    {"local1", 17}, {"local2", 18}, {"local3", 19}, {"local4", 20},
    {"local5", 21}, {"local6", 22}, {"local7", 23}};

#define FACILITY_COUNT (sizeof(facilities) / sizeof(facilities[0]))

/* What a name of a file means. */
struct target {
	const char *path;
	bool is_syslog;
	unsigned facility;
};

/* Where a log's file was written: in a group, or alone. */
struct written {
	const struct conf_spot *spot; /* that, or the nearest log's, or NULL */
	const config_setting_t *setting; /* the file's name; NULL: nowhere */
	enum conf_setting id;		 /* of that setting */
};

/* ---- names of files ---- */

static bool find_facility(struct conf_build *b, const struct conf_spot *spot,
    struct str name, unsigned *number_r)
{
	struct conf_suggest suggest = conf_suggest_make(name);

	for (size_t i = 0; i < FACILITY_COUNT; i++) {
		if (str_eq(str_from(facilities[i].name), name)) {
			*number_r = facilities[i].number;
			return true;
		}
		conf_suggest_offer(&suggest, facilities[i].name);
	}
	conf_report_error(b->report, spot,
	    "\"%" PRI_STR "\" is not a facility of syslog", ARG_STR(name));
	if (suggest.best != NULL)
		conf_report_help(b->report, "did you mean \"syslog:%s\"?",
		    suggest.best);
	else
		conf_report_help(b->report, "for example \"syslog:local0\"");
	return false;
}

static bool check_socket(struct conf_build *b, const struct conf_spot *spot,
    const char *path)
{
	if (path[0] == '/' && strlen(path) < SOCKET_PATH_SIZE)
		return true;
	conf_report_error(b->report, spot,
	    "the path of a syslog socket begins with \"/\" and has at most "
	    "107 bytes");
	conf_report_help(b->report, "for example \"syslog:local0@/dev/log\"");
	return false;
}

/* TEXT begins with "syslog". */
static bool read_syslog(struct conf_build *b, const struct conf_spot *spot,
    const char *text, struct target *t)
{
	const char *at = strchr(text, '@');
	const char *name = text + strlen(SYSLOG);
	size_t n = at != NULL ? (size_t)(at - name) : strlen(name);

	*t = (struct target){.path = at != NULL ? at + 1 : SYSLOG_SOCKET,
	    .is_syslog = true,
	    .facility = facilities[0].number};
	if (n > 0 &&
	    !find_facility(b, spot, str_make(name + 1, n - 1), &t->facility))
		return false;
	return check_socket(b, spot, t->path);
}

static bool is_syslog(const char *text)
{
	char next = text[strlen(SYSLOG)];

	return next == '\0' || next == ':' || next == '@';
}

/* FILE is the setting of the long form. */
static bool read_target(struct conf_build *b, const struct written *w,
    enum conf_setting file, struct target *t)
{
	const char *text = conf_tree_text(w->setting);
	const struct conf_spot *spot = conf_tree_spot(w->setting);
	const char *key = conf_setting_rows[w->id].key;

	*t = (struct target){.path = text};
	if (strncmp(text, SYSLOG, strlen(SYSLOG)) == 0 && is_syslog(text))
		return read_syslog(b, spot, text, t);
	if (text[0] == '/' || strcmp(text, "-") == 0)
		return true;
	conf_report_error(b->report, spot, "\"%s\" must begin with \"/\"", key);
	conf_report_help(b->report, "write %s = %s;", key,
	    conf_setting_rows[file].example);
	return false;
}

/* ---- files ---- */

static unsigned find_file(const struct conf *conf, const struct target *t)
{
	unsigned i = 0;

	while (i < conf->log_file_count &&
	    (conf->log_files[i].is_syslog != t->is_syslog ||
		strcmp(conf->log_files[i].path, t->path) != 0))
		i++;
	return i;
}

/* The index of the file of T, which SPOT names if it was written. */
static unsigned add_file(struct conf_build *b, const struct conf_spot *spot,
    const struct target *t)
{
	struct conf *conf = b->conf;
	unsigned i = find_file(conf, t);

	if (conf->log_files == NULL)
		conf->log_files = ARENA_ARRAY(&conf->arena,
		    struct conf_log_file, CONF_LOG_FILES_MAX);
	if (i < conf->log_file_count)
		return i;
	if (i == CONF_LOG_FILES_MAX) {
		INSIST(spot != NULL);
		conf_report_error(b->report, spot,
		    "this is one log file more than the %d that there can be",
		    CONF_LOG_FILES_MAX);
		conf_report_help(b->report, "let several vhosts share a file: "
		    "the field vhost tells their lines apart");
		return 0;
	}
	conf->log_files[i] = (struct conf_log_file){
	    .path = arena_strdup(&conf->arena, str_from(t->path)),
	    .is_syslog = t->is_syslog};
	return conf->log_file_count++;
}

/* What W says, or the default of FILE; the facility, too. */
static unsigned read_file(struct conf_build *b, const struct written *w,
    enum conf_setting file, unsigned *facility_r)
{
	struct target t = {
	    .path = b->foreground ? "-" : conf_setting_rows[file].fallback};

	if (w->setting != NULL && !read_target(b, w, file, &t))
		return 0;
	*facility_r = t.facility;
	return add_file(b, w->spot, &t);
}

/* If LOG, the setting ID or NULL, names a file: in W. */
static bool find_name(const config_setting_t *log, enum conf_setting id,
    enum conf_setting file, struct written *w)
{
	if (log == NULL)
		return false;
	if (w->spot == NULL)
		w->spot = conf_tree_spot(log);
	w->id = log->type == CONFIG_TYPE_STRING ? id : file;
	if (log->type == CONFIG_TYPE_STRING)
		w->setting = log;
	else if (config_setting_is_group(log))
		w->setting = conf_setting_get(log, file);
	if (w->setting == NULL)
		return false;
	w->spot = conf_tree_spot(w->setting);
	return true;
}

/* ---- the access log ---- */

/* The nearest, or NULL. */
static const config_setting_t *find_log(const struct conf_layers *layers)
{
	const config_setting_t *group =
	    conf_layers_nearest(layers, SETTING_VHOST_log);

	return group != NULL ? conf_setting_get(group, SETTING_VHOST_log)
			     : NULL;
}

static bool is_off(const config_setting_t *log)
{
	return log != NULL && log->type == CONFIG_TYPE_BOOL &&
	    !config_setting_get_bool(log);
}

static struct written find_written(const struct conf_layers *layers)
{
	struct written w = {.setting = NULL};

	for (unsigned i = 0; i < layers->count; i++) {
		const config_setting_t *log =
		    conf_setting_get(layers->at[i], SETTING_VHOST_log);

		if (find_name(log, SETTING_VHOST_log, SETTING_LOG_file, &w))
			break;
	}
	return w;
}

const struct conf_log *conf_log_read(struct conf_build *b,
    const struct conf_layers *layers)
{
	struct conf_layers in = conf_layers_in(layers, SETTING_VHOST_log);
	struct written w = find_written(layers);
	struct conf_log *log;

	if (is_off(find_log(layers)))
		return NULL;
	log = ARENA_NEW(&b->conf->arena, struct conf_log);
	log->file = read_file(b, &w, SETTING_LOG_file, &log->facility);
	log->format = conf_log_format_read(b,
	    conf_setting_get(CONF_NEAREST(&in, SETTING_LOG_format)));
	log->sample = conf_setting_share(CONF_NEAREST(&in, SETTING_LOG_sample));
	return log;
}

/* ---- the error log ---- */

static enum log_level read_level(struct conf_build *b,
    const config_setting_t *group)
{
	const char *text = conf_setting_text(group, SETTING_ERROR_LOG_level);
	struct conf_suggest suggest = conf_suggest_make(str_from(text));

	if (b->verbose)
		return LEVEL_DEBUG;
	for (int i = 0; i < LEVEL_END; i++) {
		enum log_level level = (enum log_level)i;

		if (strcmp(log_level_name(level), text) == 0)
			return level;
		conf_suggest_offer(&suggest, log_level_name(level));
	}
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_ERROR_LOG_level),
	    "\"%s\" is not a level", text);
	if (!conf_suggest_help(&suggest, b->report))
		conf_report_help(b->report,
		    "it is \"error\", \"warning\", \"info\" or \"debug\"");
	return LEVEL_INFO;
}

void conf_log_read_errors(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *setting =
	    conf_setting_get(root, SETTING_GLOBAL_error_log);
	const config_setting_t *group =
	    setting != NULL && config_setting_is_group(setting) ? setting
								: NULL;
	struct conf_error_log *log = &b->conf->error_log;
	struct written w = {.setting = NULL};

	(void)find_name(setting, SETTING_GLOBAL_error_log,
	    SETTING_ERROR_LOG_file, &w);
	log->file = read_file(b, &w, SETTING_ERROR_LOG_file, &log->facility);
	log->level = read_level(b, group);
	if (group != NULL)
		conf_settings_done(group);
}

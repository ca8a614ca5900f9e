/*
 * load.c - from files or options to one struct conf.
 *
 * Runs in the master, and first in a child that tries.  The order:
 *
 *	sluiced.conf		global.c
 *	vhost_dir, *.conf	vhost.c, in name order, each by itself
 *	all together		merge.c: listeners; account.c: users
 *
 * Checking goes on after errors as far as anything is known, so one run tells
 * all.  What is only needed while loading lies in a scratch arena.
 */
#include "common/conf/conf.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/conf/account.h"
#include "common/conf/build.h"
#include "common/conf/cache.h"
#include "common/conf/certificate.h"
#include "common/conf/global.h"
#include "common/conf/merge.h"
#include "common/conf/pairs.h"
#include "common/conf/paths.h"
#include "common/conf/preset.h"
#include "common/conf/quick.h"
#include "common/conf/show.h"
#include "common/conf/source.h"
#include "common/conf/split.h"
#include "common/conf/vhost.h"

#define SUFFIX ".conf"
#define MAIN_NAME "sluiced.conf"

/* ---- files ---- */

/* For @include: relative to the file that includes. */
static const struct conf_source *open_included(void *arg,
    const struct conf_source *from, struct str path, const char **error_r)
{
	struct conf_build *b = arg;
	struct arena *a = &b->conf->arena;
	const char *name = conf_build_path(a,
	    conf_build_folder(b->scratch, from->name),
	    arena_strdup(b->scratch, path));
	const struct conf_source *source;
	const char *error;
	size_t size;
	char *text;

	source = conf_source_read(b->scratch, name, &error);
	if (source != NULL)
		return source;
	size = strlen(name) + strlen(error) + sizeof(" cannot be read: ");
	text = arena_alloc(b->scratch, size);
	snprintf(text, size, "%s cannot be read: %s", name, error);
	*error_r = text;
	return NULL;
}

/* -f /etc/sluice */
static bool is_folder_with_main(struct conf_build *b, const char *name)
{
	return access(conf_build_path(b->scratch, name, MAIN_NAME), F_OK) == 0;
}

/* NULL: reported. */
static const struct conf_source *read_file(struct conf_build *b,
    const char *name)
{
	const char *error;
	const struct conf_source *source =
	    conf_source_read(b->scratch, name, &error);
	struct conf_spot spot;

	if (source != NULL)
		return source;
	spot = conf_spot_whole(
	    conf_source_make(b->scratch, name, STR("")));
	conf_report_error(b->report, &spot, "it cannot be read: %s", error);
	if (is_folder_with_main(b, name))
		conf_report_help(b->report, "name the file in it: %s/%s", name,
		    MAIN_NAME);
	return NULL;
}

static int is_vhost_file(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n >= sizeof(SUFFIX) &&
	    strcmp(entry->d_name + n - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void report_no_vhost(struct conf_build *b)
{
	struct conf_spot spot = conf_spot_whole(
	    conf_source_make(b->scratch, b->vhost_dir, STR("")));

	conf_report_error(b->report, &spot,
	    "there is no vhost: no file here ends in \"%s\"", SUFFIX);
	conf_report_help(b->report, "write two lines into %s/app.conf:",
	    b->vhost_dir);
	conf_report_help(b->report, "    host  = \"app.example.com\";");
	conf_report_help(b->report, "    proxy = \"http://127.0.0.1:3000\";");
}

/* The files of vhost_dir; false: reported. */
static bool list_files(struct conf_build *b, struct dirent ***entries_r,
    int *count_r)
{
	bool by_default = b->vhost_dir_spot.line == 0;

	*count_r = scandir(b->vhost_dir, entries_r, is_vhost_file,
	    compare_names);
	if (*count_r == 0)
		free(*entries_r);
	if (*count_r > 0)
		return true;
	if (*count_r == 0 || (by_default && errno == ENOENT))
		report_no_vhost(b);
	else
		conf_report_error(b->report, &b->vhost_dir_spot,
		    "the directory %s cannot be read: %s", b->vhost_dir,
		    strerror(errno));
	return false;
}

static void read_vhosts(struct conf_build *b)
{
	struct dirent **entries;
	int count;

	if (!list_files(b, &entries, &count))
		return;
	for (int i = 0; i < count; i++) {
		const struct conf_source *source = read_file(b,
		    conf_build_path(&b->conf->arena, b->vhost_dir,
			entries[i]->d_name));

		if (source != NULL)
			conf_vhost_read(b, source);
		conf_report_flush(b->report);
		free(entries[i]);
	}
	free(entries);
}

/* ---- the whole ---- */

static bool is_missing(const char *name)
{
	return access(name, F_OK) != 0 && errno == ENOENT;
}

static bool has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* False: nothing is known of the settings. */
static bool read_files(struct conf_build *b,
    const struct conf_request *request, const char *name)
{
	const struct conf_source *source = NULL;

	if (request->file != NULL || !is_missing(name)) {
		source = read_file(b, name);
		if (source == NULL)
			return false;
	}
	b->conf->file = name;
	if (!conf_global_read(b, source))
		return false;
	conf_report_flush(b->report);
	read_vhosts(b);
	if (b->report->errors == 0) {
		conf_preset_check_used(b);
		conf_cache_check_used(b);
	}
	return true;
}

static void build(struct conf_build *b, const struct conf_request *request,
    const char *name)
{
	b->as_root = geteuid() == 0;
	b->foreground = request->foreground;
	b->verbose = request->verbose;
	b->quick = request->quick_to != NULL;
	b->keep = request->show != NULL;
	b->largest_object = request->largest_object;
	b->has_ipv6 = has_ipv6();
	b->open = open_included;
	b->secret = conf_source_read_secret;
	if (b->quick)
		conf_quick_read(b, request);
	else if (!read_files(b, request, name))
		return;
	INSIST(b->vhost_dir != NULL && b->conf->workers > 0);
	conf_merge(b);
	conf_split_check_mentioned(b);
	conf_account_resolve(b);
	conf_pairs_finish(b);
	if (b->report->errors > 0)
		return;
	conf_build_finish(b);
	if (request->show != NULL)
		conf_show(b, request);
}

static const char *main_name(const struct conf_request *request)
{
	if (request->quick_to != NULL)
		return "--to";
	return request->file != NULL ? request->file : CONF_FILE;
}

struct conf *conf_load_with(const struct conf_request *request,
    struct conf_report *report)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	struct arena scratch;
	struct conf_build b;
	const char *name;

	INSIST(conf != NULL && report->out != NULL);
	INSIST(request->quick_listen == NULL || request->quick_to != NULL);
	INSIST(request->quick_to == NULL || request->show == NULL);
	conf->magic = CONF_MAGIC;
	arena_init(&conf->arena);
	arena_init(&scratch);
	name = arena_strdup(&conf->arena, str_from(main_name(request)));
	conf_build_start(&b, conf, report, &scratch,
	    conf_source_make(&scratch, name, STR("")));
	build(&b, request, name);
	conf_report_flush(report);
	conf_build_free(&b);
	if (report->errors > 0)
		conf_free(&conf);
	return conf;
}

struct conf *conf_load(const struct conf_request *request, FILE *messages,
    unsigned *errors_r, unsigned *warnings_r)
{
	struct conf_report report = {.out = messages};
	struct conf *conf = conf_load_with(request, &report);

	conf_report_end(&report);
	*errors_r = report.errors;
	*warnings_r = report.warnings;
	return conf;
}

void conf_free(struct conf **conf)
{
	if (*conf == NULL)
		return;
	INSIST_MAGIC(*conf, CONF_MAGIC);
	conf_pattern_free_all((*conf)->patterns);
	for (unsigned i = 0; i < (*conf)->pair_count; i++)
		conf_certificate_forget((*conf)->pairs[i]);
	arena_free(&(*conf)->arena);
	(*conf)->magic = 0;
	free(*conf);
	*conf = NULL;
}

/*
 * place.c - the daemon's folder and its pid file.
 *
 * /run is empty after a boot, so the master makes /run/sluice itself.  The pid
 * file is locked for as long as the daemon lives: that, and not its presence,
 * is what refuses a second start.
 *
 * A master that was killed may leave a child that it has just forked and that
 * has not closed the file yet: so a start is patient, for a moment.
 */
#include "master/place.h"

#include <bsd/libutil.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/insist.h"

#define TRIES 16
#define PAUSE_USEC 20000 /* before the next one: 0.3 s in all */

static struct pidfh *pid_file;

int place_make_folder(const char *path, struct out *why)
{
	char *copy = strdup(path);
	const char *folder;
	int error;

	INSIST(copy != NULL);
	folder = dirname(copy);
	error = mkdir(folder, 0755) < 0 && errno != EEXIST ? errno : 0;
	if (error != 0)
		out_fmt(why, "error: folder %s: %s\n", folder,
		    strerror(error));
	free(copy);
	return error == 0 ? 0 : -1;
}

static void explain(const char *path, pid_t other, struct out *why)
{
	if (errno != EEXIST) {
		out_fmt(why, "error: pid file %s: %s\n", path, strerror(errno));
		return;
	}
	out_lit(why, "error: already running");
	if (other > 0)
		out_fmt(why, ", pid %d", (int)other);
	out_fmt(why, ": it holds %s\n", path);
}

static struct pidfh *open_patiently(const char *path, pid_t *other_r)
{
	struct pidfh *found = pidfile_open(path, 0644, other_r);

	for (int i = 1; i < TRIES && found == NULL && errno == EEXIST; i++) {
		usleep(PAUSE_USEC);
		found = pidfile_open(path, 0644, other_r);
	}
	return found;
}

int place_take_pid_file(const char *path, struct out *why)
{
	pid_t other = -1;

	INSIST(pid_file == NULL);
	if (path == NULL)
		return 0;
	if (place_make_folder(path, why) < 0) {
		out_lit(why, "help: run it as root, or with --foreground\n");
		return -1;
	}
	pid_file = open_patiently(path, &other);
	if (pid_file == NULL || pidfile_write(pid_file) < 0) {
		explain(path, other, why);
		return -1;
	}
	return 0;
}

void place_remove_pid_file(void)
{
	pidfile_remove(pid_file);
	pid_file = NULL;
}

void place_forget_pid_file(void)
{
	pidfile_close(pid_file);
	pid_file = NULL;
}

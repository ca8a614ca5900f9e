/*
 * logs.c - the registry of log files.
 *
 * Opened with O_NONBLOCK, which files ignore, so that a FIFO without a reader
 * is an error and not a master that waits for ever, and one whose reader has
 * stopped costs lines and not the processes that write them.
 */
#include "master/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/list.h"
#include "common/base/log.h"
#include "master/place.h"

struct log_file {
	struct list link;
	int id;
	int fd;
	char *path;
};

static struct list files = {&files, &files};
static int next_id;

static bool is_stderr(const char *path)
{
	return strcmp(path, "-") == 0;
}

/*
 * A pipe or terminal is opened once more: O_NONBLOCK on a duplicate would be
 * on everybody's stderr.  A file does not block, and has one offset to share;
 * a socket can't be opened, but be written without waiting (log.c).
 */
static int open_stderr(void)
{
	struct stat st;
	int fd = -1;

	if (fstat(STDERR_FILENO, &st) == 0 && !S_ISREG(st.st_mode))
		fd = open("/proc/self/fd/2",
		    O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd;
}

static int open_path(const char *path)
{
	if (is_stderr(path))
		return open_stderr();
	return open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0640);
}

static struct log_file *find(int id)
{
	LIST_FOREACH(at, &files) {
		struct log_file *f = container_of(at, struct log_file, link);

		if (f->id == id)
			return f;
	}
	INSIST(!"a log that was never opened");
	return NULL;
}

static struct log_file *find_path(const char *path)
{
	LIST_FOREACH(at, &files) {
		struct log_file *f = container_of(at, struct log_file, link);

		if (strcmp(f->path, path) == 0)
			return f;
	}
	return NULL;
}

static struct log_file *add(const char *path)
{
	struct log_file *f = calloc(1, sizeof(*f));

	INSIST(f != NULL);
	f->path = strdup(path);
	INSIST(f->path != NULL);
	f->fd = -1;
	f->id = next_id++;
	list_add_tail(&files, &f->link);
	return f;
}

int logs_open(const char *path, struct out *why)
{
	struct log_file *f = find_path(path);
	int fd;

	if (f != NULL && f->fd >= 0)
		return f->id;
	if (!is_stderr(path) && place_make_folder(path, why) < 0)
		return -1;
	fd = open_path(path);
	if (fd < 0) {
		out_fmt(why, "error: log %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (f == NULL)
		f = add(path);
	f->fd = fd;
	return f->id;
}

int logs_fd(int id)
{
	return find(id)->fd;
}

static bool reopen(struct log_file *f)
{
	int fd;

	if (is_stderr(f->path))
		return true;
	fd = open_path(f->path);
	if (fd < 0) {
		log_error("log %s stays the old file: %s", f->path,
		    strerror(errno));
		return false;
	}
	INSIST(dup3(fd, f->fd, O_CLOEXEC) == f->fd);
	close(fd);
	return true;
}

static void let_go(struct log_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

bool logs_reopen(bool (*in_use)(int id))
{
	bool all = true;

	LIST_FOREACH(at, &files) {
		struct log_file *f = container_of(at, struct log_file, link);

		if (!in_use(f->id))
			let_go(f);
		else if (!reopen(f))
			all = false;
	}
	return all;
}

void logs_forget_others(int id1, int id2)
{
	LIST_FOREACH(at, &files) {
		struct log_file *f = container_of(at, struct log_file, link);

		if (f->id != id1 && f->id != id2)
			let_go(f);
	}
}

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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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
	bool is_syslog;
};

static struct list files = {&files, &files};
static int next_id;

static bool is_stderr(const struct log_file *f)
{
	return strcmp(f->path, "-") == 0;
}

/*
 * A pipe or terminal is opened once more: O_NONBLOCK on a duplicate would be
 * on everybody's stderr.  A file does not block, and has one offset to share;
 * what can't be opened is written without waiting all the same (sink.c).
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

/* Who writes a line and finds nobody there looks again (sink.c). */
static int open_syslog(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	INSIST(strlen(path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, path, strlen(path));
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		log_warning("syslog %s: %s; lines are dropped until it is "
		    "there", path, strerror(errno));
	return fd;
}

static int open_file(const struct log_file *f)
{
	if (f->is_syslog)
		return open_syslog(f->path);
	if (is_stderr(f))
		return open_stderr();
	return open(f->path,
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

static struct log_file *find_file(const struct conf_log_file *file)
{
	LIST_FOREACH(at, &files) {
		struct log_file *f = container_of(at, struct log_file, link);

		if (f->is_syslog == file->is_syslog &&
		    strcmp(f->path, file->path) == 0)
			return f;
	}
	return NULL;
}

static struct log_file *add(const struct conf_log_file *file)
{
	struct log_file *f = calloc(1, sizeof(*f));

	INSIST(f != NULL);
	f->path = strdup(file->path);
	INSIST(f->path != NULL);
	f->is_syslog = file->is_syslog;
	f->fd = -1;
	f->id = next_id++;
	list_add_tail(&files, &f->link);
	return f;
}

int logs_open(const struct conf_log_file *file, struct out *why)
{
	struct log_file *f = find_file(file);

	if (f == NULL)
		f = add(file);
	if (f->fd >= 0)
		return f->id;
	if (!is_stderr(f) && !f->is_syslog &&
	    place_make_folder(f->path, why) < 0)
		return -1;
	f->fd = open_file(f);
	if (f->fd >= 0)
		return f->id;
	out_fmt(why, "error: log %s: %s\n", f->path, strerror(errno));
	return -1;
}

int logs_fd(int id)
{
	return find(id)->fd;
}

static bool reopen(struct log_file *f)
{
	int fd;

	if (is_stderr(f))
		return true;
	fd = open_file(f);
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
	log_renew();
	return all;
}

static bool is_among(int id, const int *ids, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

void logs_forget_others(const int *ids, unsigned count)
{
	LIST_FOREACH(at, &files) {
		struct log_file *f = container_of(at, struct log_file, link);

		if (!is_among(f->id, ids, count))
			let_go(f);
	}
}

void logs_set_errors(int id, const struct conf_error_log *error_log)
{
	const struct log_file *f = find(id);

	log_set_sink(sink_make(f->fd, f->is_syslog ? f->path : NULL),
	    error_log->facility);
	log_set_level(error_log->level);
}

/*
 * spool_file.c - temporary files without names.
 *
 * Runs in workers.  A worker opens no path by name: the directory is opened
 * before it is ready, and O_TMPFILE names nothing in it.  Nobody can open such
 * a file, or make a link to it, and nothing is left of it when it is closed or
 * its worker dies.
 */
#include "worker/proxy/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "worker/fiber/loop.h"

#define SAY_EVERY (10 * USEC_PER_SEC)

static int dir = -1;
static int dir_error = ENOENT;
static const char *dir_path;
static usec_t say_next;

static int say(const char *what, int err)
{
	if (loop_now() < say_next)
		return -err;
	say_next = loop_now() + SAY_EVERY;
	log_warning("can't %s a temporary file in %s: %s", what, dir_path,
	    strerror(err));
	return -err;
}

void spool_file_init(const struct conf *conf)
{
	int fd;

	if (!conf->buffers_files)
		return;
	dir_path = conf->buffer_dir;
	dir = open(dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	dir_error = dir < 0 ? errno : 0;
	fd = spool_file_make();
	if (fd >= 0)
		close(fd);
}

int spool_file_make(void)
{
	int fd;

	if (dir < 0)
		return say("make", dir_error);
	fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : say("make", errno);
}

int spool_file_write(int fd, const char *p, size_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, p, n, (off_t)offset);
		int err;

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return say("write", put < 0 ? errno : ENOSPC);
		p += put;
		n -= (size_t)put;
		offset += (uint64_t)put;
		err = fiber_charge((size_t)put);
		if (err < 0)
			return err;
	}
	return 0;
}

int spool_file_read(int fd, char *p, size_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t got = pread(fd, p, n, (off_t)offset);
		int err;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return say("read", got < 0 ? errno : EIO);
		p += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
		err = fiber_charge((size_t)got);
		if (err < 0)
			return err;
	}
	return 0;
}

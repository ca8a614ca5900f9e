/*
 * saved.c - the cache in a file, from one life of the daemon to the next.
 *
 * Runs in the master, before the first worker and after the last one.
 *
 *	stop    PATH.new written, synced, sealed, synced; renamed to PATH
 *	start   PATH.new of a stop that was cut short removed;
 *		PATH opened, looked at, removed; only then believed
 *
 * So there is a file only between a stop that went well and the next start:
 * after a crash there is none, and nothing that is old is taken for the
 * present.  A file that is not a cache of ours (a slip in the configuration) is
 * neither read nor removed nor replaced, and one that others could have
 * written to is not read.
 *
 * The file holds fields by number, and numbers change from build to build;
 * so it is for the same program only, known by a sum of its own executable.
 */
#include "master/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/shm/cache_file.h"
#include "common/shm/cache_stream.h"
#include "master/notify.h"

/* What a slow disk takes, for who waits for us. */
#define BYTES_A_SECOND ((uint64_t)20 << 20)

static struct segment *held;
static char *held_path;

/* 0: it can't be told. */
static uint64_t build(void)
{
	static const struct hash_key key = {{0x736c75696365, 0x6361636865}};
	static char bytes[65536];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t sum = 1;
	ssize_t n = 0;

	while (fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) > 0) {
		struct hash_key now = {{key.k[0] ^ sum, key.k[1]}};

		sum = hash_bytes(&now, bytes, (size_t)n);
	}
	if (fd < 0 || n < 0)
		return 0;
	close(fd);
	return sum;
}

static double seconds_since(usec_t begin)
{
	return (double)(clock_mono() - begin) / USEC_PER_SEC;
}

static usec_t at_most(uint64_t size)
{
	return (10 + (usec_t)(size / BYTES_A_SECOND)) * USEC_PER_SEC;
}

/* ---- reading ---- */

/* NULL, or why FD is nothing that we wrote and nobody else could. */
static const char *distrust(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "it is no file";
	if (st.st_uid != geteuid())
		return "it belongs to another user";
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others may write to it";
	if (!cache_stream_is_one(fd))
		return "it is no saved cache, or not whole";
	return NULL;
}

static void load(int fd, const char *path, const struct segment *s)
{
	struct cache_filed filed;
	usec_t begin = clock_mono();
	uint64_t size;
	void *table = segment_open(s, SEGMENT_cache, &size);
	const char *why;

	notify_loading(at_most(size));
	why = cache_load(table, size, fd, build(), &filed);
	if (why != NULL) {
		log_warning("the cache begins empty: %s: %s", path, why);
		return;
	}
	log_info("the cache was read from %s: %llu objects, %llu bytes, "
	    "%.3f s",
	    path, (unsigned long long)filed.objects,
	    (unsigned long long)filed.bytes, seconds_since(begin));
	if (filed.left_out > 0)
		log_info("%llu of its objects found no room",
		    (unsigned long long)filed.left_out);
}

/* Half a file is as large as a whole one, and nobody will ever read it. */
static void remove_half(const char *path)
{
	char *new;

	INSIST(asprintf(&new, "%s.new", path) > 0);
	(void)unlink(new);
	free(new);
}

void saved_load(const struct conf *conf, const struct segment *s)
{
	const char *path = conf->cache_path, *why;
	int fd;

	if (path == NULL)
		return;
	remove_half(path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return;
	why = fd < 0 ? strerror(errno) : distrust(fd);
	if (why == NULL && unlink(path) < 0)
		why = strerror(errno);
	if (why != NULL)
		log_warning("the cache begins empty: %s: %s", path, why);
	else
		load(fd, path, s);
	if (fd >= 0)
		close(fd);
}

/* ---- writing ---- */

void saved_hold(const struct conf *conf, const struct segment *s)
{
	if (conf->cache_path == NULL || held != NULL)
		return;
	held = segment_share(s);
	held_path = strdup(conf->cache_path);
	INSIST(held_path != NULL);
}

static bool is_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

/* May PATH be replaced?  What is there and no cache of ours may not; a file
 * that has nothing in it (somebody's touch) may. */
static bool is_ours(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool ours;

	if (fd < 0)
		return errno == ENOENT;
	ours = is_empty(fd) || cache_stream_is_one(fd);
	close(fd);
	return ours;
}

static int write_to(const char *path, struct cache_filed *r)
{
	uint64_t size, id = build();
	void *table = segment_open(held, SEGMENT_cache, &size);
	int error = 0, fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -errno;
	notify_saving(at_most(size));
	error = cache_save(table, size, fd, id, r);
	if (close(fd) < 0 && error == 0)
		error = -errno;
	return error;
}

/* That the new name is there is on the disk, too. */
static void sync_folder(const char *path)
{
	char *folder = strdup(path);
	int fd;

	INSIST(folder != NULL);
	*strrchr(folder, '/') = '\0';
	fd = open(*folder != '\0' ? folder : "/",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(folder);
}

static void save(const char *path)
{
	struct cache_filed filed;
	usec_t begin = clock_mono();
	char *new;
	int error;

	INSIST(asprintf(&new, "%s.new", path) > 0);
	error = write_to(new, &filed);
	if (error == 0 && rename(new, path) < 0)
		error = -errno;
	if (error == 0) {
		sync_folder(path);
		log_info("the cache is saved in %s: %llu objects, %llu bytes, "
		    "%.3f s",
		    path, (unsigned long long)filed.objects,
		    (unsigned long long)filed.bytes, seconds_since(begin));
		if (filed.left_out > 0)
			log_warning("%llu of its objects are left out: a "
			    "worker was killed in their shard",
			    (unsigned long long)filed.left_out);
	} else {
		(void)unlink(new);
		log_warning("the cache can't be saved in %s: %s", path,
		    strerror(-error));
	}
	free(new);
}

void saved_write(void)
{
	if (held == NULL)
		return;
	if (is_ours(held_path))
		save(held_path);
	else
		log_warning("the cache can't be saved in %s: what is there is "
		    "something else",
		    held_path);
	segment_free(&held);
	free(held_path);
	held_path = NULL;
}

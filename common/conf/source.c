/*
 * source.c - the text of a configuration file, in memory.
 *
 * Runs in the master.  Files are read whole and bounded, because the scan
 * and libconfig must see the same bytes; a FIFO or a device in vhost_dir is
 * refused before it can block.
 */
#include "common/conf/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct conf_source *conf_source_make(struct arena *a, const char *name,
    struct str text)
{
	struct conf_source *source = ARENA_NEW(a, struct conf_source);

	source->name = name;
	source->text = text;
	return source;
}

/* Reads until the end; one byte more than allowed says "too large". */
static const char *read_all(int fd, char *buf, size_t *n_r)
{
	size_t n = 0;

	while (n <= CONF_SOURCE_MAX) {
		ssize_t got = read(fd, buf + n, CONF_SOURCE_MAX + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return strerror(errno);
		if (got == 0) {
			*n_r = n;
			return NULL;
		}
		n += (size_t)got;
	}
	return "it is larger than 1 MiB";
}

static const char *read_regular(struct arena *a, int fd, struct str *text_r)
{
	struct arena scratch;
	struct stat st;
	const char *error;
	size_t n = 0;
	char *buf;

	if (fstat(fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	arena_init(&scratch);
	buf = arena_alloc(&scratch, CONF_SOURCE_MAX + 1);
	error = read_all(fd, buf, &n);
	if (error == NULL)
		*text_r = str_make(arena_strdup(a, str_make(buf, n)), n);
	arena_free(&scratch);
	return error;
}

struct conf_source *conf_source_read(struct arena *a, const char *name,
    const char **error_r)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct str text = STR_NONE;

	if (fd < 0) {
		*error_r = strerror(errno);
		return NULL;
	}
	*error_r = read_regular(a, fd, &text);
	close(fd);
	return *error_r == NULL ? conf_source_make(a, name, text) : NULL;
}

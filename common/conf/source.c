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

static const char *read_regular(struct arena *a, int fd, struct str *text_r,
    mode_t *mode_r)
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
	*mode_r = st.st_mode;
	arena_init(&scratch);
	buf = arena_alloc(&scratch, CONF_SOURCE_MAX + 1);
	error = read_all(fd, buf, &n);
	if (error == NULL)
		*text_r = str_make(arena_strdup(a, str_make(buf, n)), n);
	explicit_bzero(buf, n); /* it may be a secret */
	arena_free(&scratch);
	return error;
}

static const char *read_file(struct arena *a, const char *name,
    struct str *text_r, mode_t *mode_r)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *error;

	if (fd < 0)
		return strerror(errno);
	error = read_regular(a, fd, text_r, mode_r);
	close(fd);
	return error;
}

struct conf_source *conf_source_read(struct arena *a, const char *name,
    const char **error_r)
{
	struct str text = STR_NONE;
	mode_t mode;

	*error_r = read_file(a, name, &text, &mode);
	return *error_r == NULL ? conf_source_make(a, name, text) : NULL;
}

struct conf_secret conf_source_read_secret(struct arena *a, const char *path)
{
	struct conf_secret secret = {.text = STR_NONE};
	mode_t mode = 0;

	secret.error = read_file(a, path, &secret.text, &mode);
	secret.readable = (mode & S_IROTH) != 0;
	return secret;
}

/* Of the value at AT: to its closing quote, or the end of the word. */
static size_t value_length(struct str text, size_t at)
{
	bool quoted = text.p[at] == '"';
	const char *ends = quoted ? "\"\n" : " \t\r\n,;";
	size_t n = 1;

	while (at + n < text.n && strchr(ends, text.p[at + n]) == NULL)
		n++;
	return quoted && at + n < text.n && text.p[at + n] == '"' ? n + 1 : n;
}

struct conf_spot conf_source_spot(struct arena *a,
    const struct conf_place *place)
{
	const char *ignored;
	const struct conf_source *source = NULL;
	const char *at, *end;
	struct conf_spot spot;

	if (place->line > 0)
		source = conf_source_read(a, place->file, &ignored);
	if (source == NULL)
		return conf_spot_whole(
		    conf_source_make(a, place->file, STR("")));
	spot = conf_spot_whole(source);
	at = source->text.p;
	end = at + source->text.n;
	for (unsigned line = 1; at != NULL && line < place->line; line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	if (at == NULL || end - at < (ptrdiff_t)place->column)
		return spot;
	spot.at = (uint32_t)(at - source->text.p) + place->column - 1;
	spot.n = (uint32_t)value_length(source->text, spot.at);
	spot.line = place->line;
	spot.column = place->column;
	return spot;
}

/*
 * mark.c - by what it is seen that a file is another one.
 *
 * Runs in the master.
 */
#include "master/mark.h"

#include <errno.h>

#define OLD (60 * USEC_PER_SEC)

static usec_t usec_of(struct timespec t)
{
	return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

struct mark mark_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct mark){.error = errno};
	return (struct mark){
	    .device = st.st_dev,
	    .inode = st.st_ino,
	    .size = st.st_size,
	    .written = usec_of(st.st_mtim),
	    .changed = usec_of(st.st_ctim),
	};
}

bool mark_eq(const struct mark *a, const struct mark *b)
{
	return a->error == b->error && a->device == b->device &&
	    a->inode == b->inode && a->size == b->size &&
	    a->written == b->written && a->changed == b->changed;
}

/* A clock that was set back makes it look new, which does no harm. */
bool mark_is_old(const struct mark *m, usec_t wall)
{
	return m->error == 0 && m->changed < wall - OLD &&
	    m->written < wall - OLD;
}

/*
 * pair.c - a certificate and its key in a memfd, sealed.
 *
 * Runs in the master, in the process that checks a pair for it, and in workers.
 *
 *	0   struct header   magic, not_after, id, the size of each part
 *	64  the parts       one behind the other, the key last
 */
#include "common/ipc/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAIR_MAGIC UINT64_C(0x0170616972736c75)
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct header {
	uint64_t magic;
	int64_t not_after;
	struct hash_id id;
	uint32_t sizes[PAIR_PARTS];
};

int pair_open(void)
{
	int fd = memfd_create("sluice-pair", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? -errno : fd;
}

static int write_at(int fd, const void *p, size_t n, off_t at)
{
	ssize_t done = pwrite(fd, p, n, at);

	if (done < 0)
		return -errno;
	return (size_t)done == n ? 0 : -ENOSPC;
}

int pair_write(int fd, const struct pair_text *p)
{
	struct header h = {.magic = PAIR_MAGIC, .not_after = p->not_after,
	    .id = p->id};
	off_t at = sizeof(h);
	int err = 0;

	for (int i = 0; i < PAIR_PARTS && err == 0; i++) {
		if (p->part[i].n > PAIR_MAX - (size_t)at)
			return -EFBIG;
		h.sizes[i] = (uint32_t)p->part[i].n;
		err = write_at(fd, p->part[i].p, p->part[i].n, at);
		at += (off_t)p->part[i].n;
	}
	if (err == 0)
		err = write_at(fd, &h, sizeof(h), 0);
	if (err == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		err = -errno;
	return err;
}

/* Its size, which can't change any more; -EINVAL: it is not sealed, or too
 * large. */
static ssize_t sealed_size(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0 ||
	    st.st_size > (off_t)PAIR_MAX)
		return -EINVAL;
	return (ssize_t)st.st_size;
}

static int read_at(int fd, void *p, size_t n, off_t at)
{
	ssize_t done = pread(fd, p, n, at);

	if (done < 0)
		return -errno;
	return (size_t)done == n ? 0 : -EINVAL;
}

/* The sizes that H says are those that a file of SIZE has. */
static bool is_right(const struct header *h, ssize_t size)
{
	uint64_t sum = sizeof(*h);

	for (int i = 0; i < PAIR_PARTS; i++)
		sum += h->sizes[i];
	return h->magic == PAIR_MAGIC && sum == (uint64_t)size;
}

static int read_parts(int fd, const struct header *h, enum pair_part parts,
    struct pair_text *p)
{
	off_t from = sizeof(*h);
	char *to = p->memory;
	int err = 0;

	for (unsigned i = 0; i < parts && err == 0; i++) {
		err = read_at(fd, to, h->sizes[i], from);
		p->part[i] = str_make(to, h->sizes[i]);
		from += h->sizes[i];
		to += h->sizes[i];
		*to++ = '\0';
	}
	return err;
}

int pair_read(int fd, enum pair_part parts, struct pair_text *p_r)
{
	struct pair_text p = {.memory = NULL};
	ssize_t size = sealed_size(fd);
	struct header h;
	int err = size < 0 ? (int)size : read_at(fd, &h, sizeof(h), 0);

	if (err == 0 && !is_right(&h, size))
		err = -EINVAL;
	if (err < 0)
		return err;
	p.not_after = h.not_after;
	p.id = h.id;
	for (unsigned i = 0; i < parts; i++)
		p.size += h.sizes[i] + 1;
	p.memory = malloc(p.size + 1);
	err = p.memory != NULL ? read_parts(fd, &h, parts, &p) : -ENOMEM;
	if (err < 0)
		pair_free(&p);
	else
		*p_r = p;
	return err;
}

void pair_free(struct pair_text *p)
{
	if (p->memory != NULL)
		explicit_bzero(p->memory, p->size);
	free(p->memory);
	*p = (struct pair_text){.memory = NULL};
}

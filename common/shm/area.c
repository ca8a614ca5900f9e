/*
 * area.c - one table of the shared segment: a sealed memfd and its mapping.
 *
 * The master makes areas before it forks, and may be handed some by its
 * predecessor.  The one idea: an area is either exactly what this build wants
 * or nothing at all; there is no conversion, because every area is a cache.
 *
 *        0 +----------------------------------------------+
 *          | magic            "sluice!" and a byte 1      |
 *        8 | shape.name       16 bytes, NUL-padded        |
 *       24 | shape.version    | shape.reserved            |
 *       32 | shape.geometry   3 x 64 bits                 |
 *       56 | shape.size       bytes from 64 to the end    |
 *       64 +----------------------------------------------+
 *          | the table                                    |
 *
 * Whoever maps an area can write its header too.  So it is read once, when
 * the area is attached, from a copy; sizes are never taken from it but from
 * the kernel, and the seals make sure that the kernel's answer stays true.
 */
#include "common/shm/area.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/insist.h"

#define AREA_MAGIC UINT64_C(0x0121656369756c73)
#define AREA_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define AREA_MAX ((uint64_t)1 << 48) /* above any memory, below overflow */

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3; some systems insist on it */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

struct area_header {
	uint64_t magic;
	struct area_shape shape;
};

_Static_assert(sizeof(struct area_header) == 64, "the table begins at 64");

static void insist_shape(const struct area_shape *shape)
{
	INSIST(shape->name[0] != '\0');
	INSIST(memchr(shape->name, '\0', sizeof(shape->name)) != NULL);
	INSIST(shape->reserved == 0);
	INSIST(shape->size > 0 && shape->size <= AREA_MAX);
}

static bool same_shape(const struct area_shape *a, const struct area_shape *b)
{
	return memcmp(a->name, b->name, sizeof(a->name)) == 0 &&
	    a->version == b->version && a->reserved == b->reserved &&
	    a->geometry[0] == b->geometry[0] &&
	    a->geometry[1] == b->geometry[1] &&
	    a->geometry[2] == b->geometry[2] && a->size == b->size;
}

static int make_memfd(const char *area_name)
{
	char name[32];
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd;

	snprintf(name, sizeof(name), "sluice-%s", area_name);
	fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd < 0 ? -errno : fd;
}

/* Maps FD whole; on success A owns it. */
static int map(int fd, const struct area_shape *shape, struct area *a_r)
{
	size_t size = sizeof(struct area_header) + (size_t)shape->size;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*a_r = (struct area){
	    .table = (char *)p + sizeof(struct area_header),
	    .mapped = size,
	    .fd = fd,
	};
	return 0;
}

static struct area_header *header_of(const struct area *a)
{
	return (struct area_header *)((char *)a->table -
	    sizeof(struct area_header));
}

/* Gives the memfd its size for ever, and its header. */
static int fill(int fd, const struct area_shape *shape, struct area *a_r)
{
	off_t size = (off_t)(sizeof(struct area_header) + shape->size);
	int rc;

	if (ftruncate(fd, size) < 0)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, AREA_SEALS) < 0)
		return -errno;
	rc = map(fd, shape, a_r);
	if (rc < 0)
		return rc;
	header_of(a_r)->magic = AREA_MAGIC;
	header_of(a_r)->shape = *shape;
	return 0;
}

int area_create(const struct area_shape *shape, struct area *a_r)
{
	int fd, rc;

	insist_shape(shape);
	fd = make_memfd(shape->name);
	if (fd < 0)
		return fd;
	rc = fill(fd, shape, a_r);
	if (rc < 0)
		close(fd);
	return rc;
}

/* What only the kernel can say: neither can change while the seals hold. */
static bool is_sealed_with_size(int fd, uint64_t size)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals >= 0 && (seals & AREA_SEALS) == AREA_SEALS &&
	    fstat(fd, &st) == 0 && (uint64_t)st.st_size == size;
}

int area_attach(int fd, const struct area_shape *shape, struct area *a_r)
{
	struct area_header copy;
	struct area a;
	int rc;

	insist_shape(shape);
	if (!is_sealed_with_size(fd, sizeof(copy) + shape->size))
		return fcntl(fd, F_GETFD) < 0 ? -errno : -ESTALE;
	rc = map(fd, shape, &a);
	if (rc < 0)
		return rc;
	memcpy(&copy, header_of(&a), sizeof(copy));
	if (copy.magic != AREA_MAGIC || !same_shape(&copy.shape, shape)) {
		munmap(header_of(&a), a.mapped);
		return -ESTALE;
	}
	*a_r = a;
	return 0;
}

void area_close(struct area *a)
{
	if (a->table == NULL)
		return;
	munmap(header_of(a), a->mapped);
	if (a->fd >= 0)
		close(a->fd);
	*a = (struct area){.fd = -1};
}

/* Where the kernel does not know it, core dumps are what they were. */
void area_hide(void *table, uint64_t size)
{
	char *start = (char *)table - sizeof(struct area_header);

	(void)madvise(start, sizeof(struct area_header) + (size_t)size,
	    MADV_DONTDUMP);
}

void area_drop_fd(struct area *a)
{
	INSIST(a->table != NULL);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

/*
 * area.h - one table of the shared segment: a sealed memfd and its mapping.
 *
 * The master makes areas before the first fork; workers inherit the mapping
 * (MAP_SHARED), never the descriptor (CLOEXEC, and closed in the worker).
 * Sealed against shrinking and growing, so that nobody's mapping can turn
 * into SIGBUS.  Addresses differ between processes in principle: inside an
 * area there are offsets, never pointers.
 *
 *   0        struct area_header   magic, layout version, geometry, size
 *   64       the table itself     cleared when the area is made
 */
#ifndef COMMON_SHM_AREA_H
#define COMMON_SHM_AREA_H

#include <stddef.h>
#include <stdint.h>

/* What an area must look like to be used; compared word by word. */
struct area_shape {
	char name[16];	      /* "seats"; NUL-padded */
	uint32_t version;     /* of the layout behind the header */
	uint32_t reserved;    /* 0 */
	uint64_t geometry[3]; /* counts and sizes that the layout depends on */
	uint64_t size;	      /* bytes of the table, without the header */
};

struct area {
	void *table;   /* SHAPE.size bytes, aligned to 64 */
	size_t mapped; /* with the header; kept here because the header can
			  be written by every process */
	int fd;	       /* -1 after area_drop_fd */
};

/*
 * Makes a new area, cleared.  0, or -errno.  The descriptor stays open in A
 * for the master to hand on at an upgrade.
 */
int area_create(const struct area_shape *shape, struct area *a_r);

/*
 * Maps an existing area by its descriptor if it is sealed, has the size and
 * its header is what SHAPE wants: 0, and the descriptor belongs to A; -ESTALE:
 * it is something else (make a new one and say so); or -errno.  After an error
 * the descriptor is still the caller's.
 */
int area_attach(int fd, const struct area_shape *shape, struct area *a_r);

/* Unmaps and closes.  Safe on a zeroed struct. */
void area_close(struct area *a);

/* What is in it goes into no core dump, of this process or its children: for
 * areas of secrets.  SIZE bytes at TABLE. */
void area_hide(void *table, uint64_t size);

/* In a worker after the fork: closes the descriptor, keeps the mapping. */
void area_drop_fd(struct area *a);

#endif

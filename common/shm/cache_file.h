/*
 * cache_file.h - the objects of the store in a file, from one life of the
 * daemon to the next.
 *
 * For the master alone, while no worker lives: so no lock is taken, and it
 * may wait for the disk.  Objects are written one after the other, in the order
 * in which they would give way, and put into the store as if they had come from
 * an origin: nothing of the area's layout is in the file, and it may be of
 * another size.  What was not whole, and who had pinned or claimed what, is not
 * written.
 */
#ifndef COMMON_SHM_CACHE_FILE_H
#define COMMON_SHM_CACHE_FILE_H

#include <stdint.h>

struct cache_filed {
	uint64_t objects;
	uint64_t bytes; /* of the file, when it is written; of bodies, read */
	uint64_t left_out; /* objects for which there was no room, or that stood
			      in a shard where somebody died */
};

/*
 * Writes what is in the area of SIZE bytes at TABLE to FD, an empty file, and
 * seals it.  BUILD: only the same program reads it.  0 or -errno.
 */
int cache_save(
    void *table, uint64_t size, int fd, uint64_t build, struct cache_filed *r);

/*
 * Puts what is in the file FD into the new area of SIZE bytes at TABLE.  Time
 * has gone on meanwhile, by the wall clock.  NULL, or what is wrong: then the
 * area is empty.  Whoever calls makes sure first that nobody reads the file
 * again.
 */
const char *cache_load(
    void *table, uint64_t size, int fd, uint64_t build, struct cache_filed *r);

#endif

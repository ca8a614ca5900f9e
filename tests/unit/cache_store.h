/*
 * cache_store.h - for tests of the store of the cache: an area, objects that
 * tell what they are, and a look at every unit.
 */
#ifndef TESTS_UNIT_CACHE_STORE_H
#define TESTS_UNIT_CACHE_STORE_H

#include <sys/types.h>

#include "common/shm/cache.h"
#include "common/shm/cache_file.h"
#include "tests/unit/cache_units.h"

#define STORE_SIZE ((uint64_t)8 << 20)

/* An area of SIZE; this process sits on a seat. */
void store_setup_size(uint64_t size);
void store_setup(void); /* STORE_SIZE */
void store_teardown(void);

/* The same with what is in a file, by cache_load. */
const char *store_setup_saved(uint64_t size, int fd, uint64_t build,
    struct cache_filed *r);

/* cache_save: the store is closed then. */
int store_save(int fd, uint64_t build, struct cache_filed *r);

/*
 * A child on a seat of its own, with the area: 0 in the child.  The parent ends
 * it, or waits for its end, and gives back what it had.
 */
pid_t store_fork(int *seat_r);
void store_kill(pid_t pid, int seat);
void store_reap(pid_t pid, int seat); /* it ends by itself, well */

/* "key-I", in one of two places in turn. */
struct cache_key store_key(unsigned i);

/* Bytes AT to AT + N of the body of I. */
void store_fill(char *p, unsigned i, uint64_t at, size_t n);

/* Is what P has these bytes? */
bool store_is(const char *p, unsigned i, uint64_t at, size_t n);

/* What is published for I with a body of LENGTH; its record is "record-I". */
struct cache_publish store_head(unsigned i, int64_t length);

/* Claims I, whatever there is; false if that is not to be had. */
bool store_claim(unsigned i, struct cache_object *fetch_r);

/* Writes N bytes more to what is published as I and has AT; how many went. */
uint64_t store_write(struct cache_object *fetch, unsigned i, uint64_t at,
    uint64_t n);

/* All at once; false: no room. */
bool store_put(unsigned i, uint64_t length);

/* As cache_find for no variant. */
enum cache_result store_find(unsigned i, struct cache_found *f);

/* Reads O from AT to its end: how much there is; -1: broken; -2: wrong. */
int64_t store_read(struct cache_object *o, unsigned i, uint64_t at);

#endif

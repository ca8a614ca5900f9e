/*
 * cache_store.c - for tests of the store of the cache.
 */
#include "tests/unit/cache_store.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/seat.h"
#include "common/shm/wake.h"

static struct area area;
static uint64_t area_size;
static bool seated;

static void sit(void)
{
	if (seated)
		return;
	seated = true;
	ck_assert_int_eq(seats_create(), 0);
	ck_assert_int_eq(wake_create(), 0);
	seat_sit(seat_take(0, 1));
}

static void create(uint64_t size)
{
	struct area_shape shape = cache_shape(size);

	sit();
	ck_assert_int_eq(area_create(&shape, &area), 0);
	cache_create(area.table, size);
	area_size = shape.size;
}

void store_setup_size(uint64_t size)
{
	create(size);
	cache_enter(area.table, area_size);
}

const char *store_setup_saved(uint64_t size, int fd, uint64_t build,
    struct cache_filed *r)
{
	const char *why;

	create(size);
	why = cache_load(area.table, area_size, fd, build, r);
	cache_enter(area.table, area_size);
	return why;
}

int store_save(int fd, uint64_t build, struct cache_filed *r)
{
	return cache_save(area.table, area_size, fd, build, r);
}

void store_setup(void)
{
	store_setup_size(STORE_SIZE);
}

void store_teardown(void)
{
	area_close(&area);
}

/* ---- others ---- */

pid_t store_fork(int *seat_r)
{
	pid_t pid;

	*seat_r = seat_take(1, 1);
	ck_assert_int_ge(*seat_r, 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		seat_sit(*seat_r);
		cache_enter(area.table, area_size);
	}
	return pid;
}

void store_kill(pid_t pid, int seat)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	cache_give_back(seat);
	seat_release(seat);
}

void store_reap(pid_t pid, int seat)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	cache_give_back(seat);
	seat_release(seat);
}

struct cache_key store_key(unsigned i)
{
	static char text[2][64];
	static unsigned turn;
	char *p = text[turn++ % 2];
	int n = snprintf(p, sizeof(text[0]), "http://host.example/key-%u", i);

	return cache_key_make(str_make(p, (size_t)n));
}

/* ---- bodies ---- */

static char byte_of(unsigned i, uint64_t at)
{
	return (char)((at ^ at >> 7 ^ at >> 15) + i * 37);
}

void store_fill(char *p, unsigned i, uint64_t at, size_t n)
{
	for (size_t k = 0; k < n; k++)
		p[k] = byte_of(i, at + k);
}

bool store_is(const char *p, unsigned i, uint64_t at, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (p[k] != byte_of(i, at + k))
			return false;
	return true;
}

/* ---- objects ---- */

struct cache_publish store_head(unsigned i, int64_t length)
{
	static char text[32];
	int n = snprintf(text, sizeof(text), "record-%u", i);

	return (struct cache_publish){
	    .meta = {.status = 200,
		.born = 1000,
		.fresh_until = DEADLINE_NEVER,
		.length = length},
	    .variant = cache_variant_make(str_make("", 0)),
	    .record = str_make(text, (size_t)n)};
}

bool store_claim(unsigned i, struct cache_object *fetch_r)
{
	struct cache_key key = store_key(i);
	struct cache_found f = {.buf = NULL};
	enum cache_claim claim = CACHE_AGAIN;

	for (int tries = 0; tries < 10 && claim == CACHE_AGAIN; tries++) {
		(void)store_find(i, &f);
		cache_release(&f.object);
		claim = cache_claim(&key, NULL, f.stamp, 10 * USEC_PER_SEC,
		    fetch_r);
	}
	return claim == CACHE_CLAIMED;
}

uint64_t store_write(struct cache_object *fetch, unsigned i, uint64_t at,
    uint64_t n)
{
	uint64_t written = 0;

	while (written < n) {
		uint64_t left = n - written;
		size_t room;
		char *p = cache_room(fetch, left < 65536 ? left : 65536,
		    &room);

		if (p == NULL)
			break;
		if (room > left)
			room = left;
		store_fill(p, i, at + written, room);
		(void)cache_grow(fetch, room);
		written += room;
	}
	return written;
}

bool store_put(unsigned i, uint64_t length)
{
	struct cache_publish head = store_head(i, (int64_t)length);
	struct cache_object fetch;

	if (!store_claim(i, &fetch))
		return false;
	if (!cache_publish(&fetch, &head)) {
		cache_abort(&fetch, 0);
		return false;
	}
	if (store_write(&fetch, i, 0, length) != length) {
		cache_abort(&fetch, 0);
		return false;
	}
	cache_finish(&fetch);
	return true;
}

enum cache_result store_find(unsigned i, struct cache_found *f)
{
	static char record[4096];
	struct cache_key key = store_key(i);
	struct cache_variant variant = cache_variant_make(str_make("", 0));

	f->buf = record;
	f->cap = sizeof(record);
	return cache_find(&key, &variant, 1, 0, f);
}

int64_t store_read(struct cache_object *o, unsigned i, uint64_t at)
{
	uint64_t start = at;
	struct str piece;
	int rc;

	while ((rc = cache_read(o, at, &piece)) > 0) {
		if (!store_is(piece.p, i, at, piece.n))
			return -2;
		at += piece.n;
	}
	return rc < 0 ? -1 : (int64_t)(at - start);
}

/*
 * lookup.c - what a hit costs in the store, and what an object takes.
 *
 *	lookup [MEGABYTES]
 *
 * Fills an area of so much (1024) with objects of 500 bytes under keys of 60,
 * with heads of 200; at 10^3, 10^4, 10^5 and 10^6 of them it prints
 *
 *	objects  ns a hit  ns a miss  bytes an object  of them overhead
 *
 * where a hit is: hash the key, find, pin, copy the head, look at the body,
 * unpin; of keys at random, so that nothing is in a cache of the processor when
 * there are many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/shm/area.h"
#include "common/shm/cache.h"
#include "common/shm/seat.h"
#include "common/shm/wake.h"

#define LOOKS 100000
#define ROUNDS 15
#define BODY 500
#define HEAD 200
#define KEY 60

static struct area area;
static uint64_t seed = UINT64_C(88172645463325252);

static uint64_t number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void fail(const char *what)
{
	fprintf(stderr, "lookup: %s\n", what);
	exit(1);
}

static struct cache_key key_of(uint64_t i)
{
	static char text[KEY + 1];

	snprintf(text, sizeof(text), "https://www.example.com/%036llu",
	    (unsigned long long)i);
	return cache_key_make(str_make(text, KEY));
}

static enum cache_result find(uint64_t i, struct cache_found *f)
{
	static char head[4096];
	struct cache_key key = key_of(i);
	struct cache_variant none = {0, {"", 0}};

	f->buf = head;
	f->cap = sizeof(head);
	return cache_find(&key, &none, 1, 0, f);
}

static void put(uint64_t i)
{
	static char head[HEAD], body[BODY];
	struct cache_key key = key_of(i);
	struct cache_publish p = {
	    .meta = {.status = 200, .length = BODY},
	    .variant = {0, {"", 0}},
	    .spec = {"", 0},
	    .tags = {"", 0},
	    .record = {head, HEAD}};
	struct cache_object fetch;
	size_t n;
	char *room;

	if (!cache_begin(&key, &fetch) || !cache_publish(&fetch, &p))
		fail("no room");
	room = cache_room(&fetch, BODY, &n);
	if (room == NULL || n < BODY)
		fail("no room for a body");
	memcpy(room, body, BODY);
	(void)cache_grow(&fetch, BODY);
	cache_finish(&fetch);
}

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds for each of LOOKS numbers from LOW on, below N more. */
static double measure(uint64_t low, uint64_t n, enum cache_result expected)
{
	double began = cpu_now();
	unsigned sum = 0;

	for (unsigned i = 0; i < LOOKS; i++) {
		struct cache_found f;
		struct str piece;

		if (find(low + number() % n, &f) != expected)
			fail("not what was expected");
		if (expected != CACHE_FOUND)
			continue;
		if (cache_read(&f.object, 0, &piece) == 1)
			sum += (unsigned char)piece.p[piece.n - 1];
		cache_release(&f.object);
	}
	if (sum > 0)
		fail("a body is not what it was");
	return (cpu_now() - began) / LOOKS;
}

/* Of some rounds: others use this machine, too. */
static double least(uint64_t low, uint64_t n, enum cache_result expected)
{
	double best = measure(low, n, expected);

	for (unsigned i = 1; i < ROUNDS; i++) {
		double next = measure(low, n, expected);

		best = next < best ? next : best;
	}
	return best;
}

static void tell(uint64_t n, uint64_t free_before)
{
	double hit = least(0, n, CACHE_FOUND);
	double miss = least(UINT64_C(1) << 40, n, CACHE_NOTHING);
	double bytes = (double)(free_before - cache_sum().free) / (double)n;

	printf("%8llu %8.0f %8.0f %8.0f %8.0f\n", (unsigned long long)n, hit,
	    miss, bytes, bytes - BODY - HEAD - KEY);
}

int main(int argc, char **argv)
{
	uint64_t size = (argc > 1 ? strtoull(argv[1], NULL, 0) : 1024) << 20;
	struct area_shape shape = cache_shape(size);
	uint64_t n = 0, free_before;

	if (seats_create() < 0 || wake_create() < 0 ||
	    area_create(&shape, &area) < 0)
		fail("no memory");
	seat_sit(seat_take(0, 1));
	cache_create(area.table, size);
	cache_enter(area.table, shape.size);
	free_before = cache_sum().free;
	printf("area %llu, for objects %llu\n", (unsigned long long)size,
	    (unsigned long long)free_before);
	printf(" objects   ns hit  ns miss    bytes overhead\n");
	for (uint64_t next = 1000; next <= 1000000; next *= 10) {
		while (n < next)
			put(n++);
		if (cache_sum().evicted > 0)
			fail("some had to give way");
		tell(n, free_before);
	}
	return 0;
}

/*
 * test_cache_fragments.c - does the memory of a shard fall to pieces?
 *
 * A shard of 32 MiB in units of 64 bytes, full all the time, as a cache is.
 * Objects come with sizes of heavy tails and go in the order of SIEVE, three of
 * ten having been asked for meanwhile, so that what is freed is scattered.  The
 * mix changes: small things, large ones, all sizes, huge ones, small ones
 * again, each for several times the size of the shard.  In the soak run, with
 * SOAK in the environment, for days' worth of traffic and with the figures
 * printed.
 *
 * What must hold in each phase, however often they have changed: few units lie
 * idle, large things lie in few pieces, small ones in one.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/cache_blocks.h"

#define UNIT 64
#define UNITS ((uint32_t)524288)
#define LARGEST (UNITS / 4)
#define OBJECTS (UNITS / 8) /* more than there can be */
#define NONE UINT32_MAX
#define BIG 1024 /* units */

#define PIECES_MAX (LARGEST / CACHE_PIECE_LEAST + 1)

struct piece {
	uint32_t at, n;
};

struct object {
	bool visited;
	uint32_t newer, older; /* NONE: there is none */
	uint32_t pieces;
	struct piece piece[];
};

static const struct phase {
	const char *name;
	double smallest, exponent, largest; /* bytes, of the tail, bytes */
	double idle, pieces, big; /* at most; at most; KiB of one at least */
} phases[] = {
    {"small", 600, 1.3, 65536, 7, 1.2, 5},
    {"large", 65536, 1.1, LARGEST *UNIT, 10, 12, 40},
    {"mixed", 800, 0.9, LARGEST *UNIT, 17, 1.4, 50},
    {"small", 600, 1.3, 65536, 7, 1.2, 5},
    {"mixed", 800, 0.9, LARGEST *UNIT, 17, 1.4, 50},
    {"huge", 1e6, 1.0, LARGEST *UNIT, 14, 30, 128},
    {"small", 600, 1.3, 65536, 7, 1.2, 5},
};
#define PHASES (sizeof(phases) / sizeof(phases[0]))

struct figures {
	uint64_t volume, objects, pieces, big_units, big_pieces, idle, samples;
};

static void *book;
static struct cache_blocks b;
static struct object *objects[OBJECTS];
static uint32_t spare[OBJECTS], spares;
static uint32_t newest, oldest, hand;
static uint64_t seed;

static void setup(void)
{
	book = malloc(cache_blocks_size(UNITS));
	ck_assert_ptr_nonnull(book);
	b = cache_blocks_view(book, UNITS);
	cache_blocks_clear(&b);
	spares = 0;
	for (uint32_t i = OBJECTS; i-- > 0;)
		spare[spares++] = i;
	newest = oldest = hand = NONE;
	seed = UINT64_C(88172645463325252);
}

static void teardown(void)
{
	for (uint32_t i = 0; i < OBJECTS; i++) {
		free(objects[i]);
		objects[i] = NULL;
	}
	free(book);
}

/* The same on every machine: what is asserted has been measured. */
static uint64_t number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint32_t units_of(const struct phase *p)
{
	double u = ((double)(number() >> 11) + 1) / 9007199254740993.0;
	double size = p->smallest * pow(u, -1 / p->exponent);
	uint32_t units = (uint32_t)(fmin(size, p->largest) / UNIT) + 1;

	return units < LARGEST ? units : LARGEST;
}

/* ---- SIEVE ---- */

static void append(uint32_t i)
{
	objects[i]->older = newest;
	objects[i]->newer = NONE;
	if (newest != NONE)
		objects[newest]->newer = i;
	else
		oldest = i;
	newest = i;
}

static void take_out(uint32_t i)
{
	const struct object *o = objects[i];

	if (o->newer != NONE)
		objects[o->newer]->older = o->older;
	else
		newest = o->older;
	if (o->older != NONE)
		objects[o->older]->newer = o->newer;
	else
		oldest = o->newer;
}

static void evict(void)
{
	struct object *o;
	uint32_t i = hand;

	ck_assert_uint_ne(oldest, NONE);
	for (;;) {
		if (i == NONE)
			i = oldest;
		o = objects[i];
		if (!o->visited)
			break;
		o->visited = false;
		i = o->newer;
	}
	hand = o->newer;
	take_out(i);
	for (uint32_t k = 0; k < o->pieces; k++)
		ck_assert(cache_blocks_give(&b, o->piece[k].at, o->piece[k].n));
	free(o);
	objects[i] = NULL;
	spare[spares++] = i;
}

/* ---- traffic ---- */

static void store(uint32_t units, struct figures *f)
{
	static struct piece piece[PIECES_MAX];
	uint32_t left = units, n = 0, i = spare[--spares];
	struct object *o;

	for (; left > 0; left -= piece[n++].n) {
		while (cache_blocks_longest(&b) < cache_piece(units, left, 0))
			evict();
		ck_assert_uint_lt(n, PIECES_MAX);
		piece[n].n = cache_blocks_take(&b, left, &piece[n].at);
	}
	o = malloc(sizeof(*o) + n * sizeof(*piece));
	ck_assert_ptr_nonnull(o);
	*o = (struct object){.visited = number() % 10 < 3, .pieces = n};
	memcpy(o->piece, piece, n * sizeof(*piece));
	objects[i] = o;
	append(i);
	f->volume += units;
	f->objects++;
	f->pieces += n;
	if (units >= BIG) {
		f->big_units += units;
		f->big_pieces += n;
	}
}

/* TURNS times the size of the shard; what was before is gone by the time the
 * figures are taken. */
static struct figures run(const struct phase *p, uint32_t turns)
{
	struct figures f = {0};

	while (f.volume < (uint64_t)3 * UNITS)
		store(units_of(p), &f);
	f = (struct figures){0};
	while (f.volume < (uint64_t)turns * UNITS) {
		store(units_of(p), &f);
		f.idle += cache_blocks_free(&b);
		f.samples++;
	}
	ck_assert(cache_blocks_check(&b));
	return f;
}

static double idle_of(const struct figures *f)
{
	return 100.0 * (double)f->idle / (double)f->samples / UNITS;
}

static void judge(const struct phase *p, const struct figures *f, bool print)
{
	double pieces = (double)f->pieces / (double)f->objects;
	double big = f->big_pieces == 0 ? 0
					: (double)f->big_units * UNIT / 1024 /
					      (double)f->big_pieces;

	if (print)
		printf("%-6s %8llu objects, idle %5.2f %%, %5.2f pieces each, "
		       "large ones %6.1f KiB a piece\n",
		    p->name, (unsigned long long)f->objects, idle_of(f), pieces,
		    big);
	ck_assert_double_le(idle_of(f), p->idle);
	ck_assert_double_le(pieces, p->pieces);
	if (f->big_pieces > 0)
		ck_assert_double_ge(big, p->big);
}

START_TEST(memory_does_not_fall_to_pieces)
{
	bool soak = getenv("SOAK") != NULL;
	unsigned rounds = soak ? 4 : 1, turns = soak ? 40 : 3;

	for (unsigned i = 0; i < rounds * PHASES; i++) {
		const struct phase *p = &phases[i % PHASES];
		struct figures f = run(p, turns);

		judge(p, &f, soak);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_fragments");
	TCase *tcase = tcase_create("cache_fragments");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 55);
	tcase_add_test(tcase, memory_does_not_fall_to_pieces);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * eviction.c - which order of eviction keeps what is asked for again?
 *
 *	eviction [MILLIONS]
 *
 * Plays made-up traffic, MILLIONS of requests a case (4), against caches of
 * 1, 5 and 20 % of the bytes of a million objects: popularity by Zipf with
 * exponents from 0.8 to 1.1, sizes from 1.2 KB with a heavy tail (1.15), a
 * quarter of the cache at most.  Five kinds:
 *
 *	plain	nothing else
 *	once	three requests of ten are for something never asked for again
 *	scan	crawlers: now and then 100,000 objects in a row, 300,000 in all
 *	drift	popularity changes: one object in 20 requests trades places
 *	all	"once" and "scan" together
 *
 * and prints what share of requests, and of bytes, was found, in percent, mean
 * of the exponents; the first third of each case warms the cache up.  "ours" is
 * common/shm/cache_queue.c itself, the others are written after the papers.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/cache_queue.h"

#define KEYS 1000000u
#define SCANNED 300000u
#define GHOSTS ((uint32_t)1 << 18)
#define NONE 0u

enum kind { PLAIN, ONCE, SCAN, DRIFT, ALL, KINDS };
enum policy { LRU, SIEVE, S3_FIFO, OURS, POLICIES };

static const char *const kind_names[] = {
    "plain", "once", "scan", "drift", "all"};
static const char *const policy_names[] = {"LRU", "SIEVE", "S3-FIFO", "ours"};
static const double exponents[] = {0.8, 0.9, 1.0, 1.1};
static const double shares[] = {0.01, 0.05, 0.2};

#define EXPONENTS (sizeof(exponents) / sizeof(exponents[0]))
#define SHARES (sizeof(shares) / sizeof(shares[0]))

/* Objects are numbers from 1 on; number 0 is nobody. */
static uint32_t objects, requests;
static uint32_t *trace, *sizes;

/* ---- traffic ---- */

static uint64_t seed = UINT64_C(88172645463325252);
static double *chance; /* Walker's: that it is itself, and not its ALIAS */
static uint32_t *alias, *ranked;

static uint64_t number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* In (0, 1]. */
static double fraction(void)
{
	return ((double)(number() >> 11) + 1) / 9007199254740992.0;
}

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL) {
		perror("calloc");
		exit(1);
	}
	return p;
}

static void prepare_zipf(double exponent)
{
	uint32_t *small = allocate(KEYS, sizeof(*small)), smalls = 0;
	uint32_t *large = allocate(KEYS, sizeof(*large)), larges = 0;
	double sum = 0;

	for (uint32_t i = 0; i < KEYS; i++)
		sum += chance[i] = pow(i + 1, -exponent);
	for (uint32_t i = 0; i < KEYS; i++) {
		chance[i] *= KEYS / sum;
		if (chance[i] < 1)
			small[smalls++] = i;
		else
			large[larges++] = i;
	}
	while (smalls > 0 && larges > 0) {
		uint32_t s = small[--smalls], l = large[larges - 1];

		alias[s] = l;
		chance[l] -= 1 - chance[s];
		if (chance[l] < 1) {
			small[smalls++] = l;
			larges--;
		}
	}
	free(small);
	free(large);
}

static uint32_t zipf_rank(void)
{
	uint32_t i = (uint32_t)(number() % KEYS);

	return fraction() <= chance[i] ? i : alias[i];
}

static void swap_ranks(uint32_t a, uint32_t b)
{
	uint32_t object = ranked[a];

	ranked[a] = ranked[b];
	ranked[b] = object;
}

static void make_trace(enum kind kind)
{
	uint32_t once = KEYS + SCANNED + 1, left = 0, at = 0;
	bool has_once = kind == ONCE || kind == ALL;
	bool has_scans = kind == SCAN || kind == ALL;

	for (uint32_t i = 0; i < KEYS; i++)
		ranked[i] = i + 1;
	for (uint32_t i = KEYS - 1; i > 0; i--)
		swap_ranks(i, (uint32_t)(number() % (i + 1)));
	for (uint32_t i = 0; i < requests; i++) {
		if (kind == DRIFT && i % 20 == 0)
			swap_ranks(zipf_rank(), (uint32_t)(number() % KEYS));
		if (has_scans && left == 0 && number() % 400000 == 0)
			left = 100000;
		if (has_once && fraction() < 0.3) {
			trace[i] = once++;
		} else if (left > 0 && fraction() < 0.6) {
			left--;
			trace[i] = KEYS + 1 + at++ % SCANNED;
		} else {
			trace[i] = ranked[zipf_rank()];
		}
	}
}

/* Of all objects; what those weigh together that are asked for by Zipf. */
static uint64_t make_sizes(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 1; i < objects; i++) {
		sizes[i] =
		    (uint32_t)fmin(1200 * pow(fraction(), -1 / 1.15), 16e6);
		sum += i <= KEYS ? sizes[i] : 0;
	}
	return sum;
}

/* ---- queues of the papers ---- */

struct line {
	uint32_t newest, oldest, hand, count;
	uint64_t bytes;
};

static uint32_t *newer, *older, *dropped_at;
static uint8_t *place, *asked; /* place 0: not there; 1, 2: in that line */
static struct line lines[3];
static uint32_t drops;
static uint64_t room;

static void append(int line, uint32_t i)
{
	struct line *q = &lines[line];

	newer[i] = NONE;
	older[i] = q->newest;
	if (q->newest != NONE)
		newer[q->newest] = i;
	else
		q->oldest = i;
	q->newest = i;
	q->bytes += sizes[i];
	q->count++;
	place[i] = (uint8_t)line;
}

static void take_out(uint32_t i)
{
	struct line *q = &lines[place[i]];

	if (q->hand == i)
		q->hand = newer[i];
	if (newer[i] != NONE)
		older[newer[i]] = older[i];
	else
		q->newest = older[i];
	if (older[i] != NONE)
		newer[older[i]] = newer[i];
	else
		q->oldest = newer[i];
	q->bytes -= sizes[i];
	q->count--;
	place[i] = 0;
}

static void evict_sieve(struct line *q)
{
	uint32_t i = q->hand != NONE ? q->hand : q->oldest;

	while (asked[i] > 0) {
		asked[i] = 0;
		i = newer[i] != NONE ? newer[i] : q->oldest;
	}
	q->hand = newer[i];
	take_out(i);
}

/* Line 1 is the small queue, a tenth; line 2 the main one. */
static void evict_s3(void)
{
	for (;;) {
		bool small =
		    lines[1].count > 0 &&
		    (lines[1].bytes > room / 10 || lines[2].count == 0);
		uint32_t i = lines[small ? 1 : 2].oldest;

		take_out(i);
		if (small && asked[i] == 0) {
			dropped_at[i] = ++drops;
			return;
		}
		if (!small && asked[i] == 0)
			return;
		asked[i] = small ? 0 : asked[i] - 1;
		append(2, i);
	}
}

static void evict(enum policy policy)
{
	if (policy == LRU)
		take_out(lines[1].oldest);
	else if (policy == SIEVE)
		evict_sieve(&lines[1]);
	else
		evict_s3();
}

static bool is_ghost(uint32_t i)
{
	return dropped_at[i] != 0 &&
	       drops - dropped_at[i] < lines[1].count + lines[2].count;
}

static bool ask_line(enum policy policy, uint32_t i)
{
	bool found = place[i] != 0;

	if (found && policy == LRU) {
		take_out(i);
		append(1, i);
	} else if (found) {
		asked[i] += asked[i] < (policy == S3_FIFO ? 3 : 1);
	} else if (sizes[i] <= room / 4) {
		while (lines[1].bytes + lines[2].bytes + sizes[i] > room)
			evict(policy);
		asked[i] = 0;
		append(policy == S3_FIFO && is_ghost(i) ? 2 : 1, i);
	}
	return found;
}

/* ---- ours ---- */

static struct cache_queue_view view;

static uint64_t name_of(uint32_t i)
{
	uint64_t x = i * UINT64_C(0x9e3779b97f4a7c15);

	return x ^ x >> 32;
}

static bool ask_ours(uint32_t i)
{
	struct cache_node *nodes = (struct cache_node *)(void *)view.nodes;

	if (nodes[i].queued) {
		nodes[i].visited = 1;
		return true;
	}
	if (sizes[i] > room / 4)
		return false;
	while (view.queues->all.weight + sizes[i] > room) {
		uint32_t at = cache_queue_next(&view, CACHE_OWNER_NONE);

		cache_queue_note(&view, name_of(at));
		cache_queue_remove(&view, at);
	}
	cache_queue_add(&view, i, sizes[i], CACHE_OWNER_NONE, name_of(i));
	return false;
}

/* ---- one case ---- */

static void prepare(void)
{
	objects = KEYS + SCANNED + requests + 1;
	trace = allocate(requests, sizeof(*trace));
	sizes = allocate(objects, sizeof(*sizes));
	chance = allocate(KEYS, sizeof(*chance));
	alias = allocate(KEYS, sizeof(*alias));
	ranked = allocate(KEYS, sizeof(*ranked));
	newer = allocate(objects, sizeof(*newer));
	older = allocate(objects, sizeof(*older));
	dropped_at = allocate(objects, sizeof(*dropped_at));
	place = allocate(objects, 1);
	asked = allocate(objects, 1);
	view = (struct cache_queue_view){
	    .queues = allocate(1, sizeof(struct cache_queues)),
	    .nodes = allocate(objects, sizeof(struct cache_node)),
	    .stride = sizeof(struct cache_node),
	    .count = objects,
	    .ghosts = allocate(GHOSTS, sizeof(struct cache_ghost)),
	    .slots = GHOSTS,
	};
}

static void empty(void)
{
	memset(lines, 0, sizeof(lines));
	memset(place, 0, objects);
	memset(dropped_at, 0, objects * sizeof(*dropped_at));
	memset(view.queues, 0, sizeof(*view.queues));
	memset(view.nodes, 0, objects * sizeof(struct cache_node));
	memset(view.ghosts, 0, GHOSTS * sizeof(struct cache_ghost));
	drops = 0;
}

struct result {
	double objects, bytes;
};

static struct result play(enum policy policy)
{
	uint64_t asks = 0, hits = 0, all_bytes = 0, hit_bytes = 0;

	empty();
	for (uint32_t i = 0; i < requests; i++) {
		bool found = policy == OURS ? ask_ours(trace[i])
					    : ask_line(policy, trace[i]);

		if (i < requests / 3)
			continue;
		asks++;
		hits += found;
		all_bytes += sizes[trace[i]];
		hit_bytes += found ? sizes[trace[i]] : 0;
	}
	return (struct result){100.0 * (double)hits / (double)asks,
	    100.0 * (double)hit_bytes / (double)all_bytes};
}

static void print_kind(enum kind kind, uint64_t bytes)
{
	struct result sum[SHARES][POLICIES] = {{{0, 0}}};

	for (size_t e = 0; e < EXPONENTS; e++) {
		prepare_zipf(exponents[e]);
		make_trace(kind);
		for (size_t s = 0; s < SHARES; s++) {
			room = (uint64_t)((double)bytes * shares[s]);
			for (int p = 0; p < POLICIES; p++) {
				struct result r = play((enum policy)p);

				sum[s][p].objects += r.objects / EXPONENTS;
				sum[s][p].bytes += r.bytes / EXPONENTS;
			}
		}
	}
	for (size_t s = 0; s < SHARES; s++) {
		printf("%-6s %3.0f %%", kind_names[kind], shares[s] * 100);
		for (int p = 0; p < POLICIES; p++)
			printf("   %4.1f %4.1f", sum[s][p].objects,
			    sum[s][p].bytes);
		printf("\n");
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	uint64_t bytes;

	requests = (argc > 1 ? (uint32_t)atoi(argv[1]) : 4) * 1000000;
	if (requests == 0 || argc > 2)
		return 2;
	prepare();
	bytes = make_sizes();
	printf("traffic cache");
	for (int p = 0; p < POLICIES; p++)
		printf("  %10s", policy_names[p]);
	printf("\n");
	for (int k = 0; k < KINDS; k++)
		print_kind((enum kind)k, bytes);
	return 0;
}

/*
 * test_cache_queue.c - who gives way: order, marks, scans, who comes back,
 * owners with a share of their own, and chains that a mad process has torn.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/shm/cache_queue.h"

#define NODES 4096u
#define SLOTS 1024u
#define ALL CACHE_OWNER_NONE

static struct cache_node nodes[NODES];
static struct cache_ghost ghosts[SLOTS];
static struct cache_queues queues;
static struct cache_queue_view v;

static void setup(void)
{
	ck_assert_int_eq(random_init(), 0);
	memset(nodes, 0xa5, sizeof(nodes));
	for (uint32_t i = 0; i < NODES; i++)
		nodes[i].queued = false;
	memset(ghosts, 0, sizeof(ghosts));
	v = (struct cache_queue_view){.queues = &queues,
	    .nodes = (char *)nodes,
	    .stride = sizeof(nodes[0]),
	    .count = NODES,
	    .ghosts = ghosts,
	    .slots = SLOTS};
	cache_queue_clear(&v);
}

static uint64_t name_of(uint32_t at)
{
	return at * UINT64_C(0x9e3779b97f4a7c15);
}

static struct hash_id owner_of(uint64_t i)
{
	return (struct hash_id){{i, i}};
}

static void add(uint32_t at, unsigned owner)
{
	cache_queue_add(&v, at, 10, owner, name_of(at));
}

static void visit(uint32_t at)
{
	atomic_store(&nodes[at].visited, 1);
}

/* As the store does it for want of memory. */
static uint32_t drop(unsigned owner)
{
	uint32_t at = cache_queue_next(&v, owner);

	ck_assert_uint_gt(at, 0);
	cache_queue_note(&v, name_of(at));
	cache_queue_remove(&v, at);
	return at;
}

static void add_to(uint32_t n)
{
	for (uint32_t i = 1; i <= n; i++)
		add(i, ALL);
}

START_TEST(an_empty_one_has_nobody)
{
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 0);
	ck_assert_uint_eq(cache_queue_next(&v, 3), 0);
	ck_assert_uint_eq(cache_queue_weight(&v, ALL), 0);
	ck_assert(cache_queue_check(&v));
}
END_TEST

START_TEST(who_was_not_asked_for_goes_oldest_first)
{
	add_to(5);
	for (uint32_t i = 1; i <= 5; i++)
		ck_assert_uint_eq(drop(ALL), i);
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 0);
	ck_assert(cache_queue_check(&v));
}
END_TEST

START_TEST(who_was_asked_for_stays_a_round)
{
	add_to(4);
	visit(1);
	visit(3);
	ck_assert_uint_eq(drop(ALL), 2);
	ck_assert_uint_eq(drop(ALL), 4);
	ck_assert_uint_eq(drop(ALL), 1);
	ck_assert_uint_eq(drop(ALL), 3);
}
END_TEST

/* The hand does not begin anew: that is what makes it SIEVE. */
START_TEST(what_is_new_is_looked_at_before_what_was_kept)
{
	add_to(4);
	visit(1);
	visit(2);
	ck_assert_uint_eq(drop(ALL), 3);
	add(5, ALL);
	ck_assert_uint_eq(drop(ALL), 4);
	ck_assert_uint_eq(drop(ALL), 5);
	ck_assert_uint_eq(drop(ALL), 1);
}
END_TEST

START_TEST(whoever_goes_leaves_a_whole_queue)
{
	add_to(6);
	visit(1);
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 2);
	cache_queue_remove(&v, 3); /* where the hand is */
	ck_assert(cache_queue_check(&v));
	cache_queue_remove(&v, 6);
	cache_queue_remove(&v, 1);
	ck_assert(cache_queue_check(&v));
	cache_queue_remove(&v, 1);
	ck_assert(cache_queue_check(&v));
	ck_assert_uint_eq(drop(ALL), 4);
	ck_assert_uint_eq(drop(ALL), 5);
	ck_assert_uint_eq(drop(ALL), 2);
	ck_assert(cache_queue_check(&v));
}
END_TEST

/* A page that everybody wants survives a crawler that reads everything. */
START_TEST(a_scan_does_not_drive_out_what_is_in_use)
{
	uint32_t hot = 100, room = 200, next = hot + 1;

	add_to(hot);
	for (uint32_t i = 0; i < 100000; i++) {
		visit(1 + 2 * i % hot);
		visit(1 + (2 * i + 1) % hot);
		if (queues.all.count == room)
			ck_assert_uint_gt(drop(ALL), hot);
		while (nodes[next].queued || next <= hot)
			next = (next + 1) % NODES;
		add(next, ALL);
		next = (next + 1) % NODES;
	}
	ck_assert(cache_queue_check(&v));
}
END_TEST

START_TEST(who_comes_back_soon_counts_as_asked_for)
{
	add_to(10);
	ck_assert_uint_eq(drop(ALL), 1);
	add(1, ALL);
	for (uint32_t i = 2; i <= 10; i++)
		ck_assert_uint_eq(drop(ALL), i);
	add(11, ALL);
	ck_assert_uint_eq(drop(ALL), 11);
	ck_assert_uint_eq(drop(ALL), 1);
}
END_TEST

START_TEST(who_comes_back_late_is_new)
{
	add_to(10);
	ck_assert_uint_eq(drop(ALL), 1);
	for (uint32_t i = 0; i < 12; i++) {
		add(100 + i, ALL);
		(void)drop(ALL);
	}
	add(1, ALL);
	ck_assert_uint_eq(nodes[1].visited, 0);
}
END_TEST

START_TEST(who_was_purged_and_not_dropped_is_new)
{
	add_to(10);
	cache_queue_remove(&v, 4);
	add(4, ALL);
	ck_assert_uint_eq(nodes[4].visited, 0);
}
END_TEST

START_TEST(the_work_for_one_is_bounded)
{
	uint32_t n = CACHE_QUEUE_STEPS * 3;

	add_to(n);
	for (uint32_t i = 1; i <= n; i++)
		visit(i);
	ck_assert_uint_eq(cache_queue_next(&v, ALL), CACHE_QUEUE_STEPS + 1);
	for (uint32_t i = 1; i <= n; i++)
		ck_assert_uint_eq(nodes[i].visited, i > CACHE_QUEUE_STEPS + 1);
}
END_TEST

/* What is pinned brings nothing: the store asks for the next one. */
START_TEST(who_asks_again_gets_the_next)
{
	add_to(3);
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 1);
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 2);
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 3);
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 1);
}
END_TEST

/* ---- owners ---- */

START_TEST(an_owner_drops_its_own)
{
	unsigned a = cache_queue_owner(&v, owner_of(1)), b;

	add(1, ALL);
	add(2, a);
	b = cache_queue_owner(&v, owner_of(2));
	add(3, b);
	add(4, a);
	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(cache_queue_weight(&v, a), 20);
	ck_assert_uint_eq(cache_queue_weight(&v, b), 10);
	ck_assert_uint_eq(drop(a), 2);
	ck_assert_uint_eq(drop(a), 4);
	ck_assert_uint_eq(cache_queue_next(&v, a), 0);
	ck_assert(cache_queue_check(&v));
	ck_assert_uint_eq(drop(ALL), 1);
	ck_assert_uint_eq(drop(ALL), 3);
	ck_assert_uint_eq(cache_queue_weight(&v, b), 0);
	ck_assert(cache_queue_check(&v));
}
END_TEST

START_TEST(nobody_is_no_owner)
{
	ck_assert_uint_eq(cache_queue_owner(&v, owner_of(0)), ALL);
}
END_TEST

START_TEST(there_are_so_many_owners_and_the_rest_is_one)
{
	for (uint64_t i = 0; i < CACHE_OWNERS; i++) {
		unsigned owner = cache_queue_owner(&v, owner_of(100 + i));

		ck_assert_uint_lt(owner, CACHE_OWNERS);
		add((uint32_t)i + 1, owner);
	}
	ck_assert_uint_eq(cache_queue_owner(&v, owner_of(7)), CACHE_OWNER_REST);
	ck_assert_uint_eq(cache_queue_owner(&v, owner_of(8)), CACHE_OWNER_REST);
	add(1000, CACHE_OWNER_REST);
	ck_assert_uint_eq(cache_queue_owner(&v, owner_of(103)), 3);
	ck_assert_uint_eq(drop(3), 4);
	ck_assert_uint_eq(cache_queue_owner(&v, owner_of(7)), 3);
	ck_assert_uint_eq(drop(CACHE_OWNER_REST), 1000);
	ck_assert(cache_queue_check(&v));
}
END_TEST

START_TEST(what_has_grown_weighs_more)
{
	unsigned a = cache_queue_owner(&v, owner_of(1));

	add(1, a);
	add(2, ALL);
	cache_queue_weigh(&v, 1, 500);
	cache_queue_weigh(&v, 2, 1);
	cache_queue_weigh(&v, 3, 7); /* in none */
	ck_assert_uint_eq(cache_queue_weight(&v, a), 500);
	ck_assert_uint_eq(queues.all.weight, 501);
	ck_assert(cache_queue_check(&v));
}
END_TEST

/* ---- at random ---- */

START_TEST(at_random_all_sums_agree)
{
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t at = 1 + (uint32_t)(random_u64() % 300);
		unsigned owner =
		    cache_queue_owner(&v, owner_of(random_u64() % 80));

		if (!nodes[at].queued)
			cache_queue_add(&v, at, 1 + at % 9, owner, name_of(at));
		else if (random_u64() % 4 == 0)
			cache_queue_remove(&v, at);
		else if (random_u64() % 4 == 0)
			cache_queue_weigh(&v, at, at % 13);
		else
			visit(at);
		if (random_u64() % 5 == 0 && cache_queue_weight(&v, owner) > 0)
			(void)drop(owner);
		if (i % 16 == 0)
			ck_assert(cache_queue_check(&v));
	}
}
END_TEST

START_TEST(torn_chains_are_harmless)
{
	for (int round = 0; round < 2000; round++) {
		random_fill(nodes, sizeof(nodes));
		random_fill(&queues, sizeof(queues));
		for (int i = 0; i < 20; i++) {
			uint32_t at = (uint32_t)random_u64();

			(void)cache_queue_next(&v, at % 66);
			cache_queue_remove(&v, at % (2 * NODES));
			cache_queue_weigh(&v, at % (2 * NODES), 4);
			cache_queue_add(&v, at % (2 * NODES), 4, at % 66, at);
			(void)cache_queue_owner(&v, owner_of(at));
		}
	}
	cache_queue_clear(&v);
	ck_assert(cache_queue_check(&v));
	ck_assert_uint_eq(cache_queue_next(&v, ALL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_queue");
	TCase *tcase = tcase_create("cache_queue");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, an_empty_one_has_nobody);
	tcase_add_test(tcase, who_was_not_asked_for_goes_oldest_first);
	tcase_add_test(tcase, who_was_asked_for_stays_a_round);
	tcase_add_test(tcase, what_is_new_is_looked_at_before_what_was_kept);
	tcase_add_test(tcase, whoever_goes_leaves_a_whole_queue);
	tcase_add_test(tcase, a_scan_does_not_drive_out_what_is_in_use);
	tcase_add_test(tcase, who_comes_back_soon_counts_as_asked_for);
	tcase_add_test(tcase, who_comes_back_late_is_new);
	tcase_add_test(tcase, who_was_purged_and_not_dropped_is_new);
	tcase_add_test(tcase, the_work_for_one_is_bounded);
	tcase_add_test(tcase, who_asks_again_gets_the_next);
	tcase_add_test(tcase, an_owner_drops_its_own);
	tcase_add_test(tcase, nobody_is_no_owner);
	tcase_add_test(tcase, there_are_so_many_owners_and_the_rest_is_one);
	tcase_add_test(tcase, what_has_grown_weighs_more);
	tcase_add_test(tcase, at_random_all_sums_agree);
	tcase_add_test(tcase, torn_chains_are_harmless);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

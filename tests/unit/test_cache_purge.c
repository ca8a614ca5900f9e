/*
 * test_cache_purge.c - what is purged and what is not, what is fetched
 * meanwhile, and what a walk sees.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/cache_purge.h"
#include "common/shm/seat.h"
#include "tests/unit/cache_store.h"

static const char *const nothing;

/* Of what: everything has the URL, a LF, and perhaps more. */
static struct cache_key key_of(const char *text)
{
	return cache_key_make(str_from(text));
}

static struct cache_object claim(const char *text)
{
	struct cache_key key = key_of(text);
	struct cache_variant none = cache_variant_make(str_make("", 0));
	struct cache_found f = {.buf = NULL};
	struct cache_object fetch;

	(void)cache_find(&key, &none, 1, 0, &f);
	cache_release(&f.object);
	ck_assert_int_eq(
	    cache_claim(&key, NULL, f.stamp, 10 * USEC_PER_SEC, &fetch),
	    CACHE_CLAIMED);
	return fetch;
}

static struct cache_publish head_of(const char *variant, const char *tags)
{
	struct cache_publish head = store_head(1, 3);

	head.variant = cache_variant_make(str_from(variant));
	head.spec = str_from(variant[0] != '\0' ? "accept-encoding" : "");
	head.tags = str_from(tags);
	return head;
}

static void put_variant(const char *text, const char *variant, const char *tags)
{
	struct cache_publish head = head_of(variant, tags);
	struct cache_object fetch = claim(text);

	ck_assert(cache_publish(&fetch, &head));
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 3), 3);
	cache_finish(&fetch);
}

static void put(const char *text, const char *tags)
{
	put_variant(text, "", tags);
}

static bool find(const char *text, const char *variant, struct cache_found *f)
{
	struct cache_variant v = cache_variant_make(str_from(variant));
	struct cache_key key = key_of(text);
	static char record[256];

	*f = (struct cache_found){.buf = record, .cap = sizeof(record)};
	return cache_find(&key, &v, 1, 0, f) == CACHE_FOUND;
}

static bool is_there_as(const char *text, const char *variant)
{
	struct cache_found f;
	bool found = find(text, variant, &f);

	cache_release(&f.object);
	return found;
}

static bool is_there(const char *text)
{
	return is_there_as(text, "");
}

static bool is_fresh(const char *text)
{
	struct cache_found f;
	bool found = find(text, "", &f);

	cache_release(&f.object);
	return found && f.meta.fresh_until > clock_mono();
}

static struct cache_purge purge_as(
    enum cache_scope scope, const char *text, bool soft)
{
	struct cache_match match = {scope, str_from(text)};
	struct cache_purge p;
	unsigned steps = 0;

	cache_purge_begin(&p, &match, soft);
	while (cache_purge_step(&p) != CACHE_STEP_DONE)
		ck_assert_uint_lt(++steps, 100000);
	ck_assert_uint_eq(p.walk.missed, 0);
	ck_assert_pstr_eq(store_fault(), nothing);
	return p;
}

static uint64_t purge(enum cache_scope scope, const char *text)
{
	return purge_as(scope, text, false).objects;
}

START_TEST(by_key_exactly_one)
{
	put("http://a/x\n", "");
	put("http://a/x\nmore\n", "");
	put("http://a/x?q\n", "");
	ck_assert_uint_eq(purge(CACHE_SCOPE_KEY, "http://a/x\n"), 1);
	ck_assert(!is_there("http://a/x\n"));
	ck_assert(is_there("http://a/x\nmore\n"));
	ck_assert(is_there("http://a/x?q\n"));
}
END_TEST

START_TEST(by_url_whatever_else_the_key_has)
{
	put("http://a/x\n", "");
	put("http://a/x\ncookie=1\n", "");
	put("http://a/xy\n", "");
	put("https://a/x\n", "");
	ck_assert_uint_eq(purge(CACHE_SCOPE_URL, "http://a/x"), 2);
	ck_assert(!is_there("http://a/x\n"));
	ck_assert(!is_there("http://a/x\ncookie=1\n"));
	ck_assert(is_there("http://a/xy\n"));
	ck_assert(is_there("https://a/x\n"));
}
END_TEST

START_TEST(all_variants_go)
{
	put_variant("http://a/x\n", "gzip", "");
	put_variant("http://a/x\n", "br", "");
	ck_assert(is_there_as("http://a/x\n", "br"));
	ck_assert_uint_eq(purge(CACHE_SCOPE_URL, "http://a/x"), 2);
	ck_assert(!is_there_as("http://a/x\n", "gzip"));
	ck_assert(!is_there_as("http://a/x\n", "br"));
}
END_TEST

START_TEST(by_prefix_of_the_url)
{
	put("http://a/css/1\n", "");
	put("http://a/css/2\n", "");
	put("http://a/js\n", "");
	put("http://a/\nhttp://a/css/\n", "");
	ck_assert_uint_eq(purge(CACHE_SCOPE_PREFIX, "http://a/css/"), 2);
	ck_assert(!is_there("http://a/css/2\n"));
	ck_assert(is_there("http://a/js\n"));
	ck_assert(is_there("http://a/\nhttp://a/css/\n"));
}
END_TEST

START_TEST(by_host_with_any_scheme_and_port)
{
	put("http://a.example/1\n", "");
	put("https://a.example:8443/2\n", "");
	put("https://a.example?3\n", "");
	put("https://a.example.org/4\n", "");
	put("https://b.a.example/5\n", "");
	put("https://b/?http://a.example/\n", "");
	ck_assert_uint_eq(purge(CACHE_SCOPE_HOST, "A.example"), 3);
	ck_assert(is_there("https://a.example.org/4\n"));
	ck_assert(is_there("https://b.a.example/5\n"));
	ck_assert(is_there("https://b/?http://a.example/\n"));
}
END_TEST

START_TEST(by_host_and_port)
{
	put("http://a:80/1\n", "");
	put("http://a:8080/1\n", "");
	put("http://[::1]:81/1\n", "");
	ck_assert_uint_eq(purge(CACHE_SCOPE_HOST, "a:80"), 1);
	ck_assert_uint_eq(purge(CACHE_SCOPE_HOST, "[::1]"), 1);
	ck_assert(is_there("http://a:8080/1\n"));
	put("http://b/1\n", "");
	put("https://b/2\n", "");
	ck_assert_uint_eq(purge(CACHE_SCOPE_HOST, "B:443"), 1);
	ck_assert_uint_eq(purge(CACHE_SCOPE_HOST, "b:8080"), 0);
	ck_assert(is_there("http://b/1\n"));
}
END_TEST

START_TEST(by_tag_as_it_is_written)
{
	put("http://a/1\n", "news");
	put("http://a/2\n", "top\nnews\nx");
	put("http://a/3\n", "newspaper\nNews");
	put("http://a/4\n", "");
	ck_assert_uint_eq(purge(CACHE_SCOPE_TAG, "news"), 2);
	ck_assert(!is_there("http://a/1\n"));
	ck_assert(!is_there("http://a/2\n"));
	ck_assert(is_there("http://a/3\n"));
	ck_assert(is_there("http://a/4\n"));
}
END_TEST

START_TEST(all_of_many)
{
	char text[64];

	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "http://a/%d\n", i);
		put(text, "");
	}
	ck_assert_uint_eq(purge(CACHE_SCOPE_ALL, ""), 5000);
	ck_assert_uint_eq(cache_sum().objects, 0);
	ck_assert_uint_eq(purge(CACHE_SCOPE_ALL, ""), 0);
}
END_TEST

START_TEST(softly_it_is_there_and_stale)
{
	put("http://a/1\n", "t");
	put("http://a/2\n", "");
	ck_assert(is_fresh("http://a/1\n"));
	ck_assert_uint_eq(purge_as(CACHE_SCOPE_TAG, "t", true).objects, 1);
	ck_assert(is_there("http://a/1\n"));
	ck_assert(!is_fresh("http://a/1\n"));
	ck_assert(is_fresh("http://a/2\n"));
}
END_TEST

START_TEST(who_reads_it_reads_on)
{
	struct cache_found f;

	ck_assert(store_put(1, 300000));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	ck_assert_uint_eq(purge(CACHE_SCOPE_ALL, ""), 1);
	ck_assert_int_eq(store_read(&f.object, 1, 0), 300000);
	cache_release(&f.object);
	cache_settle();
	ck_assert_uint_eq(cache_sum().pinned, 0);
	ck_assert_pstr_eq(store_fault(), nothing);
}
END_TEST

START_TEST(marks_go_too)
{
	struct cache_object fetch = claim("http://a/1\n");

	cache_mark(&fetch, DEADLINE_NEVER, 3);
	ck_assert_uint_eq(cache_sum().marks, 1);
	ck_assert_uint_eq(
	    purge_as(CACHE_SCOPE_URL, "http://a/1", true).objects, 0);
	ck_assert_uint_eq(cache_sum().marks, 0);
}
END_TEST

/* ---- what is fetched meanwhile ---- */

static void expect_not_stored(struct cache_object *fetch, const char *tags)
{
	struct cache_publish head = head_of("", tags);

	ck_assert(!cache_publish(fetch, &head));
	cache_abort(fetch, 0);
	ck_assert_pstr_eq(store_fault(), nothing);
}

START_TEST(a_fetch_that_began_before_is_not_stored)
{
	struct cache_object meant = claim("http://a/1\n");
	struct cache_object other = claim("http://b/1\n");
	struct cache_publish head = head_of("", "");
	struct cache_purge p = purge_as(CACHE_SCOPE_HOST, "a", false);

	ck_assert_uint_eq(p.fetches, 1);
	ck_assert_uint_eq(p.objects, 0);
	expect_not_stored(&meant, "");
	ck_assert(!is_there("http://a/1\n"));
	ck_assert(cache_publish(&other, &head));
	(void)store_write(&other, 1, 0, 3);
	cache_finish(&other);
	ck_assert(is_there("http://b/1\n"));
}
END_TEST

START_TEST(behind_a_purge_another_may_fetch_at_once)
{
	struct cache_object before = claim("http://a/1\n"), after;
	struct cache_publish head = head_of("", "");

	(void)purge(CACHE_SCOPE_URL, "http://a/1");
	after = claim("http://a/1\n");
	ck_assert(cache_publish(&after, &head));
	(void)store_write(&after, 1, 0, 3);
	cache_finish(&after);
	expect_not_stored(&before, "");
	ck_assert(is_there("http://a/1\n"));
}
END_TEST

START_TEST(by_tag_no_fetch_without_a_head_is_stored)
{
	struct cache_object fetch = claim("http://a/1\n");

	ck_assert_uint_eq(purge_as(CACHE_SCOPE_TAG, "t", true).fetches, 1);
	expect_not_stored(&fetch, "t");
}
END_TEST

START_TEST(a_fetch_that_nobody_knows_of_is_not_stored)
{
	struct cache_key key = key_of("http://a/1\n");
	struct cache_object fetch;

	ck_assert(cache_begin(&key, &fetch));
	ck_assert_uint_eq(
	    purge_as(CACHE_SCOPE_URL, "http://a/1", false).fetches, 0);
	expect_not_stored(&fetch, "");
}
END_TEST

START_TEST(a_body_that_grows_is_purged_as_others)
{
	struct cache_object fetch = claim("http://a/1\n");
	struct cache_publish head = head_of("", "t");

	ck_assert(cache_publish(&fetch, &head));
	ck_assert_uint_eq(purge(CACHE_SCOPE_TAG, "t"), 1);
	ck_assert(!is_there("http://a/1\n"));
	(void)store_write(&fetch, 1, 0, 3);
	cache_finish(&fetch);
	ck_assert(!is_there("http://a/1\n"));
	ck_assert_pstr_eq(store_fault(), nothing);
}
END_TEST

/* ---- walking ---- */

static unsigned walk(enum cache_scope scope, const char *text, unsigned max,
    struct cache_listed *all, unsigned room)
{
	struct cache_match match = {scope, str_from(text)};
	struct cache_listed at[8];
	enum cache_step step;
	struct cache_walk w;
	unsigned n, sum = 0;

	cache_walk_begin(&w, &match);
	do {
		step = cache_walk_step(&w, at, max, &n);
		for (unsigned i = 0; i < n && sum + i < room; i++)
			all[sum + i] = at[i];
		sum += n;
	} while (step != CACHE_STEP_DONE);
	ck_assert_uint_eq(w.missed, 0);
	return sum;
}

START_TEST(a_walk_tells_what_is_there)
{
	struct cache_listed l[1];
	struct cache_found f;

	put_variant("http://a/1\nx\n", "br", "t");
	put("http://b/1\n", "");
	ck_assert(find("http://a/1\nx\n", "br", &f));
	cache_release(&f.object);
	ck_assert_uint_eq(walk(CACHE_SCOPE_HOST, "a", 8, l, 1), 1);
	ck_assert_int_eq(l->state, CACHE_LISTED_WHOLE);
	ck_assert_uint_eq(l->status, 200);
	ck_assert_uint_eq(l->size, 3);
	ck_assert_uint_ge(l->memory, 200);
	ck_assert_uint_eq(l->hits, 1);
	ck_assert(l->age > 0);
	ck_assert(l->ttl > 0);
	ck_assert(str_eq(cache_listed_key(l), STR("http://a/1\nx\n")));
	ck_assert(str_eq(cache_listed_variant(l), STR("br")));
}
END_TEST

START_TEST(a_walk_tells_of_fetches_and_marks)
{
	struct cache_object fetch = claim("http://a/1\n");
	struct cache_object mark = claim("http://b/1\n");
	struct cache_listed l[1];

	cache_mark(&mark, DEADLINE_NEVER, 5);
	ck_assert_uint_eq(walk(CACHE_SCOPE_HOST, "a", 8, l, 1), 1);
	ck_assert_int_eq(l->state, CACHE_LISTED_FETCHING);
	ck_assert_uint_eq(walk(CACHE_SCOPE_HOST, "b", 8, l, 1), 1);
	ck_assert_int_eq(l->state, CACHE_LISTED_MARK);
	ck_assert_uint_eq(l->reason, 5);
	cache_abort(&fetch, 0);
}
END_TEST

START_TEST(a_walk_meets_each_once_however_few_it_takes)
{
	static struct cache_listed l[3000];
	static bool seen[3000];
	char text[64];

	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "http://a/%d\n", i);
		put(text, "");
	}
	for (unsigned max = 1; max <= 8; max += 7) {
		memset(seen, 0, sizeof(seen));
		ck_assert_uint_eq(
		    walk(CACHE_SCOPE_ALL, "", max, l, 3000), 3000);
		for (int i = 0; i < 3000; i++) {
			unsigned k = (unsigned)atoi(l[i].key + 9);

			ck_assert_uint_lt(k, 3000);
			ck_assert(!seen[k]);
			seen[k] = true;
		}
	}
}
END_TEST

START_TEST(a_long_key_is_cut)
{
	static char text[2000] = "http://a/";
	struct cache_listed l[1];

	memset(text + 9, 'x', sizeof(text) - 10);
	put(text, "");
	ck_assert_uint_eq(walk(CACHE_SCOPE_ALL, "", 8, l, 1), 1);
	ck_assert_uint_eq(l->key_n, sizeof(text) - 1);
	ck_assert_uint_eq(cache_listed_key(l).n, CACHE_LISTED_KEY);
	ck_assert(str_eq(cache_host_of(cache_listed_key(l)), STR("a")));
}
END_TEST

static void add_purges(TCase *tcase)
{
	tcase_add_test(tcase, by_key_exactly_one);
	tcase_add_test(tcase, by_url_whatever_else_the_key_has);
	tcase_add_test(tcase, all_variants_go);
	tcase_add_test(tcase, by_prefix_of_the_url);
	tcase_add_test(tcase, by_host_with_any_scheme_and_port);
	tcase_add_test(tcase, by_host_and_port);
	tcase_add_test(tcase, by_tag_as_it_is_written);
	tcase_add_test(tcase, all_of_many);
	tcase_add_test(tcase, softly_it_is_there_and_stale);
	tcase_add_test(tcase, who_reads_it_reads_on);
	tcase_add_test(tcase, marks_go_too);
	tcase_add_test(tcase, a_fetch_that_began_before_is_not_stored);
	tcase_add_test(tcase, behind_a_purge_another_may_fetch_at_once);
	tcase_add_test(tcase, by_tag_no_fetch_without_a_head_is_stored);
	tcase_add_test(tcase, a_fetch_that_nobody_knows_of_is_not_stored);
	tcase_add_test(tcase, a_body_that_grows_is_purged_as_others);
}

static void add_walks(TCase *tcase)
{
	tcase_add_test(tcase, a_walk_tells_what_is_there);
	tcase_add_test(tcase, a_walk_tells_of_fetches_and_marks);
	tcase_add_test(tcase, a_walk_meets_each_once_however_few_it_takes);
	tcase_add_test(tcase, a_long_key_is_cut);
}

int main(void)
{
	Suite *suite = suite_create("cache_purge");
	TCase *tcase = tcase_create("cache_purge");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, store_setup, store_teardown);
	tcase_set_timeout(tcase, 60);
	add_purges(tcase);
	add_walks(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

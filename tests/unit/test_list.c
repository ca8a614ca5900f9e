/*
 * test_list.c - doubly linked lists whose links live in what they link.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/list.h"

struct item {
	int number;
	struct list link;
};

static struct list head;
static struct item items[10];

static void setup(void)
{
	list_init(&head);
	for (int i = 0; i < 10; i++) {
		items[i].number = i;
		list_init(&items[i].link);
	}
}

static void add(struct list *to, int first, int end)
{
	for (int i = first; i < end; i++)
		list_add_tail(to, &items[i].link);
}

/* LIST holds exactly these, forwards and backwards; -1 ends them. */
static void expect(const struct list *list, const int *want)
{
	const struct list *at = list->next;
	int n = 0;

	for (; want[n] != -1; n++, at = at->next) {
		ck_assert_ptr_ne(at, list);
		ck_assert_int_eq(
		    container_of(at, const struct item, link)->number,
		    want[n]);
		ck_assert_ptr_eq(at->next->prev, at);
	}
	ck_assert_ptr_eq(at, list);
	ck_assert(list_empty(list) == (n == 0));
}

#define EXPECT(list, ...) expect((list), (const int[]){__VA_ARGS__, -1})
#define EXPECT_EMPTY(list) expect((list), (const int[]){-1})

START_TEST(an_initialised_list_is_empty)
{
	EXPECT_EMPTY(&head);
	ck_assert_ptr_null(list_pop(&head));
}
END_TEST

START_TEST(links_are_added_at_both_ends_and_between)
{
	add(&head, 1, 3);
	list_add_head(&head, &items[0].link);
	EXPECT(&head, 0, 1, 2);
	list_insert(&items[2].link, &items[9].link);
	EXPECT(&head, 0, 1, 9, 2);
}
END_TEST

START_TEST(popping_is_first_in_first_out)
{
	add(&head, 0, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_eq(list_pop(&head), &items[i].link);
	EXPECT_EMPTY(&head);
	ck_assert(list_empty(&items[0].link));
}
END_TEST

START_TEST(deleting_twice_or_from_no_list_is_harmless)
{
	add(&head, 0, 3);
	list_del(&items[1].link);
	list_del(&items[1].link);
	list_del(&items[7].link);
	EXPECT(&head, 0, 2);
	list_add_tail(&head, &items[1].link);
	EXPECT(&head, 0, 2, 1);
}
END_TEST

START_TEST(a_loop_may_delete_where_it_is)
{
	int seen = 0;

	add(&head, 0, 10);
	LIST_FOREACH(at, &head) {
		struct item *item = container_of(at, struct item, link);

		ck_assert_int_eq(item->number, seen++);
		if (item->number % 2 == 0)
			list_del(at);
	}
	ck_assert_int_eq(seen, 10);
	EXPECT(&head, 1, 3, 5, 7, 9);
}
END_TEST

START_TEST(a_loop_over_nothing_runs_never)
{
	LIST_FOREACH(at, &head)
		ck_abort();
}
END_TEST

START_TEST(everything_moves_to_the_end_of_another_list)
{
	struct list other;

	list_init(&other);
	add(&head, 0, 2);
	add(&other, 5, 7);
	list_move_all(&head, &other);
	EXPECT(&head, 0, 1, 5, 6);
	EXPECT_EMPTY(&other);
	list_move_all(&head, &other);
	EXPECT(&head, 0, 1, 5, 6);
	list_move_all(&other, &head);
	EXPECT(&other, 0, 1, 5, 6);
	EXPECT_EMPTY(&head);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("list");
	TCase *tc = tcase_create("list");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, an_initialised_list_is_empty);
	tcase_add_test(tc, links_are_added_at_both_ends_and_between);
	tcase_add_test(tc, popping_is_first_in_first_out);
	tcase_add_test(tc, deleting_twice_or_from_no_list_is_harmless);
	tcase_add_test(tc, a_loop_may_delete_where_it_is);
	tcase_add_test(tc, a_loop_over_nothing_runs_never);
	tcase_add_test(tc, everything_moves_to_the_end_of_another_list);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

/*
 * test_pair.c - a certificate and its key in a memfd: what goes in comes out,
 * and nothing else is taken for one.
 */
#include "common/ipc/pair.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "master/mark.h"

static struct pair_text said, got;
static int fd;

static void setup(void)
{
	static const char *const texts[PAIR_PARTS] = {"CN=a", "EC P-256",
	    "a, b", "http://ocsp.example/", "/a.key", "cert", "secret"};

	for (int i = 0; i < PAIR_PARTS; i++)
		said.part[i] = str_from(texts[i]);
	said.not_after = 1234567890;
	said.id = (struct hash_id){{1, 2}};
	memset(&got, 0, sizeof(got));
	fd = pair_open();
	ck_assert_int_ge(fd, 0);
}

static void teardown(void)
{
	pair_free(&got);
	close(fd);
}

START_TEST(what_was_written_is_read)
{
	ck_assert_int_eq(pair_write(fd, &said), 0);
	ck_assert_int_eq(pair_read(fd, PAIR_PARTS, &got), 0);
	for (int i = 0; i < PAIR_PARTS; i++) {
		ck_assert(str_eq(got.part[i], said.part[i]));
		ck_assert_int_eq(got.part[i].p[got.part[i].n], '\0');
	}
	ck_assert_int_eq(got.not_after, said.not_after);
	ck_assert(hash_id_eq(got.id, said.id));
}
END_TEST

START_TEST(the_key_is_not_read_by_who_does_not_ask_for_it)
{
	ck_assert_int_eq(pair_write(fd, &said), 0);
	ck_assert_int_eq(pair_read(fd, PAIR_CERT, &got), 0);
	ck_assert(str_eq(got.part[PAIR_SUBJECT], said.part[PAIR_SUBJECT]));
	ck_assert_ptr_null(got.part[PAIR_KEY].p);
	ck_assert_ptr_null(memmem(got.memory, got.size, "secret", 6));
}
END_TEST

START_TEST(nobody_changes_it_any_more)
{
	ck_assert_int_eq(pair_write(fd, &said), 0);
	ck_assert_int_eq(pwrite(fd, "x", 1, 80), -1);
	ck_assert_int_eq(ftruncate(fd, 10), -1);
	ck_assert_int_eq(pair_write(fd, &said), -EPERM);
}
END_TEST

START_TEST(what_is_not_sealed_is_refused)
{
	ck_assert_int_eq(pwrite(fd, "sluice", 6, 0), 6);
	ck_assert_int_eq(pair_read(fd, PAIR_PARTS, &got), -EINVAL);
	ck_assert_int_eq(pair_read(STDIN_FILENO, PAIR_PARTS, &got), -EINVAL);
}
END_TEST

/* By a word of its header that is another one, or by its length. */
START_TEST(what_is_something_else_is_refused)
{
	char bytes[256];
	ssize_t n;
	int other = pair_open();
	int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	ck_assert_int_eq(pair_write(fd, &said), 0);
	n = pread(fd, bytes, sizeof(bytes), 0);
	ck_assert_int_gt(n, 64);
	if (_i == 0)
		n--;
	else
		bytes[_i] ^= 1;
	ck_assert_int_eq(pwrite(other, bytes, (size_t)n, 0), n);
	ck_assert_int_eq(fcntl(other, F_ADD_SEALS, seals), 0);
	ck_assert_int_eq(pair_read(other, PAIR_PARTS, &got), -EINVAL);
	close(other);
}
END_TEST

START_TEST(what_is_too_large_is_not_kept)
{
	char *large = calloc(1, PAIR_MAX);

	said.part[PAIR_CERT] = str_make(large, PAIR_MAX);
	ck_assert_int_eq(pair_write(fd, &said), -EFBIG);
	free(large);
}
END_TEST

/* ---- marks ---- */

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(a_mark_tells_another_file_from_the_same)
{
	char folder[] = "/tmp/sluice-mark-XXXXXX";
	struct mark none, first, second;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	none = mark_of("a");
	ck_assert_int_eq(none.error, ENOENT);
	put("a", "one");
	first = mark_of("a");
	second = mark_of("a");
	ck_assert(mark_eq(&first, &second));
	ck_assert(!mark_eq(&first, &none));
	put("b", "two");
	ck_assert_int_eq(symlink("a", "link"), 0);
	second = mark_of("link");
	ck_assert(mark_eq(&first, &second));
	ck_assert_int_eq(unlink("link"), 0);
	ck_assert_int_eq(symlink("b", "link"), 0);
	second = mark_of("link");
	ck_assert(!mark_eq(&first, &second));
	ck_assert(!mark_is_old(&first, clock_wall()));
	ck_assert(mark_is_old(&first, clock_wall() + USEC_PER_HOUR));
	ck_assert(!mark_is_old(&none, clock_wall() + USEC_PER_HOUR));
	ck_assert(unlink("a") == 0 && unlink("b") == 0 && unlink("link") == 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pair");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_written_is_read);
	tcase_add_test(t, the_key_is_not_read_by_who_does_not_ask_for_it);
	tcase_add_test(t, nobody_changes_it_any_more);
	tcase_add_test(t, what_is_not_sealed_is_refused);
	tcase_add_loop_test(t, what_is_something_else_is_refused, 0, 1);
	tcase_add_loop_test(t, what_is_something_else_is_refused, 1, 8);
	tcase_add_loop_test(t, what_is_something_else_is_refused, 32, 60);
	tcase_add_test(t, what_is_too_large_is_not_kept);
	tcase_add_test(t, a_mark_tells_another_file_from_the_same);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

/*
 * test_area.c - areas: what is made can be attached, and nothing else can.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/area.h"

#define SIZE 100000

static const struct area_shape shape = {
    .name = "test",
    .version = 3,
    .geometry = {7, 8, 9},
    .size = SIZE,
};

static struct area make(void)
{
	struct area a;

	ck_assert_int_eq(area_create(&shape, &a), 0);
	return a;
}

static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	ck_assert_int_ge(fd, 0);
	close(fd);
	return fd;
}

/* Attaching FD fails with RC and leaves the descriptor to the caller. */
static void expect_refusal(int fd, const struct area_shape *wanted, int rc)
{
	struct area a = {.fd = -77};

	ck_assert_int_eq(area_attach(fd, wanted, &a), rc);
	ck_assert_ptr_null(a.table);
	ck_assert_int_eq(a.fd, -77);
	if (rc != -EBADF)
		ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
}

START_TEST(a_new_area_is_clear_and_aligned)
{
	struct area a = make();
	const char *p = a.table;

	ck_assert_uint_eq((uintptr_t)p % 64, 0);
	for (size_t i = 0; i < SIZE; i++)
		ck_assert_int_eq(p[i], 0);
	area_close(&a);
}
END_TEST

START_TEST(the_descriptor_does_not_survive_an_exec)
{
	struct area a = make();

	ck_assert_int_ne(fcntl(a.fd, F_GETFD) & FD_CLOEXEC, 0);
	area_close(&a);
}
END_TEST

START_TEST(nobody_can_change_the_size)
{
	struct area a = make();

	ck_assert_int_lt(ftruncate(a.fd, SIZE / 2), 0);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_lt(ftruncate(a.fd, SIZE * 2), 0);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_lt(fcntl(a.fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	area_close(&a);
}
END_TEST

START_TEST(a_child_writes_what_its_parent_reads)
{
	struct area a = make();
	pid_t pid = fork();

	if (pid == 0) {
		area_drop_fd(&a);
		memset(a.table, 'x', SIZE);
		_exit(a.fd);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(((char *)a.table)[0], 'x');
	ck_assert_int_eq(((char *)a.table)[SIZE - 1], 'x');
	area_close(&a);
}
END_TEST

START_TEST(an_attached_area_is_the_same_memory)
{
	struct area a = make(), b;

	ck_assert_int_eq(area_attach(dup(a.fd), &shape, &b), 0);
	strcpy(a.table, "hello");
	ck_assert_str_eq(b.table, "hello");
	area_close(&a);
	ck_assert_str_eq(b.table, "hello");
	area_close(&b);
}
END_TEST

START_TEST(any_other_shape_is_stale)
{
	struct area a = make();
	struct area_shape other[7];

	for (int i = 0; i < 7; i++)
		other[i] = shape;
	strcpy(other[0].name, "tesu");
	strcpy(other[1].name, "testtest");
	other[2].version++;
	other[3].geometry[0]++;
	other[4].geometry[1] = 0;
	other[5].geometry[2] |= UINT64_C(1) << 63;
	other[6].size--;
	for (int i = 0; i < 7; i++)
		expect_refusal(a.fd, &other[i], -ESTALE);
	area_close(&a);
}
END_TEST

START_TEST(a_scribbled_header_is_stale)
{
	struct area a = make();
	unsigned char *header = (unsigned char *)a.table - 64;

	for (int i = 0; i < 64; i++) {
		header[i] ^= 0x10;
		expect_refusal(a.fd, &shape, -ESTALE);
		header[i] ^= 0x10;
	}
	area_close(&a);
}
END_TEST

START_TEST(closing_does_not_believe_a_scribbled_header)
{
	struct area a = make();
	char *start = (char *)a.table - 64;
	int fd = a.fd;

	memset(start, 0xff, 64);
	area_close(&a);
	for (size_t at = 0; at < SIZE; at += 4096) {
		ck_assert_int_lt(msync(start + at, 4096, MS_ASYNC), 0);
		ck_assert_int_eq(errno, ENOMEM);
	}
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
}
END_TEST

/* A memfd with the header and size of a real area, but without seals. */
static int copy_without_seals(const struct area *a)
{
	int fd = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t size = SIZE + 64;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    write(fd, (const char *)a->table - 64, size), (ssize_t)size);
	return fd;
}

START_TEST(an_unsealed_area_is_stale)
{
	struct area a = make(), b;
	int fd = copy_without_seals(&a);

	expect_refusal(fd, &shape, -ESTALE);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	expect_refusal(fd, &shape, -ESTALE);
	ck_assert_int_eq(
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL), 0);
	ck_assert_int_eq(area_attach(fd, &shape, &b), 0);
	area_close(&b);
	area_close(&a);
}
END_TEST

START_TEST(a_file_of_another_size_is_stale)
{
	struct area a = make();
	int fd = copy_without_seals(&a);

	ck_assert_int_eq(ftruncate(fd, SIZE / 2), 0);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS,
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	expect_refusal(fd, &shape, -ESTALE);
	close(fd);
	area_close(&a);
}
END_TEST

START_TEST(what_is_no_memfd_is_stale)
{
	int fds[2];
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(pipe(fds), 0);
	expect_refusal(fds[0], &shape, -ESTALE);
	expect_refusal(zero, &shape, -ESTALE);
	close(zero);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(a_closed_descriptor_is_an_error)
{
	expect_refusal(-1, &shape, -EBADF);
	expect_refusal(next_fd(), &shape, -EBADF);
}
END_TEST

START_TEST(an_area_too_large_for_the_machine_fails_and_leaks_nothing)
{
	struct area_shape huge = shape;
	struct area a;
	int before = next_fd();

	huge.size = UINT64_C(1) << 48;
	ck_assert_int_lt(area_create(&huge, &a), 0);
	ck_assert_int_eq(next_fd(), before);
}
END_TEST

START_TEST(dropping_the_descriptor_keeps_the_memory)
{
	struct area a = make();
	int fd = a.fd;

	area_drop_fd(&a);
	area_drop_fd(&a);
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
	strcpy(a.table, "still here");
	area_close(&a);
	ck_assert_ptr_null(a.table);
}
END_TEST

START_TEST(closing_twice_or_a_zeroed_area_is_harmless)
{
	struct area a = make();
	struct area zeroed = {0};

	area_close(&a);
	area_close(&a);
	area_close(&zeroed);
	ck_assert_int_ge(fcntl(STDERR_FILENO, F_GETFD), 0);
}
END_TEST

static void create_bad(void (*spoil)(struct area_shape *s))
{
	struct area_shape bad = shape;
	struct area a;

	spoil(&bad);
	(void)area_create(&bad, &a);
}

static void without_name(struct area_shape *s)
{
	memset(s->name, 0, sizeof(s->name));
}

static void endless_name(struct area_shape *s)
{
	memset(s->name, 'n', sizeof(s->name));
}

static void without_size(struct area_shape *s)
{
	s->size = 0;
}

static void overflowing_size(struct area_shape *s)
{
	s->size = UINT64_MAX - 10;
}

START_TEST(a_shape_that_cannot_be_is_a_bug)
{
	static void (*const spoil[])(struct area_shape *) = {
	    without_name, endless_name, without_size, overflowing_size};

	create_bad(spoil[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("area");
	TCase *tc = tcase_create("area");
	SRunner *r;
	int failed;

	tcase_add_test(tc, a_new_area_is_clear_and_aligned);
	tcase_add_test(tc, the_descriptor_does_not_survive_an_exec);
	tcase_add_test(tc, nobody_can_change_the_size);
	tcase_add_test(tc, a_child_writes_what_its_parent_reads);
	tcase_add_test(tc, an_attached_area_is_the_same_memory);
	tcase_add_test(tc, any_other_shape_is_stale);
	tcase_add_test(tc, a_scribbled_header_is_stale);
	tcase_add_test(tc, closing_does_not_believe_a_scribbled_header);
	tcase_add_test(tc, an_unsealed_area_is_stale);
	tcase_add_test(tc, a_file_of_another_size_is_stale);
	tcase_add_test(tc, what_is_no_memfd_is_stale);
	tcase_add_test(tc, a_closed_descriptor_is_an_error);
	tcase_add_test(tc,
	    an_area_too_large_for_the_machine_fails_and_leaks_nothing);
	tcase_add_test(tc, dropping_the_descriptor_keeps_the_memory);
	tcase_add_test(tc, closing_twice_or_a_zeroed_area_is_harmless);
	tcase_add_loop_test_raise_signal(
	    tc, a_shape_that_cannot_be_is_a_bug, SIGABRT, 0, 4);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

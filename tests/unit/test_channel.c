/*
 * test_channel.c - the line between master and worker: what arrives, and
 * what is refused when the other side lies.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/ipc/channel.h"

static int ends[2];
static int log_pipe[2];

static void setup(void)
{
	ck_assert_int_eq(channel_pair(ends), 0);
	ck_assert_int_eq(pipe2(log_pipe, O_NONBLOCK | O_CLOEXEC), 0);
	log_set_fd(log_pipe[1]);
}

static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	ck_assert_int_ge(fd, 0);
	close(fd);
	return fd;
}

static int open_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static int receive_from(enum channel_side from,
    struct channel_message *message_r, int *fd_r)
{
	return channel_receive(
	    ends[from == CHANNEL_MASTER ? CHANNEL_WORKER : CHANNEL_MASTER],
	    from, message_r, fd_r);
}

/* What the master makes of N raw bytes and FDS from a worker. */
static int master_gets(const void *p, size_t n, const int *fds, size_t count)
{
	struct iovec bytes = {(void *)(uintptr_t)p, n};
	struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 250)];
	} control = {0};
	struct channel_message message;
	int fd = 0, rc;

	if (count > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * count);
	}
	ck_assert_int_eq(
	    sendmsg(ends[CHANNEL_WORKER], &header, 0), (ssize_t)n);
	rc = receive_from(CHANNEL_WORKER, &message, &fd);
	ck_assert(rc == 1 || fd == -1);
	return rc;
}

static void expect_log(const char *what)
{
	char text[4096];
	ssize_t n = read(log_pipe[0], text, sizeof(text) - 1);

	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert_ptr_nonnull(strstr(text, what));
}

START_TEST(both_ends_close_at_exec_and_never_wait)
{
	struct channel_message m;
	int fd;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_ne(fcntl(ends[i], F_GETFD) & FD_CLOEXEC, 0);
		ck_assert_int_ne(fcntl(ends[i], F_GETFL) & O_NONBLOCK, 0);
	}
	ck_assert_int_eq(receive_from(CHANNEL_WORKER, &m, &fd), -EAGAIN);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(messages_arrive_whole_and_in_order)
{
	static const int64_t values[] = {0, 1, -1, INT64_MAX, INT64_MIN};
	struct channel_message m;
	int fd;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(channel_send(ends[CHANNEL_MASTER],
		    MESSAGE_serve, values[i], -1), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(receive_from(CHANNEL_MASTER, &m, &fd), 1);
		ck_assert_uint_eq(m.type, MESSAGE_serve);
		ck_assert_int_eq(m.value, values[i]);
		ck_assert_int_eq(fd, -1);
	}
	ck_assert_int_eq(receive_from(CHANNEL_MASTER, &m, &fd), -EAGAIN);
}
END_TEST

START_TEST(a_descriptor_comes_along_and_closes_at_exec)
{
	struct channel_message m;
	struct stat sent, got;
	int null = open_null(), fd;

	ck_assert_int_eq(channel_send(ends[CHANNEL_MASTER], MESSAGE_log_fd,
	    7, null), 0);
	ck_assert_int_eq(receive_from(CHANNEL_MASTER, &m, &fd), 1);
	ck_assert_int_eq(m.value, 7);
	ck_assert_int_ne(fd, null);
	ck_assert_int_eq(fstat(null, &sent), 0);
	ck_assert_int_eq(fstat(fd, &got), 0);
	ck_assert_uint_eq(sent.st_ino, got.st_ino);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	close(fd);
	close(null);
}
END_TEST

START_TEST(a_closed_line_ends)
{
	struct channel_message m;
	int fd;

	close(ends[CHANNEL_WORKER]);
	ck_assert_int_eq(receive_from(CHANNEL_WORKER, &m, &fd), 0);
	ck_assert_int_eq(receive_from(CHANNEL_WORKER, &m, &fd), 0);
}
END_TEST

START_TEST(the_last_messages_of_the_dead_are_heard)
{
	struct channel_message m;
	int fd;

	ck_assert_int_eq(channel_send(ends[CHANNEL_MASTER], MESSAGE_stop, 0,
	    -1), 0);
	ck_assert_int_eq(channel_send(ends[CHANNEL_WORKER], MESSAGE_ready, 0,
	    -1), 0);
	ck_assert_int_eq(channel_send(ends[CHANNEL_WORKER],
	    MESSAGE_log_swapped, 9, -1), 0);
	close(ends[CHANNEL_WORKER]); /* "stop" is unread: ECONNRESET */
	ck_assert_int_eq(receive_from(CHANNEL_WORKER, &m, &fd), 1);
	ck_assert_uint_eq(m.type, MESSAGE_ready);
	ck_assert_int_eq(receive_from(CHANNEL_WORKER, &m, &fd), 1);
	ck_assert_int_eq(m.value, 9);
	ck_assert_int_eq(receive_from(CHANNEL_WORKER, &m, &fd), 0);
}
END_TEST

START_TEST(sending_to_the_dead_is_an_error_and_no_signal)
{
	close(ends[CHANNEL_WORKER]);
	ck_assert_int_eq(channel_send(ends[CHANNEL_MASTER], MESSAGE_stop, 0,
	    -1), -EPIPE);
}
END_TEST

START_TEST(a_full_line_says_so_and_loses_nothing)
{
	struct channel_message m;
	int64_t sent = 0, got = 0;
	int fd, rc;

	do
		rc = channel_send(ends[CHANNEL_MASTER], MESSAGE_serve, sent++,
		    -1);
	while (rc == 0);
	ck_assert_int_eq(rc, -EAGAIN);
	ck_assert_int_gt(sent, 2);
	while (receive_from(CHANNEL_MASTER, &m, &fd) == 1)
		ck_assert_int_eq(m.value, got++);
	ck_assert_int_eq(got, sent - 1);
}
END_TEST

START_TEST(other_sizes_are_refused)
{
	struct channel_message m[3] = {{.type = MESSAGE_ready}};
	static const size_t sizes[] = {1, 4, 15, 17, 32, 48};

	for (size_t i = 0; i < 6; i++) {
		ck_assert_int_eq(
		    master_gets(m, sizes[i], NULL, 0), -EPROTO);
		expect_log("wrong size");
	}
	ck_assert_int_eq(master_gets(m, 16, NULL, 0), 1);
}
END_TEST

START_TEST(an_empty_message_is_a_farewell)
{
	ck_assert_int_eq(master_gets("", 0, NULL, 0), 0);
}
END_TEST

START_TEST(unknown_types_and_reserved_bits_are_refused)
{
	struct channel_message m = {.type = MESSAGE_END};

	ck_assert_int_eq(master_gets(&m, sizeof(m), NULL, 0), -EPROTO);
	expect_log("unknown type");
	m.type = UINT32_MAX;
	ck_assert_int_eq(master_gets(&m, sizeof(m), NULL, 0), -EPROTO);
	m = (struct channel_message){.type = MESSAGE_ready, .zero = 1};
	ck_assert_int_eq(master_gets(&m, sizeof(m), NULL, 0), -EPROTO);
	expect_log("refused");
}
END_TEST

START_TEST(a_worker_cannot_speak_for_the_master)
{
	static const uint32_t types[] = {MESSAGE_serve, MESSAGE_leave,
	    MESSAGE_drain, MESSAGE_end_tunnels, MESSAGE_stop};

	for (size_t i = 0; i < 5; i++) {
		struct channel_message m = {.type = types[i]};

		ck_assert_int_eq(
		    master_gets(&m, sizeof(m), NULL, 0), -EPROTO);
		expect_log("wrong sender");
	}
}
END_TEST

START_TEST(descriptors_nobody_asked_for_are_closed)
{
	struct channel_message m = {.type = MESSAGE_ready};
	static const size_t counts[] = {1, 2, 3, 10, 250};
	int null = open_null();
	int before = next_fd();
	int fds[250];

	for (int i = 0; i < 250; i++)
		fds[i] = null;
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(
		    master_gets(&m, sizeof(m), fds, counts[i]), -EPROTO);
		expect_log("number of descriptors");
		ck_assert_int_eq(next_fd(), before);
	}
	ck_assert_int_eq(master_gets(&m, 1, fds, 2), -EPROTO);
	ck_assert_int_eq(next_fd(), before);
	ck_assert_int_eq(master_gets(&m, 0, fds, 1), -EPROTO);
	ck_assert_int_eq(next_fd(), before);
}
END_TEST

START_TEST(a_message_without_its_descriptor_is_refused)
{
	struct channel_message m = {.type = MESSAGE_log_fd}, got;
	int fd;

	ck_assert_int_eq(
	    send(ends[CHANNEL_MASTER], &m, sizeof(m), 0), sizeof(m));
	ck_assert_int_eq(receive_from(CHANNEL_MASTER, &got, &fd), -EPROTO);
	expect_log("number of descriptors");
}
END_TEST

START_TEST(no_room_for_a_descriptor_is_told_apart)
{
	struct channel_message m;
	int null = open_null(), fd;
	struct rlimit usual, tight;

	ck_assert_int_eq(channel_send(ends[CHANNEL_MASTER], MESSAGE_log_fd,
	    1, null), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
	tight = usual;
	tight.rlim_cur = (rlim_t)next_fd();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	ck_assert_int_eq(receive_from(CHANNEL_MASTER, &m, &fd), -EMFILE);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
}
END_TEST

START_TEST(every_type_has_a_name)
{
	for (int i = 0; i < MESSAGE_END; i++)
		ck_assert_str_ne(
		    message_name((enum message_type)i), "unknown");
	ck_assert_str_eq(message_name(MESSAGE_end_tunnels), "end_tunnels");
	ck_assert_str_eq(message_name(MESSAGE_END), "unknown");
	ck_assert_str_eq(message_name((enum message_type)12345), "unknown");
}
END_TEST

START_TEST(misuse_is_a_bug)
{
	switch (_i) {
	case 0:
		channel_send(ends[0], MESSAGE_log_fd, 0, -1);
		break;
	case 1:
		channel_send(ends[0], MESSAGE_serve, 0, STDERR_FILENO);
		break;
	default:
		channel_send(ends[0], MESSAGE_END, 0, -1);
	}
}
END_TEST

static TCase *good(void)
{
	TCase *tc = tcase_create("good");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, both_ends_close_at_exec_and_never_wait);
	tcase_add_test(tc, messages_arrive_whole_and_in_order);
	tcase_add_test(tc, a_descriptor_comes_along_and_closes_at_exec);
	tcase_add_test(tc, a_closed_line_ends);
	tcase_add_test(tc, the_last_messages_of_the_dead_are_heard);
	tcase_add_test(tc, sending_to_the_dead_is_an_error_and_no_signal);
	tcase_add_test(tc, a_full_line_says_so_and_loses_nothing);
	tcase_add_test(tc, every_type_has_a_name);
	tcase_add_loop_test_raise_signal(tc, misuse_is_a_bug, SIGABRT, 0, 3);
	return tc;
}

static TCase *hostile(void)
{
	TCase *tc = tcase_create("hostile");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, other_sizes_are_refused);
	tcase_add_test(tc, an_empty_message_is_a_farewell);
	tcase_add_test(tc, unknown_types_and_reserved_bits_are_refused);
	tcase_add_test(tc, a_worker_cannot_speak_for_the_master);
	tcase_add_test(tc, descriptors_nobody_asked_for_are_closed);
	tcase_add_test(tc, a_message_without_its_descriptor_is_refused);
	tcase_add_test(tc, no_room_for_a_descriptor_is_told_apart);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("channel");
	SRunner *r;
	int failed;

	suite_add_tcase(s, good());
	suite_add_tcase(s, hostile());
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

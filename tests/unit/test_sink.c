/*
 * test_sink.c - lines go out whole or not at all, and nobody waits for it.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/sink.h"

#define LINE "0123456789abcdef\n" /* 17 bytes */
#define LINE_SIZE (sizeof(LINE) - 1)

static char got[256 * 1024];
static char dir[32];
static char path[64];

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	strcpy(dir, "/tmp/test_sink.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static unsigned put(struct sink *s, const char *text)
{
	struct iovec line = {(void *)text, strlen(text)};

	return sink_write(s, &line, 1);
}

static const char *read_all(int fd)
{
	size_t n = 0;
	ssize_t more;

	while ((more = read(fd, got + n, sizeof(got) - 1 - n)) > 0)
		n += (size_t)more;
	got[n] = '\0';
	return got;
}

/* ---- files ---- */

static int make_file(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static const char *read_file(int fd)
{
	ssize_t n = pread(fd, got, sizeof(got) - 1, 0);

	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	return got;
}

START_TEST(a_file_gets_all_parts_in_their_order)
{
	struct sink s = sink_make(make_file(), NULL);
	struct iovec parts[200];

	for (unsigned i = 0; i < 200; i++)
		parts[i] = (struct iovec){i % 2 ? "b\n" : "a\n", 2};
	ck_assert_uint_eq(sink_write(&s, parts, 200), 0);
	ck_assert_uint_eq(strlen(read_file(s.fd)), 400);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_int_eq(got[2 * i], i % 2 ? 'b' : 'a');
	ck_assert_uint_eq(sink_line_max(&s), SIZE_MAX);
}
END_TEST

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_costs_whole_lines_which_are_counted)
{
	struct sink s = sink_make(make_file(), NULL);
	struct iovec parts[] = {{"one\ntwo\n", 8}, {"three\nfour\n", 11}};

	limit_files(10);
	ck_assert_uint_eq(sink_write(&s, parts, 2), 2);
	ck_assert_uint_eq(put(&s, "lost\n"), 1);
	limit_files(RLIM_INFINITY);
	ck_assert_uint_eq(put(&s, "five\n"), 0);
	ck_assert_str_eq(read_file(s.fd), "one\ntwo\nth\nfive\n");
}
END_TEST

START_TEST(a_cut_at_the_end_of_a_line_needs_no_mending)
{
	struct sink s = sink_make(make_file(), NULL);

	limit_files(4);
	ck_assert_uint_eq(put(&s, "one\ntwo\n"), 1);
	limit_files(RLIM_INFINITY);
	ck_assert_uint_eq(put(&s, "three\n"), 0);
	ck_assert_str_eq(read_file(s.fd), "one\nthree\n");
}
END_TEST

/* In a process of its own, which also ends there. */
static void tear_elsewhere(struct sink *s)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		limit_files(7);
		_exit(put(s, "one\ntorn\n") == 1 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_line_that_another_process_tore_is_ended_first)
{
	struct sink s = sink_make(make_file(), NULL);
	struct sink other = sink_make(make_file(), NULL);

	ck_assert_int_eq(sinks_share(), 0);
	tear_elsewhere(&s);
	ck_assert_uint_eq(put(&other, "two\n"), 0);
	ck_assert_str_eq(read_file(other.fd), "two\n");
	ck_assert_uint_eq(put(&s, "two\n"), 0);
	ck_assert_uint_eq(put(&s, "three\n"), 0);
	ck_assert_str_eq(read_file(s.fd), "one\ntor\ntwo\nthree\n");
}
END_TEST

START_TEST(two_who_write_to_a_torn_file_end_its_line_once)
{
	struct sink a = sink_make(make_file(), NULL);
	struct sink b = sink_make(a.fd, NULL);

	limit_files(2);
	ck_assert_uint_eq(put(&a, "one\n"), 1);
	ck_assert_uint_eq(put(&b, "two\n"), 1);
	limit_files(RLIM_INFINITY);
	ck_assert_uint_eq(put(&b, "three\n"), 0);
	ck_assert_uint_eq(put(&a, "four\n"), 0);
	ck_assert_str_eq(read_file(a.fd), "on\nthree\nfour\n");
}
END_TEST

/* ---- pipes and sockets ---- */

struct ends {
	int reader;
	struct sink s;
};

static struct ends make_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	return (struct ends){ends[0], sink_make(ends[1], NULL)};
}

static struct ends make_socket(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	return (struct ends){ends[0], sink_make(ends[1], NULL)};
}

static struct ends (*const makers[])(void) = {make_pipe, make_socket};

/* Lines, many a call, until one is refused; how many went in. */
static unsigned fill_up(struct sink *s)
{
	static char many[1000 * LINE_SIZE + 1];
	unsigned in = 0, lost = 0;

	for (unsigned i = 0; i < 1000; i++)
		memcpy(many + i * LINE_SIZE, LINE, LINE_SIZE);
	for (unsigned i = 0; lost == 0 && i < 1000; i++) {
		lost = put(s, many);
		in += 1000 - lost;
	}
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_gt(in, 0);
	return in;
}

/* Were there a wait, the test would run into its time limit. */
START_TEST(who_does_not_read_gets_fewer_lines_but_whole_ones)
{
	struct ends e = makers[_i]();
	unsigned in = fill_up(&e.s);
	size_t n;

	ck_assert_int_eq(fcntl(e.s.fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_uint_eq(put(&e.s, LINE LINE), 2);
	n = strlen(read_all(e.reader));
	ck_assert_uint_eq(n, in * LINE_SIZE);
	for (size_t i = 0; i < n; i += LINE_SIZE)
		ck_assert_int_eq(memcmp(got + i, LINE, LINE_SIZE), 0);
	ck_assert_uint_eq(put(&e.s, "again\n"), 0);
	ck_assert_str_eq(read_all(e.reader), "again\n");
	ck_assert_uint_eq(sink_line_max(&e.s), SINK_LINE_MAX);
}
END_TEST

START_TEST(who_has_gone_is_no_reason_to_die)
{
	struct ends e = makers[_i]();

	close(e.reader);
	ck_assert_uint_eq(put(&e.s, LINE), 1);
}
END_TEST

START_TEST(a_line_of_the_full_length_is_not_torn)
{
	struct ends e = makers[_i]();
	static char line[SINK_LINE_MAX + 1];

	memset(line, 'x', SINK_LINE_MAX - 1);
	line[SINK_LINE_MAX - 1] = '\n';
	ck_assert_uint_eq(put(&e.s, line), 0);
	ck_assert_str_eq(read_all(e.reader), line);
}
END_TEST

/* ---- syslog ---- */

static int make_daemon(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	unlink(path);
	strcpy(addr.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static struct sink make_syslog(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	return sink_make(fd, path);
}

static const char *receive(int daemon)
{
	ssize_t n = recv(daemon, got, sizeof(got) - 1, 0);

	got[n > 0 ? n : 0] = '\0';
	return n < 0 ? NULL : got;
}

START_TEST(syslog_gets_a_datagram_a_line)
{
	int daemon = make_daemon();
	struct sink s = make_syslog();
	struct iovec lines[] = {{"one\n", 4}, {"two\n", 4}};

	ck_assert_uint_eq(sink_write(&s, lines, 2), 0);
	ck_assert_str_eq(receive(daemon), "one");
	ck_assert_str_eq(receive(daemon), "two");
	ck_assert_ptr_null(receive(daemon));
}
END_TEST

START_TEST(a_syslog_that_comes_back_is_found_again)
{
	struct sink s = make_syslog();
	int daemon;

	ck_assert_uint_eq(put(&s, "nobody is there\n"), 1);
	s.retry = 0; /* as if a second had gone by */
	daemon = make_daemon();
	ck_assert_uint_eq(put(&s, "one\n"), 0);
	ck_assert_str_eq(receive(daemon), "one");
	close(daemon);
	daemon = make_daemon();
	ck_assert_uint_eq(put(&s, "too soon\n"), 1);
	s.retry = 0;
	ck_assert_uint_eq(put(&s, "two\n"), 0);
	ck_assert_str_eq(receive(daemon), "two");
}
END_TEST

START_TEST(a_syslog_that_does_not_read_costs_lines)
{
	int daemon = make_daemon();
	struct sink s = make_syslog();
	struct iovec lines[100];
	unsigned out = 0, lost;

	for (unsigned i = 0; i < 100; i++)
		lines[i] = (struct iovec){LINE, LINE_SIZE};
	do {
		lost = sink_write(&s, lines, 100);
		out += 100 - lost;
	} while (lost == 0);
	while (receive(daemon) != NULL)
		out--;
	ck_assert_uint_eq(out, 0);
	ck_assert_uint_eq(put(&s, "again\n"), 0);
	ck_assert_str_eq(receive(daemon), "again");
}
END_TEST

START_TEST(syslog_lines_begin_with_priority_and_name)
{
	char text[64], want[64];
	struct out o = out_make(text, sizeof(text));

	sink_syslog_head(&o, 16, 6);
	snprintf(want, sizeof(want), "<134>sluiced[%d]: ", (int)getpid());
	ck_assert_str_eq(out_cstr(&o), want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sink");
	TCase *tc = tcase_create("sink");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_gets_all_parts_in_their_order);
	tcase_add_test(tc, a_full_disk_costs_whole_lines_which_are_counted);
	tcase_add_test(tc, a_cut_at_the_end_of_a_line_needs_no_mending);
	tcase_add_test(tc, a_line_that_another_process_tore_is_ended_first);
	tcase_add_test(tc, two_who_write_to_a_torn_file_end_its_line_once);
	tcase_add_loop_test(tc,
	    who_does_not_read_gets_fewer_lines_but_whole_ones, 0, 2);
	tcase_add_loop_test(tc, who_has_gone_is_no_reason_to_die, 0, 2);
	tcase_add_loop_test(tc, a_line_of_the_full_length_is_not_torn, 0, 2);
	tcase_add_test(tc, syslog_gets_a_datagram_a_line);
	tcase_add_test(tc, a_syslog_that_comes_back_is_found_again);
	tcase_add_test(tc, a_syslog_that_does_not_read_costs_lines);
	tcase_add_test(tc, syslog_lines_begin_with_priority_and_name);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

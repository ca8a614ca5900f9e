/*
 * test_master_tcp.c - addresses that overlap, ports that are taken.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "master/holder.h"
#include "master/tcp.h"

static struct conf_listener listener;
static char text[512];
static struct out why;

static struct sockaddr_storage make(const char *host, unsigned port)
{
	struct sockaddr_storage addr = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&addr;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, host, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
	}
	return addr;
}

static bool overlap(const char *host1, unsigned port1, const char *host2,
    unsigned port2)
{
	struct sockaddr_storage a = make(host1, port1);
	struct sockaddr_storage b = make(host2, port2);

	ck_assert(tcp_overlaps(&a, &b) == tcp_overlaps(&b, &a));
	return tcp_overlaps(&a, &b);
}

START_TEST(addresses_overlap_if_one_connection_fits_both)
{
	ck_assert(overlap("127.0.0.1", 80, "127.0.0.1", 80));
	ck_assert(overlap("127.0.0.1", 80, "0.0.0.0", 80));
	ck_assert(overlap("::1", 80, "::", 80));
	ck_assert(!overlap("127.0.0.1", 80, "127.0.0.1", 81));
	ck_assert(!overlap("127.0.0.1", 80, "127.0.0.2", 80));
	ck_assert(!overlap("::1", 80, "::2", 80));
	ck_assert(!overlap("0.0.0.0", 80, "::", 80));
}
END_TEST

/* A socket that listens on a port of its own at HOST; LISTENER gets it. */
static int hold(const char *host)
{
	struct sockaddr_storage *addr = &listener.address.addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*addr = make(host, 0);
	listener.address.len = sizeof(struct sockaddr_in);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)addr,
			     listener.address.len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)addr,
			     &listener.address.len), 0);
	listener.address.text = "the address";
	listener.place = (struct conf_place){"a.conf", 3, 7};
	why = out_make(text, sizeof(text));
	return fd;
}

START_TEST(a_taken_port_is_told_with_place_holder_and_help)
{
	char holder[64];
	int fd = hold("127.0.0.1");

	snprintf(holder, sizeof(holder), " (pid %d)\n", (int)getpid());
	ck_assert_int_eq(tcp_bind(&listener, true, &why), -EADDRINUSE);
	out_cstr(&why);
	ck_assert_ptr_eq(strstr(text,
			     "a.conf:3:7: error: the address is taken by "),
	    text);
	ck_assert_ptr_nonnull(strstr(text, holder));
	ck_assert_ptr_nonnull(strstr(text, "\nhelp: stop it, or listen = "));
	close(fd);
}
END_TEST

START_TEST(a_holder_of_the_wildcard_is_found)
{
	int fd = hold("0.0.0.0");
	struct sockaddr_storage addr = make("127.0.0.1",
	    ntohs(((struct sockaddr_in *)&listener.address.addr)->sin_port));

	ck_assert(holder_write((struct sockaddr *)&addr, &why));
	close(fd);
}
END_TEST

START_TEST(of_a_free_port_no_holder_is_found)
{
	close(hold("127.0.0.1"));
	ck_assert(!holder_write((struct sockaddr *)&listener.address.addr,
	    &why));
	ck_assert_uint_eq(why.n, 0);
}
END_TEST

START_TEST(slots_share_a_port_that_was_free)
{
	int first, second;

	close(hold("127.0.0.1"));
	first = tcp_bind(&listener, true, &why);
	ck_assert_int_ge(first, 0);
	second = tcp_bind(&listener, false, &why);
	ck_assert_int_ge(second, 0);
	ck_assert_int_eq(listen(first, 1), 0);
	ck_assert_int_eq(listen(second, 1), 0);
	ck_assert_int_eq(tcp_bind(&listener, true, &why), -EADDRINUSE);
}
END_TEST

START_TEST(what_is_too_long_for_the_text_is_cut)
{
	int fd = hold("127.0.0.1");

	why = out_make(text, 20);
	ck_assert_int_eq(tcp_bind(&listener, true, &why), -EADDRINUSE);
	ck_assert_uint_le(why.n, 20);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("master/tcp");
	TCase *tc = tcase_create("tcp");
	SRunner *r;
	int failed;

	tcase_add_test(tc, addresses_overlap_if_one_connection_fits_both);
	tcase_add_test(tc, a_taken_port_is_told_with_place_holder_and_help);
	tcase_add_test(tc, a_holder_of_the_wildcard_is_found);
	tcase_add_test(tc, of_a_free_port_no_holder_is_found);
	tcase_add_test(tc, slots_share_a_port_that_was_free);
	tcase_add_test(tc, what_is_too_long_for_the_text_is_cut);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

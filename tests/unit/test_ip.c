/*
 * test_ip.c - addresses as bytes and text, and the networks that hold them.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "common/base/ip.h"
#include "common/conf/network.h"

static struct ip ip_from(const char *text)
{
	struct ip ip;

	ck_assert_msg(ip_parse(str_from(text), &ip), "%s", text);
	return ip;
}

static void check_text(const struct ip *ip, const char *expected)
{
	char text[IP_TEXT_MAX];
	struct out o = out_make(text, sizeof(text));

	ip_write(ip, &o);
	ck_assert(out_ok(&o));
	ck_assert_msg(str_eq(out_text(&o), str_from(expected)), "%" PRI_STR
	    ", expected %s", ARG_STR(out_text(&o)), expected);
}

START_TEST(every_byte_of_ipv4_is_written_as_the_library_does)
{
	for (unsigned i = 0; i < 256; i++) {
		struct ip ip = {AF_INET, {(uint8_t)i, (uint8_t)(i * 7),
			(uint8_t)(255 - i), (uint8_t)(i / 2)}};
		char text[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, ip.bytes, text, sizeof(text));
		check_text(&ip, text);
	}
}
END_TEST

START_TEST(longest_address_has_room)
{
	struct ip ip =
	    ip_from("1111:2222:3333:4444:5555:6666:255.255.255.255");

	check_text(&ip, "1111:2222:3333:4444:5555:6666:ffff:ffff");
}
END_TEST

START_TEST(ipv4_within_ipv6_is_ipv4)
{
	struct sockaddr_storage addr = {.ss_family = AF_INET6};
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr;
	struct ip plain = ip_from("192.0.2.1");
	struct ip parsed = ip_from("::ffff:192.0.2.1");
	struct ip received;

	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6->sin6_addr);
	received = ip_of(&addr);
	check_text(&parsed, "192.0.2.1");
	ck_assert(ip_eq(&plain, &parsed));
	ck_assert(ip_eq(&plain, &received));
}
END_TEST

START_TEST(peer_without_an_address_is_called_unix)
{
	struct sockaddr_storage addr = {.ss_family = AF_UNIX};
	struct ip ip = ip_of(&addr);

	check_text(&ip, "unix");
}
END_TEST

/* ---- networks ---- */

static struct conf_network network_from(const char *text, unsigned bits)
{
	struct ip ip = ip_from(text);
	struct conf_network network = {.family = ip.family, .bits = bits};

	memcpy(network.addr, ip.bytes, sizeof(ip.bytes));
	return network;
}

static bool hold(struct conf_network network, const char *text)
{
	struct conf_networks networks = {&network, 1};
	struct ip ip = ip_from(text);

	return conf_networks_hold(&networks, &ip);
}

START_TEST(network_holds_what_begins_with_its_bits)
{
	ck_assert(hold(network_from("10.0.0.0", 8), "10.255.0.1"));
	ck_assert(!hold(network_from("10.0.0.0", 8), "11.0.0.0"));
	ck_assert(hold(network_from("10.1.2.128", 25), "10.1.2.129"));
	ck_assert(!hold(network_from("10.1.2.128", 25), "10.1.2.127"));
	ck_assert(hold(network_from("10.1.2.3", 32), "10.1.2.3"));
	ck_assert(!hold(network_from("10.1.2.3", 32), "10.1.2.2"));
	ck_assert(hold(network_from("0.0.0.0", 0), "255.255.255.255"));
	ck_assert(!hold(network_from("0.0.0.0", 0), "::1"));
	ck_assert(hold(network_from("2001:db8::", 32), "2001:db8:f::1"));
	ck_assert(!hold(network_from("2001:db8::", 32), "2001:db9::"));
	ck_assert(hold(network_from("fe80::", 10), "febf::1"));
	ck_assert(!hold(network_from("fe80::", 10), "fec0::1"));
	ck_assert(hold(network_from("::1", 128), "::1"));
	ck_assert(!hold(network_from("::1", 128), "::2"));
	ck_assert(hold(network_from("10.0.0.0", 8), "::ffff:10.1.1.1"));
}
END_TEST

START_TEST(each_prefix_length_ends_at_its_bit)
{
	for (unsigned bits = 1; bits <= 128; bits++) {
		struct conf_network network = {.family = AF_INET6,
		    .bits = bits};
		struct conf_networks networks = {&network, 1};
		struct ip ip = {.family = AF_INET6};

		ip.bytes[15] = bits < 128;
		ck_assert(conf_networks_hold(&networks, &ip));
		ip.bytes[(bits - 1) / 8] |= (uint8_t)(0x80 >> (bits - 1) % 8);
		ck_assert(!conf_networks_hold(&networks, &ip));
	}
}
END_TEST

START_TEST(no_network_holds_nobody)
{
	struct conf_networks none = {NULL, 0};
	struct ip ip = ip_from("127.0.0.1");

	ck_assert(!conf_networks_hold(&none, &ip));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ip");
	TCase *tc = tcase_create("ip");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, every_byte_of_ipv4_is_written_as_the_library_does);
	tcase_add_test(tc, longest_address_has_room);
	tcase_add_test(tc, ipv4_within_ipv6_is_ipv4);
	tcase_add_test(tc, peer_without_an_address_is_called_unix);
	tcase_add_test(tc, network_holds_what_begins_with_its_bits);
	tcase_add_test(tc, each_prefix_length_ends_at_its_bit);
	tcase_add_test(tc, no_network_holds_nobody);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

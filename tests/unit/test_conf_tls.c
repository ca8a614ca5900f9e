/*
 * test_conf_tls.c - TLS of several vhosts: what they inherit, share, and must
 * agree about.  What one vhost says is in conf/good and conf/bad.
 */
#include <check.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "tests/unit/test_conf_util.h"

#define PROXY "proxy = \"http://127.0.0.1:3000\";"
#define A "host = \"www.example.com\"; " PROXY
#define B "host = \"shop.example.com\"; " PROXY
#define CERT "cert = \"../pem/www.pem\";"
#define TLS "tls = { " CERT " };"

static struct conf_case c;

static void setup(void)
{
	conf_case_begin(&c);
	conf_case_pems(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
}

static void teardown(void)
{
	conf_case_end(&c);
}

static void write_global(const char *settings)
{
	char text[1024];

	snprintf(text, sizeof(text), CASE_USER "%s", settings);
	conf_case_text(&c, "sluiced.conf", text);
}

/* A and B with these settings besides; B NULL: A alone. */
static void load(const char *a, const char *b)
{
	conf_case_text(&c, "vhosts.d/a.conf", a);
	if (b != NULL)
		conf_case_text(&c, "vhosts.d/b.conf", b);
	conf_case_load_good(&c);
}

static const struct conf_vhost *vhost(unsigned i)
{
	ck_assert_uint_lt(i, c.conf->vhost_count);
	return c.conf->vhosts[i];
}

static bool speaks_tls(const char *address)
{
	const struct conf_listener *l = conf_case_listener(&c, address);

	ck_assert_msg(l != NULL, "nobody listens on %s", address);
	return l->tls;
}

/* ---- inheritance ---- */

START_TEST(settings_merge_but_the_certificate_is_the_nearest_one)
{
	const struct conf_tls *tls;

	write_global("tls = { cert = \"pem/rsa.pem\"; min = \"1.3\"; "
	    "handshake_timeout = \"3s\"; hsts = \"1d\"; };");
	load(A, B "tls = { " CERT " handshake_timeout = \"4s\"; };");
	tls = vhost(0)->tls;
	ck_assert_str_eq(tls->pairs[0]->kind, "RSA 2048");
	ck_assert_int_eq(tls->handshake_timeout, 3 * USEC_PER_SEC);
	tls = vhost(1)->tls;
	ck_assert_uint_eq(tls->pair_count, 1);
	ck_assert_str_eq(tls->pairs[0]->kind, "EC P-256");
	ck_assert_int_eq(tls->min_version, TLS1_3_VERSION);
	ck_assert_int_eq(tls->handshake_timeout, 4 * USEC_PER_SEC);
	ck_assert_uint_gt(vhost(1)->hsts.n, 0);
	ck_assert_int_eq(conf_case_listener(&c, "0.0.0.0:443")
	    ->handshake_timeout, 4 * USEC_PER_SEC);
}
END_TEST

START_TEST(settings_alone_make_nobody_speak_tls)
{
	write_global("tls = { min = \"1.3\"; hsts = \"1d\"; "
	    "client_ca = \"pem/ca.pem\"; };");
	load(A, NULL);
	ck_assert_ptr_null(vhost(0)->tls);
	ck_assert_uint_eq(vhost(0)->hsts.n, 0);
	ck_assert_int_eq(vhost(0)->scope->client_cert, CONF_CLIENT_CERT_NONE);
	ck_assert_ptr_null(conf_case_listener(&c, "0.0.0.0:443"));
}
END_TEST

START_TEST(false_switches_off_what_is_inherited)
{
	write_global("tls = { cert = \"pem/www.pem\"; };");
	load(A, B "tls = false;");
	ck_assert_ptr_nonnull(vhost(0)->tls);
	ck_assert_ptr_null(vhost(1)->tls);
	ck_assert(!vhost(1)->https_redirect);
}
END_TEST

START_TEST(presets_have_tls_too)
{
	write_global("presets = { strict = { tls = { min = \"1.3\"; "
	    "client_ca = \"pem/ca.pem\"; }; client_cert = \"optional\"; }; };");
	load(A TLS "use = \"strict\";", B TLS);
	ck_assert_int_eq(vhost(0)->tls->min_version, TLS1_3_VERSION);
	ck_assert_int_eq(vhost(0)->tls->client_cert,
	    CONF_CLIENT_CERT_OPTIONAL);
	ck_assert_int_eq(vhost(1)->tls->min_version, TLS1_2_VERSION);
	ck_assert_int_eq(vhost(1)->tls->client_cert, CONF_CLIENT_CERT_NONE);
}
END_TEST

/* ---- what is shared ---- */

START_TEST(the_same_files_are_the_same_pair)
{
	load(A TLS, B "tls = { certs = ( { " CERT " }, "
	    "{ cert = \"../pem/rsa.pem\"; } ); };");
	ck_assert_uint_eq(c.conf->pair_count, 2);
	ck_assert_uint_eq(c.conf->tls_count, 2);
	ck_assert_ptr_eq(vhost(0)->tls->pairs[0], vhost(1)->tls->pairs[0]);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(c.conf->pairs[i]->number, i);
		ck_assert_uint_eq(c.conf->tls[i]->number, i);
		ck_assert_ptr_eq(c.conf->tls[i], vhost(i)->tls);
	}
}
END_TEST

static struct hash_id policy(const char *settings)
{
	char text[512];

	snprintf(text, sizeof(text), A "tls = { " CERT " %s };", settings);
	load(text, NULL);
	return vhost(0)->tls->policy;
}

START_TEST(sessions_belong_to_a_vhost_and_what_it_asks_of_clients)
{
	struct hash_id plain = policy("");
	struct hash_id asked = policy("client_ca = \"../pem/ca.pem\";");

	ck_assert(hash_id_eq(plain, policy("min = \"1.3\";")));
	ck_assert(!hash_id_eq(plain, asked));
	ck_assert(!hash_id_eq(asked,
	    policy("client_ca = \"../pem/alone.pem\";")));
	ck_assert(!hash_id_eq(asked, policy("client_ca = \"../pem/ca.pem\"; "
	    "client_cert = \"optional\";")));
	load(A TLS, B TLS);
	ck_assert(!hash_id_eq(vhost(0)->tls->policy, vhost(1)->tls->policy));
}
END_TEST

/* ---- addresses ---- */

START_TEST(port_443_comes_with_tls)
{
	load(A TLS, B);
	ck_assert(!speaks_tls("0.0.0.0:80"));
	ck_assert(speaks_tls("0.0.0.0:443"));
	ck_assert_ptr_nonnull(conf_names_find(
	    &conf_case_listener(&c, "0.0.0.0:80")->names,
	    STR("shop.example.com")));
	ck_assert_ptr_null(conf_names_find(
	    &conf_case_listener(&c, "0.0.0.0:443")->names,
	    STR("shop.example.com")));
}
END_TEST

START_TEST(who_has_no_tls_takes_no_inherited_address_with_it)
{
	write_global("listen = [ \"80\", \"https://8443\" ];");
	load(A TLS, B);
	ck_assert(speaks_tls("0.0.0.0:8443"));
	ck_assert_ptr_null(conf_names_find(
	    &conf_case_listener(&c, "0.0.0.0:8443")->names,
	    STR("shop.example.com")));
	ck_assert_uint_eq(vhost(0)->https_port, 8443);
}
END_TEST

START_TEST(vhosts_must_agree_on_what_an_address_speaks)
{
	conf_case_text(&c, "vhosts.d/a.conf", A TLS "listen = \"8443\";");
	conf_case_text(&c, "vhosts.d/b.conf", B "listen = \"8443\";");
	conf_case_load_bad(&c, "b.conf:1:69: error: the vhost "
	    "\"shop.example.com\" speaks plain HTTP on 0.0.0.0:8443, where "
	    "another speaks TLS");
	ck_assert_ptr_nonnull(strstr(c.messages, "the other is a.conf:1:"));
	ck_assert_uint_eq(c.errors, 1);
	conf_case_text(&c, "vhosts.d/b.conf", B "listen = \"h2c://81\";");
	conf_case_text(&c, "vhosts.d/a.conf", A "listen = \"81\";");
	conf_case_load_bad(&c, "speaks HTTP/2 without TLS (h2c) on 0.0.0.0:81");
	conf_case_text(&c, "vhosts.d/b.conf",
	    "tcp = \"81\"; proxy = \"tcp://127.0.0.1:1\";");
	conf_case_load_bad(&c, "speaks bytes (tcp) on 0.0.0.0:81");
}
END_TEST

START_TEST(plain_clients_are_sent_to_443_or_what_there_is)
{
	load(A TLS, NULL);
	ck_assert(vhost(0)->https_redirect);
	ck_assert_uint_eq(vhost(0)->https_port, 443);
	load(A TLS "listen = [ \"80\", \"8443\", \"9443\" ];", NULL);
	ck_assert_uint_eq(vhost(0)->https_port, 8443);
	load(A TLS "listen = [ \"80\", \"8443\", \"443\" ];", NULL);
	ck_assert_uint_eq(vhost(0)->https_port, 443);
	load(A "tls = { " CERT " redirect = false; };", NULL);
	ck_assert(!vhost(0)->https_redirect);
}
END_TEST

START_TEST(what_is_passed_through_shares_an_address_with_what_is_not)
{
	const struct conf_listener *l;

	load(A TLS, "host = \"shop.example.com\"; tls = \"passthrough\"; "
	    "proxy = \"tcp://127.0.0.1:1\";");
	l = conf_case_listener(&c, "0.0.0.0:443");
	ck_assert(l->tls && l->passthrough);
	ck_assert(vhost(1)->passthrough);
	ck_assert_ptr_null(vhost(1)->tls);
	ck_assert(!conf_case_listener(&c, "0.0.0.0:80")->passthrough);
	ck_assert_ptr_null(conf_names_find(
	    &conf_case_listener(&c, "0.0.0.0:80")->names,
	    STR("shop.example.com")));
}
END_TEST

/* ---- clients' certificates ---- */

START_TEST(routes_with_several_minds_ask_and_take_who_has_none)
{
	static const struct {
		const char *settings;
		enum conf_client_cert asked;
	} cases[] = {
	    {"client_cert = \"none\";", CONF_CLIENT_CERT_NONE},
	    {"", CONF_CLIENT_CERT_REQUIRE},
	    {"client_cert = \"optional\";", CONF_CLIENT_CERT_OPTIONAL},
	    {"routes = ( { path = \"/a\"; respond = \"\"; "
	     "client_cert = \"none\"; } );", CONF_CLIENT_CERT_OPTIONAL},
	    {"client_cert = \"none\"; routes = ( { path = \"/a\"; "
	     "respond = \"\"; client_cert = \"require\"; } );",
	     CONF_CLIENT_CERT_OPTIONAL},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), A "tls = { " CERT
		    " client_ca = \"../pem/ca.pem\"; }; %s",
		    cases[i].settings);
		load(text, NULL);
		ck_assert_msg(vhost(0)->tls->client_cert == cases[i].asked,
		    "%s", text);
	}
}
END_TEST

/* ---- limits ---- */

START_TEST(limits_of_http2_have_their_defaults)
{
	const struct conf_h2_limits *h2;

	write_global("limits = { handshakes = \"50/5s\"; pings = \"0\"; };");
	load(A "limits = { streams = 7; resets = \"3/2s\"; };", NULL);
	h2 = &vhost(0)->scope->limits.h2;
	ck_assert_uint_eq(h2->streams, 7);
	ck_assert_uint_eq(h2->resets.count, 3);
	ck_assert_int_eq(h2->resets.over, 2 * USEC_PER_SEC);
	ck_assert_uint_eq(h2->settings.count, 100);
	ck_assert_int_eq(h2->settings.over, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(h2->pings.count, 0);
	ck_assert_uint_eq(h2->frames.count, 1000);
	ck_assert_uint_eq(h2->continuations, 16);
	ck_assert_uint_eq(c.conf->scope->limits.handshakes.count, 50);
}
END_TEST

static Suite *tls_suite(void)
{
	Suite *s = suite_create("conf_tls");
	TCase *tc = tcase_create("tls");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc,
	    settings_merge_but_the_certificate_is_the_nearest_one);
	tcase_add_test(tc, settings_alone_make_nobody_speak_tls);
	tcase_add_test(tc, false_switches_off_what_is_inherited);
	tcase_add_test(tc, presets_have_tls_too);
	tcase_add_test(tc, the_same_files_are_the_same_pair);
	tcase_add_test(tc,
	    sessions_belong_to_a_vhost_and_what_it_asks_of_clients);
	tcase_add_test(tc, port_443_comes_with_tls);
	tcase_add_test(tc,
	    who_has_no_tls_takes_no_inherited_address_with_it);
	tcase_add_test(tc, vhosts_must_agree_on_what_an_address_speaks);
	tcase_add_test(tc, plain_clients_are_sent_to_443_or_what_there_is);
	tcase_add_test(tc,
	    what_is_passed_through_shares_an_address_with_what_is_not);
	tcase_add_test(tc,
	    routes_with_several_minds_ask_and_take_who_has_none);
	tcase_add_test(tc, limits_of_http2_have_their_defaults);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(tls_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

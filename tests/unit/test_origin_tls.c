/*
 * test_origin_tls.c - who a server must be, sessions kept, and what is said of
 * handshakes that fail.  Handshakes themselves are in tests/system.
 */
#include "worker/origin/origin_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <time.h>

#include "tests/unit/test_conn.h"
#include "worker/conn/tls.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ---- names ---- */

static const struct {
	const char *host, *configured, *name;
	bool is_service;
} names[] = {
    {"app.internal", NULL, "app.internal", false},
    {"App.Internal:8443", NULL, "App.Internal", false},
    {"app.internal.:8443", NULL, "app.internal", false},
    {"localhost:8443", NULL, "localhost", false},
    {"10.0.0.11:8443", NULL, "10.0.0.11", false},
    {"[2001:db8::11]", NULL, "2001:db8::11", false},
    {"[2001:db8::11]:8443", NULL, "2001:db8::11", false},
    {"10.0.0.11:8443", "app.internal", "app.internal", false},
    {"_http._tcp.app.internal", NULL, "app.internal", true},
    {"_http._tcp.app.internal.", NULL, "app.internal", true},
    {"_http._tcp.app.internal", "api.internal", "api.internal", true},
    {"_app.internal", NULL, "_app.internal", false},
};

START_TEST(a_server_is_called_as_its_url_says_or_its_pool)
{
	struct conf_pool pool = {.tls.name = names[_i].configured};
	struct conf_server server = {
	    .host = names[_i].host, .is_service = names[_i].is_service};
	struct origin_tls_name name;

	origin_tls_name(&name, &pool, &server);
	ck_assert_str_eq(name.text, names[_i].name);
}
END_TEST

/* ---- sessions ---- */

static struct tls_sessions sessions;

static SSL_SESSION *session_of(int version, long long age)
{
	static const unsigned char id[] = "0123456789abcdef";
	SSL_SESSION *session = SSL_SESSION_new();

	ck_assert_ptr_nonnull(session);
	SSL_SESSION_set_protocol_version(session, version);
	SSL_SESSION_set1_id(session, id, sizeof(id));
	SSL_SESSION_set_timeout(session, 100);
	SSL_SESSION_set_time(session, (long)(time(NULL) - age));
	return session;
}

static void keep(int version, long long age)
{
	tls_sessions_keep(&sessions, session_of(version, age));
}

static void forget(void)
{
	tls_sessions_forget(&sessions);
	ck_assert_uint_eq(sessions.count, 0);
}

START_TEST(a_session_of_tls_1_3_is_resumed_once)
{
	SSL_SESSION *session;

	keep(TLS1_3_VERSION, 0);
	keep(TLS1_3_VERSION, 0);
	for (int i = 0; i < 2; i++) {
		session = tls_sessions_take(&sessions);
		ck_assert_ptr_nonnull(session);
		SSL_SESSION_free(session);
	}
	ck_assert_ptr_null(tls_sessions_take(&sessions));
}
END_TEST

START_TEST(one_of_tls_1_2_is_resumed_again_and_again)
{
	keep(TLS1_2_VERSION, 0);
	for (int i = 0; i < 3; i++) {
		SSL_SESSION *session = tls_sessions_take(&sessions);

		ck_assert_ptr_nonnull(session);
		SSL_SESSION_free(session);
	}
}
END_TEST

START_TEST(old_ones_are_forgotten)
{
	keep(TLS1_3_VERSION, 100);
	keep(TLS1_2_VERSION, 1000);
	keep(TLS1_3_VERSION, -1000); /* the clock was set back */
	ck_assert_ptr_null(tls_sessions_take(&sessions));
	ck_assert_uint_eq(sessions.count, 0);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
	SSL_SESSION *newest;

	for (int i = 0; i < 3 * TLS_SESSIONS_MAX; i++)
		keep(TLS1_3_VERSION, 0);
	ck_assert_uint_eq(sessions.count, TLS_SESSIONS_MAX);
	newest = session_of(TLS1_3_VERSION, 0);
	tls_sessions_keep(&sessions, newest);
	ck_assert_ptr_eq(tls_sessions_take(&sessions), newest);
	SSL_SESSION_free(newest);
}
END_TEST

/* ---- what is said ---- */

static const struct {
	int reason;
	enum fault fault;
	const char *help; /* a part of it */
} reasons[] = {
    {SSL_R_WRONG_VERSION_NUMBER, FAULT_tls_absent, "http://"},
    {SSL_R_HTTP_REQUEST, FAULT_tls_absent, "http://"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, FAULT_tls_disagreed, "old"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, FAULT_tls_disagreed, "tls.cert"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, FAULT_tls_client, "tls.cert"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, FAULT_tls_client, "tls.cert"},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, FAULT_tls_refused, "tls.name"},
    {SSL_R_LENGTH_MISMATCH, FAULT_tls_broken, ""},
};

START_TEST(a_failed_handshake_says_what_to_do)
{
	struct tls_verdict verdict;

	tls_verdict_find(&verdict,
	    ERR_PACK(ERR_LIB_SSL, 0, reasons[_i].reason));
	ck_assert_int_eq(verdict.fault, reasons[_i].fault);
	ck_assert_ptr_nonnull(strstr(verdict.help, reasons[_i].help));
	ck_assert_str_ne(verdict.detail, "");
}
END_TEST

START_TEST(a_connection_that_broke_has_no_reason)
{
	struct tls_verdict verdict;

	tls_verdict_find(&verdict, 0);
	ck_assert_int_eq(verdict.fault, FAULT_tls_broken);
	ck_assert_str_eq(verdict.detail, "it ended");
	ck_assert_str_eq(verdict.help, "");
}
END_TEST

/* ---- contexts ---- */

START_TEST(a_pool_without_tls_has_no_context)
{
	struct conf_server server = {.host = "a"};
	struct conf_pool pool = {.servers = &server, .server_count = 1};
	SSL_CTX *context = (SSL_CTX *)&pool;

	ck_assert_int_eq(origin_tls_make(&pool, &context), 0);
	ck_assert_ptr_null(context);
}
END_TEST

START_TEST(ciphers_that_nobody_knows_are_no_context)
{
	struct conf_server server = {.host = "a", .https = true};
	struct conf_pool pool = {.servers = &server,
	    .server_count = 1,
	    .place = {.file = "a.conf", .line = 1},
	    .tls = {.ciphers = "nonsense"}};
	SSL_CTX *context;

	ck_assert_int_eq(tls_init(), 0);
	ck_assert_int_eq(origin_tls_make(&pool, &context), -EINVAL);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	tls_free();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("origin_tls");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, NULL, forget);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase,
	    a_server_is_called_as_its_url_says_or_its_pool, 0, COUNT(names));
	tcase_add_test(tcase, a_session_of_tls_1_3_is_resumed_once);
	tcase_add_test(tcase, one_of_tls_1_2_is_resumed_again_and_again);
	tcase_add_test(tcase, old_ones_are_forgotten);
	tcase_add_test(tcase, the_oldest_makes_room);
	tcase_add_loop_test(tcase, a_failed_handshake_says_what_to_do, 0,
	    COUNT(reasons));
	tcase_add_test(tcase, a_connection_that_broke_has_no_reason);
	tcase_add_test(tcase, a_pool_without_tls_has_no_context);
	tcase_add_test(tcase, ciphers_that_nobody_knows_are_no_context);
	return run_all(suite);
}

/*
 * test_resumption.c - sessions of TLS: clients come back with a ticket or an
 * id, to whichever process, as long as there are keys, and under the same
 * policy only.
 */
#include "worker/resumption.h"

#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "common/base/str.h"
#include "common/shm/seat.h"
#include "common/shm/sessions.h"
#include "common/shm/tickets.h"
#include "worker/fiber/loop.h"

#define SIZE ((uint64_t)2 << 20)

static struct area tickets, sessions;
static SSL_CTX *begun; /* where handshakes begin, and those of two vhosts */
static SSL_CTX *vhosts[2];
static SSL_CTX *clients;
static int chosen;

static void make_area(struct area_shape shape, struct area *area_r)
{
	ck_assert_int_eq(area_create(&shape, area_r), 0);
}

static void identify(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(cert), -100);
	X509_gmtime_adj(X509_getm_notAfter(cert), 10000);
	ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
	ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, cert), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	(void)alert;
	(void)arg;
	SSL_set_SSL_CTX(ssl, vhosts[chosen]);
	return SSL_CLIENT_HELLO_SUCCESS;
}

static void setup(void)
{
	ck_assert_int_eq(seats_create(), 0);
	make_area(tickets_shape(0), &tickets);
	make_area(sessions_shape(SIZE), &sessions);
	tickets_create(tickets.table, 0);
	sessions_create(sessions.table, SIZE);
	ck_assert_int_eq(loop_init(), 0);
	ck_assert_int_eq(resumption_init(), 0);
	begun = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_client_hello_cb(begun, on_hello, NULL);
	resumption_serve(begun);
	for (int i = 0; i < 2; i++) {
		unsigned char policy = (unsigned char)i;

		vhosts[i] = SSL_CTX_new(TLS_server_method());
		identify(vhosts[i]);
		SSL_CTX_set_session_id_context(vhosts[i], &policy, 1);
	}
	clients = SSL_CTX_new(TLS_client_method());
	chosen = 0;
}

/* Moves what both have to say until both are done; then what the server says
 * behind the handshake: tickets. */
static bool shake_hands(SSL *server, SSL *client)
{
	char byte;

	for (int i = 0; i < 10; i++) {
		int a = SSL_do_handshake(client);
		int b = SSL_do_handshake(server);

		if (a == 1 && b == 1) {
			(void)SSL_read(client, &byte, 1);
			return true;
		}
	}
	return false;
}

/* Kept to the end of the test, which is a process of its own. */
static SSL_SESSION *keep(SSL_SESSION *session)
{
	static SSL_SESSION *kept[64];
	static unsigned count;

	ck_assert_uint_lt(count, 64);
	kept[count] = session;
	return kept[count++];
}

/* One handshake of a client that comes with SESSION; true: resumed. */
static bool meet(SSL_SESSION *session, SSL_SESSION **session_r)
{
	SSL *server = SSL_new(begun), *client = SSL_new(clients);
	BIO *one, *other;
	bool reused;

	ck_assert_int_eq(BIO_new_bio_pair(&one, 0, &other, 0), 1);
	SSL_set_bio(server, one, one);
	SSL_set_bio(client, other, other);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	if (session != NULL)
		ck_assert_int_eq(SSL_set_session(client, session), 1);
	ck_assert(shake_hands(server, client));
	reused = SSL_session_reused(client);
	ck_assert_int_eq(reused, SSL_session_reused(server));
	if (session_r != NULL)
		*session_r = keep(SSL_get1_session(client));
	SSL_shutdown(server);
	SSL_shutdown(client);
	SSL_free(server);
	SSL_free(client);
	ERR_clear_error();
	return reused;
}

/* The ways to come back: TLS 1.3, TLS 1.2 with a ticket, and with an id. */
static void come_back_by(int way)
{
	if (way > 0)
		SSL_CTX_set_max_proto_version(clients, TLS1_2_VERSION);
	if (way == 2)
		SSL_CTX_set_options(clients, SSL_OP_NO_TICKET);
}

START_TEST(who_comes_back_is_resumed)
{
	SSL_SESSION *session;

	come_back_by(_i);
	ck_assert(!meet(NULL, &session));
	ck_assert_int_eq(SSL_SESSION_has_ticket(session), _i != 2);
	for (int i = 0; i < 20; i++)
		ck_assert(meet(session, &session));
}
END_TEST

static struct str ticket_of(SSL_SESSION *session)
{
	const unsigned char *p;
	size_t n;

	SSL_SESSION_get0_ticket(session, &p, &n);
	return str_make((const char *)p, n);
}

START_TEST(who_is_resumed_by_tls_13_gets_another_ticket)
{
	SSL_SESSION *session, *next;

	ck_assert(!meet(NULL, &session));
	for (int i = 0; i < 5; i++, session = next) {
		ck_assert(meet(session, &next));
		ck_assert(!str_eq(ticket_of(session), ticket_of(next)));
	}
}
END_TEST

START_TEST(another_process_resumes_it)
{
	SSL_SESSION *session;
	int status;
	pid_t pid;

	come_back_by(_i);
	ck_assert(!meet(NULL, &session));
	pid = fork();
	if (pid == 0)
		_exit(meet(session, NULL) ? 3 : 4);
	waitpid(pid, &status, 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}
END_TEST

START_TEST(another_policy_does_not)
{
	SSL_SESSION *session, *other;

	come_back_by(_i);
	ck_assert(!meet(NULL, &session));
	chosen = 1;
	ck_assert(!meet(session, &other));
	ck_assert(meet(other, NULL));
	chosen = 0;
	ck_assert(!meet(other, NULL));
	ck_assert(meet(session, NULL));
}
END_TEST

START_TEST(a_ticket_lives_as_long_as_its_key)
{
	SSL_SESSION *session, *fresh;

	come_back_by(_i);
	ck_assert(!meet(NULL, &session));
	ck_assert(tickets_rotate(tickets_due()));
	ck_assert(meet(session, &fresh));
	ck_assert(tickets_rotate(tickets_due()));
	ck_assert(!meet(session, NULL));
	ck_assert(meet(fresh, NULL)); /* it came under the new key */
}
END_TEST

START_TEST(a_ticket_of_another_daemon_is_no_ticket)
{
	SSL_SESSION *session, *next;

	come_back_by(_i);
	ck_assert(!meet(NULL, &session));
	memset(tickets.table, 0, tickets_shape(0).size);
	tickets_create(tickets.table, 0);
	ck_assert(!meet(session, &next));
	ck_assert(meet(next, NULL));
}
END_TEST

START_TEST(without_any_key_handshakes_go_on)
{
	SSL_SESSION *session;

	come_back_by(_i);
	memset((char *)tickets.table + sizeof(struct shard_lock) + 16, 0,
	    tickets_shape(0).size - sizeof(struct shard_lock) - 16);
	ck_assert(!meet(NULL, &session));
	ck_assert(!meet(session, NULL));
}
END_TEST

START_TEST(one_ticket_a_handshake_and_none_in_the_table)
{
	SSL_SESSION *session;
	struct hash_id key;
	unsigned n;
	char value[SESSIONS_LARGEST];

	ck_assert_uint_eq(SSL_CTX_get_num_tickets(begun), 1);
	come_back_by(_i);
	ck_assert(!meet(NULL, &session));
	memcpy(&key, SSL_SESSION_get_id(session, &n), sizeof(key));
	ck_assert_int_eq(sessions_find(key, loop_now(), value) > 0, _i == 2);
	ck_assert_int_eq(SSL_CTX_sess_number(begun), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("resumption");
	TCase *tcase = tcase_create("resumption");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, who_comes_back_is_resumed, 0, 3);
	tcase_add_test(tcase, who_is_resumed_by_tls_13_gets_another_ticket);
	tcase_add_loop_test(tcase, another_process_resumes_it, 0, 3);
	tcase_add_loop_test(tcase, another_policy_does_not, 0, 3);
	tcase_add_loop_test(tcase, a_ticket_lives_as_long_as_its_key, 0, 2);
	tcase_add_loop_test(tcase, a_ticket_of_another_daemon_is_no_ticket, 0, 2);
	tcase_add_loop_test(tcase, without_any_key_handshakes_go_on, 0, 2);
	tcase_add_loop_test(tcase,
	    one_ticket_a_handshake_and_none_in_the_table, 0, 3);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

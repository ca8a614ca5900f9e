/*
 * test_tls.c - a peer that sends messages of TLS itself and nothing else.
 */
#include "worker/conn/tls.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/test_conn.h"

#define FLOOD 100000
#define FEW 100 /* before each byte */
#define BYTES 200

static struct link from;

struct reading {
	ssize_t result; /* of the last read */
	size_t got;
	bool done;
};

/* ---- a key instead of certificates ---- */

static unsigned client_key(SSL *ssl, const char *hint, char *name, unsigned n,
    unsigned char *key, unsigned max)
{
	(void)ssl;
	(void)hint;
	(void)max;
	snprintf(name, n, "peer");
	memset(key, 'k', 16);
	return 16;
}

static unsigned server_key(SSL *ssl, const char *name, unsigned char *key,
    unsigned max)
{
	char unused[8];

	return client_key(ssl, name, unused, sizeof(unused), key, max);
}

static SSL *open_ssl(const SSL_METHOD *method)
{
	SSL_CTX *ctx = tls_context(method);
	SSL *ssl;

	MUST(ctx != NULL);
	MUST(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1);
	MUST(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1);
	SSL_CTX_set_psk_client_callback(ctx, client_key);
	SSL_CTX_set_psk_server_callback(ctx, server_key);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	MUST(ssl != NULL);
	return ssl;
}

/* ---- the peer, a process of its own ---- */

static bool update_keys(SSL *ssl)
{
	return SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
	    SSL_do_handshake(ssl) == 1;
}

/* COUNT new keys and a byte, as often as is said; then it awaits the end, for
 * a reset would take away what it has sent. */
static void play_peer(int fd, unsigned count, unsigned times)
{
	SSL *ssl = open_ssl(TLS_client_method());
	char rest[64];
	bool ok;

	close(from.conn.watch.fd);
	(void)signal(SIGPIPE, SIG_IGN);
	MUST(fcntl(fd, F_SETFL, 0) == 0);
	MUST(SSL_set_fd(ssl, fd) == 1);
	ok = SSL_connect(ssl) == 1;
	while (ok && times-- > 0) {
		for (unsigned i = 0; ok && i < count; i++)
			ok = update_keys(ssl);
		ok = ok && SSL_write(ssl, "x", 1) == 1;
	}
	if (ok)
		SSL_shutdown(ssl);
	while (ok && read(fd, rest, sizeof(rest)) > 0)
		;
	_exit(0);
}

static pid_t start_peer(unsigned count, unsigned times)
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0)
		play_peer(from.peer, count, times);
	close(from.peer);
	from.peer = -1;
	return pid;
}

/* ---- us ---- */

static void read_all(void *arg)
{
	struct reading *r = arg;
	usec_t deadline = loop_now() + PATIENCE;
	char bytes[64];

	r->result = tls_accept(&from.conn, open_ssl(TLS_server_method()),
	    deadline);
	if (r->result == 0)
		do {
			r->result = conn_read(&from.conn, bytes,
			    sizeof(bytes), deadline);
			r->got += r->result > 0 ? (size_t)r->result : 0;
		} while (r->result > 0);
	conn_close(&from.conn);
	r->done = true;
}

static struct reading read_from(unsigned count, unsigned times)
{
	struct reading r = {.done = false};
	pid_t peer = start_peer(count, times);

	start(read_all, &r);
	turn_until(&r.done);
	MUST(waitpid(peer, NULL, 0) == peer);
	return r;
}

static void open_all(void)
{
	make_loop();
	MUST(tls_init() == 0);
	link_open(&from);
}

static void close_all(void)
{
	turn_until_idle();
	link_close(&from);
	tls_free();
	loop_free();
}

START_TEST(who_sends_nothing_but_new_keys_is_cut)
{
	struct reading r = read_from(FLOOD, 1);

	ck_assert_int_eq(r.result, -EPROTO);
	ck_assert_uint_eq(r.got, 0);
}
END_TEST

START_TEST(new_keys_between_bytes_are_no_fault)
{
	struct reading r = read_from(FEW, BYTES);

	ck_assert_int_eq(r.result, 0);
	ck_assert_uint_eq(r.got, BYTES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls");
	TCase *t = tcase_create("tls");

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, who_sends_nothing_but_new_keys_is_cut);
	tcase_add_test(t, new_keys_between_bytes_are_no_fault);
	return run_all(suite);
}

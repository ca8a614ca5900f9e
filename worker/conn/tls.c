/*
 * tls.c - TLS under a connection.
 *
 * Runs in workers, on any fiber.  OpenSSL reads and writes the descriptor by a
 * BIO of ours, which knows what the watch knows: it does not ask a descriptor
 * that is dry, and notes a short read, so the call that would only say EAGAIN
 * is saved here as in conn.c.  OpenSSL never waits; on WANT_READ or WANT_WRITE
 * we park outside of it.
 *
 * What goes out in one call is gathered into one record, so that a reply's
 * head and body are one system call; whatever is larger goes record by record.
 * All fibers share the buffer for that, and OpenSSL's error queue: nobody waits
 * between two lines that use them.
 *
 * An end without close_notify is an error (RFC 8446, 6.1): what ends with the
 * connection must not be cut short unseen.
 *
 * OpenSSL reads on through messages of TLS itself as long as there are any, and
 * a KeyUpdate or a ticket costs much more than its few bytes: a peer that sends
 * nothing else would hold the loop.  So what comes is counted, what it says to
 * us is credited, and who is too far behind is cut.
 */
#include "worker/conn/tls.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <time.h>

#include "common/base/insist.h"

#define RECORD_MAX ((size_t)16 * 1024) /* RFC 8446, 5.1 */
#define IDLE_MAX ((uint32_t)64 * 1024)
#define IDLE_MAX_IN_HANDSHAKE ((uint32_t)256 * 1024) /* with certificates */
#define CREDIT ((size_t)4096) /* of a record, for its padding */
#define GROUPS "X25519:P-256:P-384"

static BIO_METHOD *method;
static char record[RECORD_MAX];
static int io_error;	       /* of the descriptor, in the last call */
static unsigned long last_error; /* of OpenSSL, the same */

/* ---- the descriptor, as OpenSSL sees it ---- */

static int say_again(BIO *b, int flag)
{
	BIO_set_flags(b, flag | BIO_FLAGS_SHOULD_RETRY);
	return -1;
}

/* RFC 8446, 4.6 and D.4: nobody needs as many of them. */
static bool says_too_little(const struct conn *c)
{
	return c->tls_idle > (SSL_is_init_finished(c->tls)
		? IDLE_MAX : IDLE_MAX_IN_HANDSHAKE);
}

/* N bytes of a record, which stand for as many on the wire and a few more. */
static void credit(struct conn *c, size_t n)
{
	size_t worth = 2 * n + CREDIT;

	c->tls_idle -= c->tls_idle < worth ? c->tls_idle : (uint32_t)worth;
}

static int bio_read(BIO *b, char *p, int n)
{
	struct conn *c = BIO_get_data(b);
	ssize_t got;

	BIO_clear_retry_flags(b);
	if (says_too_little(c)) {
		ERR_raise(ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE);
		return -1;
	}
	if (!watch_is_ready(&c->watch, WATCH_READ))
		return say_again(b, BIO_FLAGS_READ);
	do
		got = recv(c->watch.fd, p, (size_t)n, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 ? errno == EAGAIN : got > 0 && got < n)
		watch_dry(&c->watch, WATCH_READ);
	if (got < 0 && errno == EAGAIN)
		return say_again(b, BIO_FLAGS_READ);
	if (got <= 0)
		io_error = got < 0 ? errno : ECONNRESET;
	else
		c->tls_idle += (uint32_t)got;
	return (int)got;
}

static int bio_write(BIO *b, const char *p, int n)
{
	struct conn *c = BIO_get_data(b);
	ssize_t sent;

	BIO_clear_retry_flags(b);
	if (!watch_is_ready(&c->watch, WATCH_WRITE))
		return say_again(b, BIO_FLAGS_WRITE);
	do
		sent = send(c->watch.fd, p, (size_t)n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == EAGAIN) {
		watch_dry(&c->watch, WATCH_WRITE);
		return say_again(b, BIO_FLAGS_WRITE);
	}
	if (sent < 0)
		io_error = errno;
	return (int)sent;
}

static long bio_control(BIO *b, int command, long number, void *p)
{
	(void)b;
	(void)number;
	(void)p;
	return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

/* To look at a certificate's times the C library wants to have read the zone of
 * ours, even for those of UTC. */
int tls_init(void)
{
	tzset();
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "conn");
	if (method == NULL)
		return -ENOMEM;
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_control);
	return 0;
}

void tls_free(void)
{
	BIO_meth_free(method);
	method = NULL;
}

SSL_CTX *tls_context(const SSL_METHOD *of)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(of);
	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_read_ahead(ctx, 1);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, GROUPS) != 1) {
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	ERR_clear_error();
	return ctx;
}

/* ---- calls of OpenSSL, and what they say ---- */

static void begin(void)
{
	ERR_clear_error();
	io_error = 0;
}

/* What RESULT of a call on C's SSL means: -EAGAIN, 0 for an end, -errno. */
static int understand(struct conn *c, int result)
{
	int why = SSL_get_error(c->tls, result);

	last_error = ERR_peek_error();
	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	/* Later calls only say that it is broken. */
	if (!c->tls_broken)
		c->tls_error = (uint32_t)last_error;
	c->tls_broken = true;
	return io_error != 0 ? -io_error : -EPROTO;
}

const char *tls_reason(void)
{
	const char *text = ERR_reason_error_string(last_error);

	return text != NULL ? text : "the connection broke";
}

unsigned long tls_error(void)
{
	return last_error;
}

/* ---- the handshake ---- */

/* SSL becomes C's. */
static int take(struct conn *c, SSL *ssl)
{
	BIO *b = BIO_new(method);

	INSIST(c->tls == NULL && c->start == c->end);
	c->tls = ssl;
	if (b == NULL)
		return -ENOMEM;
	BIO_set_data(b, c);
	BIO_set_init(b, 1);
	SSL_set_bio(ssl, b, b);
	return 0;
}

static int shake_hands(struct conn *c, usec_t deadline)
{
	for (;;) {
		int err = fiber_charge(0);
		int result;

		if (err < 0)
			return err;
		begin();
		result = SSL_do_handshake(c->tls);
		if (result == 1) {
			c->tls_idle = 0;
			return 0;
		}
		err = understand(c, result);
		if (err != -EAGAIN)
			return err == 0 ? -EPROTO : err;
		err = watch_wait(&c->watch,
		    SSL_want_write(c->tls) ? WATCH_WRITE : WATCH_READ,
		    deadline);
		if (err < 0)
			return err;
	}
}

int tls_accept(struct conn *c, SSL *ssl, usec_t deadline)
{
	int err = take(c, ssl);

	SSL_set_accept_state(ssl);
	return err < 0 ? err : shake_hands(c, deadline);
}

/* One byte says that there is early data; reading begins with it. */
int tls_accept_early(struct conn *c, SSL *ssl, usec_t deadline)
{
	int err = take(c, ssl);

	SSL_set_accept_state(ssl);
	while (err == 0) {
		size_t got;
		int result;

		begin();
		result = SSL_read_early_data(ssl, &c->tls_byte, 1, &got);
		if (result == SSL_READ_EARLY_DATA_FINISH)
			return shake_hands(c, deadline);
		if (result == SSL_READ_EARLY_DATA_SUCCESS) {
			c->tls_early = c->tls_has_byte = true;
			return 0;
		}
		err = understand(c, 0);
		if (err == 0)
			return -EPROTO;
		if (err == -EAGAIN)
			err = watch_wait(&c->watch, SSL_want_write(ssl)
				? WATCH_WRITE : WATCH_READ, deadline);
	}
	return err;
}

bool tls_is_early(const struct conn *c)
{
	return c->tls != NULL && !SSL_is_init_finished(c->tls);
}

int tls_connect(struct conn *c, SSL *ssl, usec_t deadline)
{
	int err = take(c, ssl);

	SSL_set_connect_state(ssl);
	return err < 0 ? err : shake_hands(c, deadline);
}

struct str tls_alpn(const struct conn *c)
{
	const unsigned char *p = NULL;
	unsigned n = 0;

	if (c->tls != NULL)
		SSL_get0_alpn_selected(c->tls, &p, &n);
	return str_make((const char *)p, n);
}

/* ---- bytes ---- */

/* A part of a record says nothing until more of it has come. */
bool tls_has_pending(const struct conn *c)
{
	return c->tls_has_byte ||
	    (!c->tls_partial && SSL_has_pending(c->tls) == 1);
}

int tls_flush(struct conn *c)
{
	BIO *b;

	if (!tls_is_early(c))
		return 0;
	b = SSL_get_wbio(c->tls);
	begin();
	if (BIO_wpending(b) > 0)
		(void)BIO_flush(b);
	if (BIO_wpending(b) == 0)
		return 0;
	c->tls_broken |= io_error != 0;
	return io_error != 0 ? -io_error : -EAGAIN;
}

/* As SSL_read_ex, for as long as what comes is early data. */
static int read_early(struct conn *c, void *p, size_t n, size_t *got_r)
{
	int result = SSL_read_early_data(c->tls, p, n, got_r);

	if (result == SSL_READ_EARLY_DATA_SUCCESS)
		return 1;
	c->tls_early = result != SSL_READ_EARLY_DATA_FINISH;
	return c->tls_early ? 0 : SSL_read_ex(c->tls, p, n, got_r);
}

ssize_t tls_receive(struct conn *c, void *p, size_t n)
{
	size_t got;
	int result;

	if (c->tls_has_byte) {
		c->tls_has_byte = false;
		*(char *)p = c->tls_byte;
		return 1;
	}
	result = tls_flush(c);
	c->tls_blocked = result == -EAGAIN;
	if (result < 0)
		return result;
	begin();
	result = c->tls_early ? read_early(c, p, n, &got)
			      : SSL_read_ex(c->tls, p, n, &got);
	c->tls_partial = result != 1;
	c->tls_blocked = result != 1 && SSL_want_write(c->tls);
	if (result == 1)
		credit(c, got);
	return result == 1 ? (ssize_t)got : understand(c, result);
}

/* As much of IOV as a record holds; a first part that fills one stays where
 * it is. */
static struct iovec gather(const struct iovec *iov, int count)
{
	size_t n = 0;

	if (count == 1 || iov->iov_len >= RECORD_MAX)
		return *iov;
	for (int i = 0; i < count && n < RECORD_MAX; i++) {
		size_t part = iov[i].iov_len;

		if (part > RECORD_MAX - n)
			part = RECORD_MAX - n;
		memcpy(record + n, iov[i].iov_base, part);
		n += part;
	}
	return (struct iovec){record, n};
}

ssize_t tls_transmit(struct conn *c, const struct iovec *iov, int count)
{
	struct iovec all = gather(iov, count);
	size_t sent;
	int result;

	begin();
	result = tls_is_early(c)
	    ? SSL_write_early_data(c->tls, all.iov_base, all.iov_len, &sent)
	    : SSL_write_ex(c->tls, all.iov_base, all.iov_len, &sent);
	if (result == 1)
		return (ssize_t)sent;
	result = understand(c, result);
	return result == 0 ? -EPIPE : result;
}

/* ---- the end ---- */

bool tls_has_ended(struct conn *c)
{
	size_t got;
	char byte;

	if (tls_is_early(c))
		return false;
	begin();
	if (SSL_peek_ex(c->tls, &byte, 1, &got) == 1)
		return false;
	return understand(c, 0) != -EAGAIN;
}

bool tls_is_quiet(struct conn *c)
{
	size_t got;
	char byte;
	int result;

	c->watch.ready |= WATCH_READ;
	begin();
	result = SSL_peek_ex(c->tls, &byte, 1, &got);
	c->tls_partial = result != 1;
	return result != 1 && understand(c, result) == -EAGAIN;
}

void tls_finish(struct conn *c)
{
	begin();
	if (!c->tls_broken && SSL_is_init_finished(c->tls))
		(void)SSL_shutdown(c->tls);
	ERR_clear_error();
}

void tls_drop(struct conn *c)
{
	tls_finish(c);
	/* Or else its session would be good for nothing. */
	SSL_set_shutdown(c->tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(c->tls);
	ERR_clear_error();
	c->tls = NULL;
}

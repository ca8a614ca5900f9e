/*
 * tls_client.c - a client of TLS 1.3 that waits for everything.
 */
#include "tests/bench/tls_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_MAX (1 << 17)
#define SOURCES 200 /* one address alone has only 28,000 ports */

static SSL_CTX *ctx;
static SSL_SESSION *last;
static struct sockaddr_in server = {.sin_family = AF_INET};
static unsigned opened;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "tls_client: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(last);
	last = session;
	return 1;
}

void tls_client_init(unsigned port, bool resume)
{
	server.sin_port = htons((uint16_t)port);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
		fail("context");
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (!resume)
		return;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
}

static int connect_one(void)
{
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + opened++ % SOURCES)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
		fail("connect");
	return fd;
}

void tls_client_open(struct tls_client *c)
{
	c->fd = connect_one();
	c->ssl = SSL_new(ctx);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    SSL_set_tlsext_host_name(c->ssl, "localhost") != 1)
		fail("open");
	if (last != NULL && SSL_set_session(c->ssl, last) != 1)
		fail("session");
	if (SSL_connect(c->ssl) != 1)
		fail("handshake");
}

void tls_client_ask(struct tls_client *c, unsigned size)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n"
	    "User-Agent: bench\r\nAccept: */*\r\n\r\n";
	static char reply[REPLY_MAX];
	const char *end = NULL;
	size_t n = 0;

	if (SSL_write(c->ssl, request, sizeof(request) - 1) <= 0)
		fail("write");
	while (end == NULL || n < (size_t)(end + 4 - reply) + size) {
		int got = SSL_read(c->ssl, reply + n, (int)(sizeof(reply) - n));

		if (got <= 0)
			fail("read");
		n += (size_t)got;
		if (end == NULL)
			end = memmem(reply, n, "\r\n\r\n", 4);
	}
	if (strncmp(reply, "HTTP/1.1 200 ", 13) != 0 ||
	    n != (size_t)(end + 4 - reply) + size)
		fail("another reply than was expected");
}

/* RST: nothing stays in TIME_WAIT, so ports never run out. */
void tls_client_close(struct tls_client *c)
{
	struct linger now = {.l_onoff = 1};

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(c->ssl);
	close(c->fd);
}

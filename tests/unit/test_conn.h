/*
 * test_conn.h - what the tests of connections share: pairs of sockets, the
 * one end a conn, the other a plain descriptor that a test plays by hand.
 */
#ifndef TESTS_UNIT_TEST_CONN_H
#define TESTS_UNIT_TEST_CONN_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test_fiber.h"
#include "worker/conn/conn.h"

/* A listening socket on 127.0.0.1 and its address. */
static inline int listen_local(struct sockaddr_in *addr_r, int backlog)
{
	socklen_t len = sizeof(*addr_r);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*addr_r = (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	MUST(bind(fd, (struct sockaddr *)addr_r, sizeof(*addr_r)) == 0);
	MUST(listen(fd, backlog) == 0);
	MUST(getsockname(fd, (struct sockaddr *)addr_r, &len) == 0);
	return fd;
}

/* Two ends of a TCP connection, both non-blocking. */
static inline void tcp_pair(int fds_r[2])
{
	struct sockaddr_in addr;
	int listener = listen_local(&addr, 1);

	fds_r[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(connect(fds_r[0], (struct sockaddr *)&addr, sizeof(addr)) == 0);
	fds_r[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	MUST(fds_r[1] >= 0);
	MUST(fcntl(fds_r[0], F_SETFL, O_NONBLOCK) == 0);
	close(listener);
}

/* A conn, and the peer's plain descriptor (-1: closed). */
struct link {
	struct conn conn;
	int peer;
};

static inline void link_open(struct link *l)
{
	int fds[2];

	tcp_pair(fds);
	MUST(conn_open(&l->conn, fds[0], NULL) == 0);
	l->peer = fds[1];
	loop_turn(0); /* the edge of the registration */
}

static inline void link_hang_up(struct link *l)
{
	close(l->peer);
	l->peer = -1;
}

static inline void link_close(struct link *l)
{
	conn_close(&l->conn);
	if (l->peer >= 0)
		link_hang_up(l);
}

static inline void link_send(struct link *l, const char *text)
{
	MUST(write(l->peer, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Turns until *DONE. */
static inline void turn_until(const bool *done)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (!*done && clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	MUST(*done);
}

/* Turns until the loop has seen what the peer did. */
static inline void turn_until_ready(struct link *l)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (!watch_is_ready(&l->conn.watch, WATCH_READ) &&
	    clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	MUST(watch_is_ready(&l->conn.watch, WATCH_READ));
}

/* Byte AT of a stream in which nothing can be missing unnoticed. */
static inline char stream_byte(size_t at)
{
	return (char)(at % 251 + at / 251 % 3);
}

static inline void stream_fill(char *p, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		p[i] = stream_byte(at + i);
}

static inline bool stream_is(const char *p, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != stream_byte(at + i))
			return false;
	return true;
}

#endif

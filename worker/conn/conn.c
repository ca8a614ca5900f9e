/*
 * conn.c - a connection as bytes.
 *
 * Runs in workers.  Every call that moves bytes first pays for it
 * (fiber_charge): that is the test for cancellation, and what keeps a fast
 * peer from holding the loop.  A short read or write says that the descriptor
 * is dry until its next edge, which saves the system call that would only say
 * EAGAIN.
 */
#include "worker/conn/conn.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "worker/conn/tls.h"

#define CLOSE_PATIENCE USEC_PER_SEC
#define CONNECT_RETRY (10 * USEC_PER_MSEC)
#define UNBLOCK_RETRY (10 * USEC_PER_MSEC)

int conn_open(struct conn *c, int fd,
    void (*on_event)(struct watch *w, unsigned events))
{
	*c = (struct conn){.magic = CONN_MAGIC, .watch.fd = -1};
	return watch_add(&c->watch, fd, on_event);
}

void conn_close(struct conn *c)
{
	INSIST_MAGIC(c, CONN_MAGIC);
	if (c->tls != NULL)
		tls_drop(c);
	if (conn_is_open(c))
		watch_close_fd(&c->watch);
}

/* ---- the window ---- */

void conn_lend(struct conn *c, char *p, size_t n)
{
	size_t held = c->end - c->start;

	INSIST(held <= n && n <= UINT32_MAX);
	if (held > 0)
		memmove(p, c->window + c->start, held);
	c->window = p;
	c->cap = (uint32_t)n;
	c->start = 0;
	c->end = (uint32_t)held;
}

void conn_take_back(struct conn *c)
{
	INSIST(c->start == c->end);
	c->window = NULL;
	c->cap = c->start = c->end = 0;
}

void conn_consume(struct conn *c, size_t n)
{
	INSIST(n <= c->end - c->start);
	c->start += (uint32_t)n;
	if (c->start == c->end)
		c->start = c->end = 0;
}

void conn_put(struct conn *c, const char *p, size_t n)
{
	INSIST(n <= c->cap - c->end);
	memcpy(c->window + c->end, p, n);
	c->end += (uint32_t)n;
}

/* One recv; knows what a short one means. */
static ssize_t receive(struct conn *c, void *p, size_t n)
{
	ssize_t got;

	if (c->tls != NULL)
		return tls_receive(c, p, n);
	do
		got = recv(c->watch.fd, p, n, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		got = -errno;
	if (got == -EAGAIN || (got > 0 && (size_t)got < n))
		watch_dry(&c->watch, WATCH_READ);
	return got;
}

ssize_t conn_fill(struct conn *c)
{
	size_t room = c->cap - c->end;
	ssize_t got;

	if (room == 0)
		return -ENOBUFS;
	if (!conn_may_read(c))
		return -EAGAIN;
	got = receive(c, c->window + c->end, room);
	if (got > 0)
		c->end += (uint32_t)got;
	return got;
}

/* ---- moving bytes ---- */

/* TLS wants to write first: perhaps another fiber does, then that will do. */
static int wait_unblocked(struct conn *c, usec_t deadline)
{
	usec_t soon = loop_now() + UNBLOCK_RETRY;
	int err;

	if (c->watch.writer == NULL)
		return watch_wait(&c->watch, WATCH_WRITE, deadline);
	if (soon > deadline)
		return -ETIMEDOUT;
	err = fiber_sleep_until(soon);
	return err == -ETIMEDOUT ? 0 : err;
}

int conn_wait_readable(struct conn *c, usec_t deadline)
{
	int err = fiber_charge(0);

	if (err < 0)
		return err;
	if (c->tls != NULL && c->tls_blocked)
		return wait_unblocked(c, deadline);
	if (c->tls != NULL && tls_has_pending(c))
		return 0;
	return watch_wait(&c->watch, WATCH_READ, deadline);
}

int conn_wait_sender(struct conn *c, struct pace *pace)
{
	usec_t since = loop_now();
	int err = conn_wait_readable(c, since + pace->left);

	pace_waited(pace, since);
	return err;
}

ssize_t conn_take(struct conn *c, void *p, size_t n)
{
	return conn_may_read(c) ? receive(c, p, n) : -EAGAIN;
}

ssize_t conn_try_read(struct conn *c, void *p, size_t n)
{
	ssize_t got = receive(c, p, n);

	if (got > 0)
		(void)fiber_charge((size_t)got);
	return got;
}

ssize_t conn_read(struct conn *c, void *p, size_t n, usec_t deadline)
{
	ssize_t got;

	do {
		int err = conn_wait_readable(c, deadline);

		if (err < 0)
			return err;
		got = conn_try_read(c, p, n);
	} while (got == -EAGAIN);
	return got;
}

/* Moves IOV past N bytes; the number of parts left. */
static int advance(struct iovec **iov, int count, size_t n)
{
	while (count > 0 && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		(*iov)++;
		count--;
	}
	if (count > 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
	return count;
}

/* One system call, the cheaper one for one part: bytes, or -errno. */
static ssize_t transmit(struct conn *c, struct iovec *iov, int count)
{
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = (size_t)count};
	int fd = c->watch.fd;
	ssize_t sent;

	if (c->tls != NULL)
		return tls_transmit(c, iov, count);
	do
		sent = count == 1
		    ? send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
		    : sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

int conn_queued(const struct conn *c)
{
	int n = 0;

	(void)ioctl(c->watch.fd, SIOCOUTQ, &n);
	return n;
}

/* Sleeps once; what has left the send buffer is progress, although the kernel
 * wakes us only when a good part of it, perhaps megabytes, is free. */
static int wait_some(struct conn *c, struct pace *pace, usec_t time)
{
	usec_t since = loop_now();
	int before = conn_queued(c);
	int err = watch_wait(&c->watch, WATCH_WRITE, since + time);
	int now;

	pace_waited(pace, since);
	if (err != -ETIMEDOUT)
		return err;
	now = conn_queued(c);
	if (now < before)
		pace_moved(pace, (size_t)(before - now));
	return err;
}

int conn_wait_writable(struct conn *c, struct pace *pace)
{
	int err;

	if (watch_is_ready(&c->watch, WATCH_WRITE))
		return fiber_is_cancelled() ? -ECANCELED : 0;
	do
		err = wait_some(c, pace, pace->left);
	while (err == -ETIMEDOUT && pace->left > 0);
	return err;
}

/* The same for who has bytes in hand, and their memory. */
static int wait_holding(struct conn *c, struct pace *pace)
{
	int err;

	if (likely(watch_is_ready(&c->watch, WATCH_WRITE)))
		return 0;
	do
		err = wait_some(c, pace, pace_look(pace));
	while (err == -ETIMEDOUT && !pace_is_over(pace));
	return err;
}

/* What TLS holds back behind early data. */
static int flush(struct conn *c, struct pace *pace)
{
	int err = tls_flush(c);

	while (err == -EAGAIN) {
		err = wait_holding(c, pace);
		if (err == 0)
			err = tls_flush(c);
	}
	return err;
}

int conn_write(struct conn *c, struct iovec *iov, int count, struct pace *pace)
{
	count = advance(&iov, count, 0);
	while (count > 0) {
		ssize_t sent;
		int err = fiber_charge(0);

		if (err == 0)
			err = wait_holding(c, pace);
		if (err < 0)
			return err;
		sent = transmit(c, iov, count);
		if (sent == -EAGAIN) {
			watch_dry(&c->watch, WATCH_WRITE);
			continue;
		}
		if (sent < 0)
			return (int)sent;
		(void)fiber_charge((size_t)sent);
		pace_moved(pace, (size_t)sent);
		count = advance(&iov, count, (size_t)sent);
	}
	return c->tls != NULL ? flush(c, pace) : 0;
}

ssize_t conn_try_write(struct conn *c, const void *p, size_t n)
{
	struct iovec iov = {(void *)p, n};
	ssize_t sent = -EAGAIN;

	if (watch_is_ready(&c->watch, WATCH_WRITE))
		sent = transmit(c, &iov, 1);
	if (sent == -EAGAIN)
		watch_dry(&c->watch, WATCH_WRITE);
	return sent;
}

void conn_finish(struct conn *c)
{
	if (c->tls != NULL)
		tls_finish(c);
	(void)shutdown(c->watch.fd, SHUT_WR);
}

void conn_acknowledge(struct conn *c)
{
	int on = 1;

	(void)setsockopt(c->watch.fd, IPPROTO_TCP, TCP_QUICKACK, &on,
	    sizeof(on));
}

void conn_set_reset(struct conn *c)
{
	struct linger now = {.l_onoff = 1};

	c->tls_broken = true;
	(void)setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

bool conn_has_unread(const struct conn *c)
{
	char byte;

	if (c->tls != NULL && (tls_has_pending(c) || tls_is_early(c)))
		return true; /* the end of the handshake is sure to come */
	return watch_is_ready(&c->watch, WATCH_READ) &&
	    recv(c->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool conn_is_stale(struct conn *c)
{
	char byte;
	ssize_t got;

	if (c->watch.seen_hup || c->start != c->end)
		return true;
	if (c->tls != NULL && tls_has_pending(c) && !tls_is_quiet(c))
		return true;
	got = recv(c->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got < 0)
		return errno != EAGAIN;
	return got == 0 || c->tls == NULL || !tls_is_quiet(c);
}

/* -ETIMEDOUT: the peer's end has not come within CLOSE_PATIENCE. */
static int forget_input(struct conn *c, struct pace *pace)
{
	char waste[1024];
	usec_t since = loop_now();
	int before = conn_queued(c), now;
	ssize_t got;

	do
		got = conn_read(c, waste, sizeof(waste),
		    since + CLOSE_PATIENCE);
	while (got > 0 && loop_now() < since + CLOSE_PATIENCE);
	pace_waited(pace, since);
	now = conn_queued(c);
	if (now < before)
		pace_moved(pace, (size_t)(before - now));
	return got > 0 ? -ETIMEDOUT : (int)got;
}

void conn_close_gently(struct conn *c, struct pace *pace)
{
	int err;

	conn_finish(c);
	fiber_shield();
	err = forget_input(c, pace);
	fiber_unshield();
	while (err == -ETIMEDOUT && conn_queued(c) > 0 && pace->left > 0)
		err = forget_input(c, pace);
	conn_close(c);
}

/* ---- connecting ---- */

/* The outcome of a connect that was in progress. */
static int connect_result(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return -errno;
	return -err;
}

/* A unix socket whose queue is full says EAGAIN and tells nobody when it
 * has room: ask again. */
static int start_connect(int fd, const struct sockaddr *addr, socklen_t len,
    usec_t deadline)
{
	while (connect(fd, addr, len) < 0) {
		int err;

		if (errno != EAGAIN || addr->sa_family != AF_UNIX)
			return -errno;
		if (loop_now() >= deadline)
			return -ETIMEDOUT;
		err = fiber_sleep_until(loop_now() + CONNECT_RETRY);
		if (err == -ECANCELED)
			return err;
	}
	return 0;
}

/* A socket for ADDR, or -errno. */
static int open_socket(const struct sockaddr *addr)
{
	int on = 1;
	int fd = socket(addr->sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (addr->sa_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

int conn_begin(struct conn *c, const struct sockaddr *addr, socklen_t len,
    usec_t deadline)
{
	int fd = open_socket(addr);
	int err;

	if (fd < 0)
		return fd;
	err = start_connect(fd, addr, len, deadline);
	if (err < 0 && err != -EINPROGRESS) {
		close(fd);
		return err;
	}
	if (conn_open(c, fd, NULL) < 0) {
		close(fd);
		return -EMFILE;
	}
	/* The watch is fresh: what it says of writing now says nothing. */
	if (err == -EINPROGRESS)
		c->watch.ready &= (uint8_t)~WATCH_WRITE;
	return err;
}

int conn_await(struct conn *c, usec_t deadline)
{
	int err = watch_wait(&c->watch, WATCH_WRITE, deadline);

	return err < 0 ? err : connect_result(c->watch.fd);
}

int conn_connect(struct conn *c, const struct sockaddr *addr, socklen_t len,
    usec_t deadline)
{
	int err = conn_begin(c, addr, len, deadline);

	if (err != -EINPROGRESS)
		return err;
	err = conn_await(c, deadline);
	if (err < 0)
		conn_close(c);
	return err;
}

/*
 * peer.c - one connection of a demo origin, as bytes.
 *
 * Plain blocking reads and writes with the kernel's own timeouts: a demo
 * origin has a thread for each connection.  Output is gathered in one buffer,
 * so that a head and a small body leave in one segment.
 *
 *   in:   | read already | unread ........ | free          |
 *         0              in_at             in_end          PEER_BUFFER
 */
#include "tests/demo/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/base/clock.h"

void peer_init(struct peer *p, int fd, unsigned number)
{
	struct timeval patience = {.tv_sec = PEER_PATIENCE};
	int on = 1;

	p->fd = fd;
	p->number = number;
	p->requests = 0;
	p->failed = false;
	p->in_at = p->in_end = p->out_end = 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void compact(struct peer *p)
{
	size_t unread = p->in_end - p->in_at;

	if (p->in_at > 0)
		memmove(p->in, p->in + p->in_at, unread);
	p->in_at = 0;
	p->in_end = unread;
}

ssize_t peer_fill(struct peer *p)
{
	ssize_t n;

	if (p->failed)
		return -1;
	if (p->in_end == sizeof(p->in) || p->in_at == p->in_end)
		compact(p);
	if (p->in_end == sizeof(p->in))
		return 0;
	do
		n = recv(p->fd, p->in + p->in_end, sizeof(p->in) - p->in_end, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		p->in_end += (size_t)n;
	if (n < 0)
		p->failed = true;
	return n;
}

char *peer_line(struct peer *p)
{
	char *line;
	char *lf;

	while ((lf = memchr(p->in + p->in_at, '\n', p->in_end - p->in_at)) ==
	    NULL)
		if (peer_fill(p) <= 0)
			return NULL;
	line = p->in + p->in_at;
	if (lf == line || lf[-1] != '\r')
		return NULL;
	lf[-1] = '\0';
	p->in_at = (size_t)(lf + 1 - p->in);
	return strlen(line) == (size_t)(lf - 1 - line) ? line : NULL;
}

static bool send_all(struct peer *p, const char *bytes, size_t n)
{
	while (n > 0 && !p->failed) {
		ssize_t sent = send(p->fd, bytes, n, MSG_NOSIGNAL);

		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (errno != EINTR) {
			p->failed = true;
		}
	}
	return !p->failed;
}

bool peer_put(struct peer *p, const void *bytes, size_t n)
{
	if (n > sizeof(p->out) - p->out_end && !peer_flush(p))
		return false;
	if (n > sizeof(p->out))
		return send_all(p, bytes, n);
	memcpy(p->out + p->out_end, bytes, n);
	p->out_end += n;
	return !p->failed;
}

bool peer_text(struct peer *p, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		p->failed = true;
	return !p->failed && peer_put(p, text, (size_t)n);
}

bool peer_flush(struct peer *p)
{
	size_t n = p->out_end;

	p->out_end = 0;
	return send_all(p, p->out, n);
}

bool peer_wait(struct peer *p, long msec)
{
	struct pollfd poll_for = {.fd = p->fd, .events = POLLRDHUP};
	usec_t until = clock_mono() + msec * USEC_PER_MSEC;
	usec_t left;

	while ((left = until - clock_mono()) > 0)
		if (poll(&poll_for, 1, (int)(left / USEC_PER_MSEC + 1)) > 0)
			return false;
	return true;
}

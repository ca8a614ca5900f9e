/*
 * splice.c - bytes from one connection to another, through pooled pipes.
 *
 * A pipe is filled from one socket and emptied into the other before it is
 * filled again.  A short splice does not mean that the socket is dry (the
 * pipe may be out of slots): only EAGAIN does, and as the pipe is empty
 * whenever we fill it, EAGAIN can mean nothing else.
 *
 * A pipe with bytes left in it (its exchange broke off) is closed, never
 * pooled: those bytes belong to nobody.
 */
#include "worker/conn/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIPE_SIZE (256 * 1024)
#define PIPES_KEPT 16

struct conduit {
	int in;
	int out;
};

static struct conduit kept[PIPES_KEPT];
static unsigned kept_count;
static unsigned open_count; /* kept or in use */
static unsigned open_max = PIPES_KEPT;

void splice_init(unsigned pipes_max)
{
	open_max = pipes_max;
}

static int take(struct conduit *c)
{
	int ends[2];

	if (kept_count > 0) {
		*c = kept[--kept_count];
		return 0;
	}
	if (open_count >= open_max || pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
		return -ENOTSUP;
	open_count++;
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	*c = (struct conduit){.in = ends[1], .out = ends[0]};
	return 0;
}

static void discard(struct conduit *c)
{
	close(c->in);
	close(c->out);
	open_count--;
}

static void give(struct conduit *c, bool empty)
{
	if (empty && kept_count < PIPES_KEPT)
		kept[kept_count++] = *c;
	else
		discard(c);
}

void splice_free_all(void)
{
	while (kept_count > 0)
		discard(&kept[--kept_count]);
}

static ssize_t shove(int from, int to, size_t n)
{
	ssize_t moved;

	do
		moved = splice(from, NULL, to, NULL, n,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (moved < 0 && errno == EINTR);
	return moved < 0 ? -errno : moved;
}

static int wait_from(struct splice *s)
{
	if (s->from_pace != NULL)
		return conn_wait_sender(s->from, s->from_pace);
	return conn_wait_readable(s->from, loop_now() + s->patience);
}

/* Something into the empty pipe: > 0 bytes, 0 at the end, -errno. */
static ssize_t fill(struct splice *s, const struct conduit *c, uint64_t n)
{
	size_t most = n < PIPE_SIZE ? (size_t)n : PIPE_SIZE;

	for (;;) {
		ssize_t got;
		int err = wait_from(s);

		if (err < 0)
			return err;
		got = shove(s->from->watch.fd, c->in, most);
		if (got > 0) {
			(void)fiber_charge((size_t)got);
			if (s->from_pace != NULL)
				pace_moved(s->from_pace, (size_t)got);
		}
		if (got != -EAGAIN)
			return got;
		watch_dry(&s->from->watch, WATCH_READ);
		if (s->from->watch.seen_hup)
			return 0;
	}
}

/* All N bytes out of the pipe. */
static int empty(struct splice *s, const struct conduit *c, size_t n)
{
	struct watch *to = &s->to->watch;

	while (n > 0) {
		ssize_t sent;
		int err = conn_wait_writable(s->to, s->pace);

		if (err < 0)
			return err;
		sent = shove(c->out, to->fd, n);
		if (sent == -EAGAIN) {
			watch_dry(to, WATCH_WRITE);
			continue;
		}
		if (sent <= 0)
			return sent < 0 ? (int)sent : -EPIPE;
		pace_moved(s->pace, (size_t)sent);
		s->moved += (uint64_t)sent;
		n -= (size_t)sent;
	}
	return 0;
}

static int move(struct splice *s, const struct conduit *c, uint64_t n,
    bool *empty_r)
{
	while (n > 0) {
		ssize_t got = fill(s, c, n);
		int err;

		if (got <= 0)
			return got < 0 ? (int)got : -EPIPE;
		n -= (uint64_t)got;
		*empty_r = false;
		err = empty(s, c, (size_t)got);
		if (err < 0) {
			s->to_failed = true;
			return err;
		}
		*empty_r = true;
	}
	return 0;
}

int splice_move(struct splice *s, uint64_t n)
{
	struct conduit c;
	bool is_empty = true;
	int err = s->from->tls != NULL || s->to->tls != NULL ? -ENOTSUP
							      : take(&c);

	if (err < 0)
		return err;
	err = move(s, &c, n, &is_empty);
	give(&c, is_empty);
	return err;
}

/* Into the empty pipe, if there is something. */
static ssize_t fill_now(struct splice *s, const struct conduit *c)
{
	ssize_t got = shove(s->from->watch.fd, c->in, PIPE_SIZE);

	if (got > 0)
		(void)fiber_charge((size_t)got);
	if (got == -EAGAIN)
		watch_dry(&s->from->watch, WATCH_READ);
	return got;
}

ssize_t splice_some(struct splice *s)
{
	struct conduit c;
	ssize_t got;
	int err;

	if (s->from->tls != NULL || s->to->tls != NULL)
		return -ENOTSUP;
	err = take(&c);
	if (err < 0)
		return err;
	got = fill_now(s, &c);
	if (got > 0) {
		err = empty(s, &c, (size_t)got);
		s->to_failed = err < 0;
	}
	give(&c, err == 0);
	return err < 0 ? err : got;
}

/*
 * peek.c - what a peer begins with, looked at and left where it is.
 *
 * Runs in workers, on the fiber of who reads next.  A look (MSG_PEEK) leaves
 * the bytes in the socket, so it does not make a descriptor dry, and an edge
 * comes with each further piece: who sends one byte at a time would have all
 * of them looked at each time.  So we say to the kernel how many we need
 * (SO_RCVLOWAT) and are woken when they are there, or never will be:
 *
 *	need 5     wait, look: the head of a record    -> 517
 *	need 517   wait, look: the message             -> done
 *
 * Whoever waits holds a fiber, but no memory for the bytes.
 */
#include "worker/conn/peek.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "common/base/insist.h"
#include "worker/conn/block.h"

/* ---- enough bytes ---- */

static size_t queued(const struct conn *c)
{
	int n = 0;

	return ioctl(c->watch.fd, SIOCINQ, &n) == 0 && n > 0 ? (size_t)n : 0;
}

/* Sockets that have no such mark wake us for each piece, which is only more
 * work. */
static void set_mark(struct conn *c, size_t n)
{
	int mark = (int)n;

	(void)setsockopt(c->watch.fd, SOL_SOCKET, SO_RCVLOWAT, &mark,
	    sizeof(mark));
}

/* What the kernel has of what will never be whole. */
static int end_of(const struct conn *c)
{
	return queued(c) > 0 ? -EPROTO : -ECONNRESET;
}

/* Until N bytes are there. */
static int await(struct conn *c, size_t n, usec_t deadline)
{
	int err = fiber_charge(0);

	while (err == 0 && queued(c) < n) {
		if (c->watch.seen_hup)
			return end_of(c);
		watch_dry(&c->watch, WATCH_READ);
		err = watch_wait(&c->watch, WATCH_READ, deadline);
	}
	return err;
}

/* The mark is taken off again: for others one byte is enough.  They are there,
 * although the edge that says so may still be on its way. */
static int await_marked(struct conn *c, size_t n, usec_t deadline)
{
	int err;

	if (queued(c) < n) {
		set_mark(c, n);
		err = await(c, n, deadline);
		set_mark(c, 1);
		if (err < 0)
			return err;
	}
	c->watch.ready |= WATCH_READ;
	return 0;
}

/* ---- looking ---- */

static void *take_room(size_t n)
{
	return n <= BLOCK_HEAD_SIZE ? block_take_head() : malloc(n);
}

static void give_room(void *room, size_t n)
{
	if (n <= BLOCK_HEAD_SIZE)
		block_give_head(room);
	else
		free(room);
}

/* Up to N bytes, again and again the same. */
static ssize_t look(struct conn *c, void *p, size_t n)
{
	ssize_t got;

	do
		got = recv(c->watch.fd, p, n, MSG_PEEK | MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* Of the room for N bytes as much as is there.  1: what is looked for is; 0:
 * *N_P are needed; or -errno. */
static int measure_some(struct conn *c, peek_measure *measure, size_t *n_p,
    struct peek *peek)
{
	ssize_t got;

	peek->room = *n_p < BLOCK_HEAD_SIZE ? BLOCK_HEAD_SIZE : *n_p;
	peek->bytes = take_room(peek->room);
	if (peek->bytes == NULL)
		return -ENOMEM;
	got = look(c, peek->bytes, peek->room);
	if (got > 0)
		peek->fault = measure(peek->bytes, (size_t)got, n_p);
	INSIST(peek->fault != 0 || *n_p <= PEEK_MAX);
	if (got > 0 && peek->fault == 0 && *n_p <= (size_t)got) {
		peek->size = *n_p;
		return 1;
	}
	peek_end(peek);
	if (got == 0 || peek->fault != 0)
		return -EPROTO;
	return got < 0 ? (int)got : 0;
}

int peek_begin(struct conn *c, peek_measure *measure, usec_t deadline,
    struct peek *peek_r)
{
	size_t n;
	int done = 0;

	INSIST(c->cap == 0);
	*peek_r = (struct peek){.size = 0};
	(void)measure((const uint8_t *)"", 0, &n);
	while (done == 0) {
		int err = await_marked(c, n, deadline);

		if (err < 0)
			return err;
		done = measure_some(c, measure, &n, peek_r);
	}
	return done > 0 ? 0 : done;
}

void peek_end(struct peek *peek)
{
	give_room(peek->bytes, peek->room);
	peek->bytes = NULL;
}

int peek_consume(struct conn *c, struct peek *peek)
{
	ssize_t got;

	do
		got = recv(c->watch.fd, peek->bytes, peek->size, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	peek_end(peek);
	if (got < 0)
		return -errno;
	return (size_t)got == peek->size ? 0 : -EPROTO;
}

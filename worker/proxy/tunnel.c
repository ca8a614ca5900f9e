/*
 * tunnel.c - two connections that pass each other's bytes.
 *
 * Runs on the exchange's fiber, with a child for the other direction.  A
 * half-close is passed on, and the tunnel ends when both directions have.  A
 * direction that breaks, or that nothing moved in for too long (in neither of
 * them), ends the other one too.
 */
#include "worker/proxy/tunnel.h"

#include <errno.h>

#include "common/shm/seat.h"
#include "worker/conn/block.h"

struct tunnel;

struct direction {
	struct tunnel *tunnel;
	struct conn *from;
	struct conn *to;
	uint64_t moved;
};

struct tunnel {
	struct direction up;   /* client to origin: the child fiber's */
	struct direction down; /* origin to client */
	struct fiber *child;
	struct fiber *parent;
	usec_t moved_at; /* the last time that bytes moved, either way */
	int broken;	 /* the error that broke it first, or 0 */
	bool child_ended;
};

static int send_all(struct direction *d, const char *p, size_t n)
{
	struct iovec iov = {(void *)p, n};
	struct pace pace = pace_begin();

	d->moved += n;
	d->tunnel->moved_at = loop_now();
	return conn_write(d->to, &iov, 1, &pace);
}

/* Reads into a block that is held only while there is something to move.
 * -EAGAIN: there was nothing after all. */
static ssize_t move_some(struct direction *d)
{
	void *block;
	ssize_t got;
	int err = block_take_body(&block, loop_now() + TUNNEL_IDLE_PATIENCE);

	if (err < 0)
		return err;
	got = conn_try_read(d->from, block, BLOCK_BODY_SIZE);
	if (got > 0) {
		err = send_all(d, block, (size_t)got);
		got = err < 0 ? err : got;
	}
	block_give_body(block);
	return got;
}

/* Until FROM ends: 0; -ETIMEDOUT when both directions are idle; -errno. */
static int move_all(struct direction *d)
{
	for (;;) {
		usec_t due = d->tunnel->moved_at + TUNNEL_IDLE_PATIENCE;
		int err = conn_wait_readable(d->from, due);
		ssize_t got;

		if (err == -ETIMEDOUT && due < d->tunnel->moved_at +
		    TUNNEL_IDLE_PATIENCE)
			continue;
		if (err < 0)
			return err;
		got = move_some(d);
		if (got <= 0 && got != -EAGAIN)
			return (int)got;
	}
}

static void pass(struct direction *d)
{
	int err = move_all(d);

	if (err == 0)
		conn_finish(d->to);
	else if (d->tunnel->broken == 0)
		d->tunnel->broken = err;
}

static void pass_up(void *arg)
{
	struct tunnel *t = arg;

	pass(&t->up);
	t->child_ended = true;
	if (t->broken != 0)
		fiber_cancel(t->parent);
}

/* What the client sent behind its request belongs to the origin already. */
static int send_held(struct exchange *x, struct tunnel *t)
{
	struct str held = conn_held(&x->client->conn);
	size_t n = held.n - x->head_len;

	x->held = n;
	return send_all(&t->up, held.p + x->head_len, n);
}

static void run(struct exchange *x, struct tunnel *t)
{
	if (send_held(x, t) < 0)
		return;
	t->child = fiber_spawn("tunnel", pass_up, t);
	if (t->child == NULL)
		return;
	pass(&t->down);
	if (t->broken != 0 && !t->child_ended)
		fiber_cancel(t->child);
	fiber_join(&t->child);
	if (t->broken == -ETIMEDOUT)
		x->end = END_tunnel_idle;
	else if (t->broken == -ECANCELED)
		x->end = END_stopped;
}

void tunnel_run(struct exchange *x, struct origin **origin)
{
	struct tunnel *t = ARENA_NEW(&x->arena, struct tunnel);
	struct conn *client = &x->client->conn;

	if (x->end == END_done && t != NULL) {
		client_set_tunnel(x->client);
		count(tunnels);
		t->up = (struct direction){t, client, &(*origin)->conn, 0};
		t->down = (struct direction){t, &(*origin)->conn, client, 0};
		t->parent = fiber_self();
		t->moved_at = loop_now();
		run(x, t);
		x->body_sent += t->down.moved;
	}
	x->must_close = true;
	origin_drop(origin);
}

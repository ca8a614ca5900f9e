/*
 * client.c - the clients of a worker: parked, waiting, served.
 *
 * Every open client is in exactly one list:
 *
 *   idle      parked; see idle.h
 *   waiting   its next request is there, but memory or fibers are spent
 *   served    a fiber serves it
 *   tunnels   a fiber passes its bytes through
 *
 * When the settings memory or fibers are spent, no next request is read, and
 * while one waits for that nobody is accepted.  What has begun goes on, and one
 * more begins for each fiber that ends, and each block that is given back: so
 * long transfers do not keep all others out.
 *
 * A hang-up while a fiber serves the client means, when the whole request has
 * been read, that the client left: the fiber is cancelled, and with it what
 * it asked of an origin.
 */
#include "worker/proxy/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/conn/tls.h"
#include "worker/http/h2.h"
#include "worker/proxy/client_h2.h"
#include "worker/proxy/idle.h"

#define CLIENT_MAGIC 0x434c4945u
#define GIVES_WAY_AFTER (2 * USEC_PER_SEC) /* of silence, if all is full */

static void (*serve_client)(void *client);
static unsigned open_now;
static unsigned open_max;
static unsigned fibers; /* that serve a client, or pass its bytes */
static unsigned fibers_max;
static bool said_full; /* and there has not been much room since */
static bool said_spent; /* the same */
static bool draining;
static struct list waiting;
static struct list served;
static struct list tunnels;
static struct cond room;

static struct client *client_of(struct list *link)
{
	struct client *c = container_of(link, struct client, link);

	INSIST_MAGIC(c, CLIENT_MAGIC);
	return c;
}

/* ---- parked and served ---- */

static void move_to(struct list *list, struct client *c)
{
	list_del(&c->link);
	list_add_tail(list, &c->link);
}

static bool start_fiber(struct client *c)
{
	INSIST(c->fiber == NULL);
	if (fibers >= fibers_max || !fiber_start("client", serve_client, c))
		return false;
	fibers++;
	move_to(&served, c);
	return true;
}

static void say_spent(void)
{
	count(reading_paused);
	if (said_spent)
		return;
	said_spent = true;
	if (fibers >= fibers_max)
		log_warning("%u exchanges are under way, which is all that "
		    "the setting \"fibers\" allows: reading and accepting "
		    "wait", fibers);
	else if (block_is_spent())
		log_warning("the memory for bodies is spent (setting "
		    "\"memory\"): reading and accepting wait");
	else
		log_warning("there is no memory for another exchange: reading "
		    "and accepting wait");
}

/* Who came first is served first. */
static void start_serving(struct client *c)
{
	if (list_empty(&waiting) && !block_is_spent() && start_fiber(c))
		return;
	say_spent();
	move_to(&waiting, c);
}

static bool start_next(void)
{
	return !list_empty(&waiting) && start_fiber(client_of(waiting.next));
}

/* Something of what there was too little of is there again. */
static void made_room(void)
{
	while (!block_is_spent() && start_next())
		;
	if (!list_empty(&room.waiters) &&
	    (clients_have_room() || open_now >= open_max))
		cond_broadcast(&room);
	if (fibers < fibers_max / 2 && !block_is_scarce())
		said_spent = false;
}

/* One who waits for a block may have this one; one more gets in line. */
static void on_block(void)
{
	(void)start_next();
	made_room();
}

/* The last thing that a client's fiber does, but for ending. */
static void leave_fiber(struct client *c)
{
	if (c->fiber == NULL)
		return;
	INSIST(fibers > 0);
	c->fiber = NULL;
	fibers--;
}

/* Did it go for good?  A FIN behind bytes that are still to be read is not
 * yet the end; a FIN inside a body is found by who reads the body. */
static bool has_left(struct client *c)
{
	char byte;
	ssize_t got;

	if (c->tunnel)
		return false;
	got = recv(c->conn.watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got < 0)
		return errno != EAGAIN;
	if (c->conn.tls != NULL)
		return c->waiting && tls_has_ended(&c->conn);
	return got == 0 && c->waiting;
}

static void leave(struct client *c)
{
	c->left = true;
	fiber_cancel(c->fiber);
}

static void on_event(struct watch *w, unsigned events)
{
	struct client *c = container_of(w, struct client, conn.watch);

	INSIST_MAGIC(c, CLIENT_MAGIC);
	if (c->idle_since != 0) {
		c->idle_since = 0;
		start_serving(c);
	} else if (c->h2 != NULL) {
		h2_wake(c->h2);
	} else if (c->fiber != NULL && (events & WATCH_HANGUP) &&
	    has_left(c)) {
		leave(c);
	}
}

void client_is_waiting(struct client *c, bool waits)
{
	c->waiting = waits;
	if (waits && c->conn.watch.seen_hup && has_left(c))
		leave(c);
}

void client_park(struct client *c, usec_t patience)
{
	INSIST_MAGIC(c, CLIENT_MAGIC);
	INSIST(c->conn.cap == 0);
	leave_fiber(c);
	idle_add(c, patience);
	if (conn_may_read(&c->conn))
		on_event(&c->conn.watch, WATCH_READ);
	made_room();
}

static void discard(struct client *c)
{
	INSIST_MAGIC(c, CLIENT_MAGIC);
	list_del(&c->link);
	leave_fiber(c);
	if (c->h2 != NULL)
		h2_free(&c->h2);
	conn_close(&c->conn);
	free(c->said);
	free(c->asked);
	c->magic = 0;
	free(c->credential);
	free(c);
	INSIST(open_now > 0);
	open_now--;
	if (open_now < open_max / 2)
		said_full = false;
	count_down(clients);
}

void client_close(struct client *c)
{
	discard(c);
	made_room();
}

void client_close_gently(struct client *c)
{
	struct pace pace = pace_begin(c->listener->scope->limits.min_rate);

	conn_close_gently(&c->conn, &pace);
	client_close(c);
}

bool client_start_stream(fiber_fn *serve, void *stream)
{
	if (fibers >= fibers_max || !fiber_start("stream", serve, stream))
		return false;
	fibers++;
	return true;
}

void client_end_stream(void)
{
	INSIST(fibers > 0);
	fibers--;
	made_room();
}

void client_set_tunnel(struct client *c)
{
	INSIST(c->fiber == fiber_self());
	c->tunnel = true;
	move_to(&tunnels, c);
}

void client_count_tunnel(struct client *c, bool one_more)
{
	INSIST(c->h2 != NULL && (one_more || c->tunnels > 0));
	c->tunnels += one_more ? 1U : -1U;
	if (c->fiber != NULL)
		move_to(c->tunnels > 0 ? &tunnels : &served, c);
}

void client_accept(const struct conf_listener *l, int fd,
    const struct sockaddr_storage *addr)
{
	struct client *c = calloc(1, sizeof(*c));
	int on = 1;

	if (c == NULL || conn_open(&c->conn, fd, on_event) < 0) {
		log_warning("no memory for a connection on %s", l->address.text);
		free(c);
		close(fd);
		return;
	}
	if (!l->is_unix)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->magic = CLIENT_MAGIC;
	c->listener = l;
	c->peer = ip_of(addr);
	c->came = loop_now();
	list_init(&c->link);
	open_now++;
	count(accepted);
	count_add(COUNT_clients, 1);
	watch_dry(&c->conn.watch, WATCH_READ);
	if (l->tcp && !l->tls)
		start_serving(c); /* perhaps the server speaks first */
	else
		client_park(c, l->tls ? l->handshake_timeout
				      : l->scope->timeouts.idle);
}

/* ---- all of them ---- */

int clients_init(void (*serve)(void *client), unsigned clients_max,
    const struct conf *conf)
{
	serve_client = serve;
	open_max = clients_max;
	fibers = 0;
	fibers_max = conf->fibers;
	list_init(&waiting);
	list_init(&served);
	list_init(&tunnels);
	cond_init(&room);
	fiber_on_room(made_room);
	block_on_room(on_block);
	return idle_init(conf);
}

unsigned clients_open(void)
{
	return open_now;
}

bool clients_have_room(void)
{
	return open_now < open_max && list_empty(&waiting);
}

/* Who was silent for a while gives way to who has just come; or else nobody
 * could come in while silent clients hold all the room.  When that may be
 * tried again. */
static usec_t displace(void)
{
	struct client *longest = open_now >= open_max ? idle_longest() : NULL;

	if (longest == NULL)
		return DEADLINE_NEVER;
	if (longest->idle_since + GIVES_WAY_AFTER > loop_now())
		return longest->idle_since + GIVES_WAY_AFTER;
	count(idle_displaced);
	client_close(longest);
	return DEADLINE_NEVER;
}

int clients_wait_room(void)
{
	int err = 0;

	count(accept_paused);
	if (open_now < open_max) {
		say_spent();
	} else if (!said_full) {
		log_warning("%u clients are open, which is all that the "
		    "descriptor limit allows: accepting waits, and who was "
		    "idle for the longest time gives way", open_now);
		said_full = true;
	}
	while (err == 0 && !clients_have_room()) {
		usec_t due = displace();

		if (!clients_have_room())
			err = cond_wait(&room, due);
		if (err == -ETIMEDOUT)
			err = 0;
	}
	return err;
}

/* A parked one gets a fiber: to say that it goes. */
static void drain_one(struct client *c)
{
	if (c->h2 == NULL)
		return;
	h2_drain(c->h2);
	if (c->idle_since != 0)
		on_event(&c->conn.watch, WATCH_READ);
}

void clients_drain(void)
{
	if (draining)
		return;
	draining = true;
	LIST_FOREACH(link, &served)
		drain_one(client_of(link));
	LIST_FOREACH(link, &tunnels)
		drain_one(client_of(link));
	idle_for_each(drain_one);
}

bool clients_draining(void)
{
	return draining;
}

void clients_close_idle(void)
{
	struct client *c;

	while ((c = idle_longest()) != NULL)
		discard(c);
	while (!list_empty(&waiting))
		discard(client_of(waiting.next));
	made_room();
}

static void cancel_all(struct list *list)
{
	LIST_FOREACH(link, list) {
		struct client *c = client_of(link);

		if (c->fiber != NULL)
			fiber_cancel(c->fiber);
	}
}

void clients_cancel_exchanges(void)
{
	cancel_all(&served);
	LIST_FOREACH(link, &tunnels)
		if (client_of(link)->h2 != NULL)
			client_h2_cancel_exchanges(client_of(link));
}

void clients_cancel_tunnels(void)
{
	cancel_all(&tunnels);
}

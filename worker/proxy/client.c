/*
 * client.c - the clients of a worker: parked, waiting, served.
 *
 * Every open client is in exactly one list:
 *
 *   idle      parked; the longest first, so one timer is enough for all
 *   waiting   its next request is there, but all fibers are taken
 *   served    a fiber serves it
 *   tunnels   a fiber passes its bytes through
 *
 * A hang-up while a fiber serves the client means, when the whole request has
 * been read, that the client left: the fiber is cancelled, and with it what
 * it asked of an origin.
 */
#include "worker/proxy/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/shm/seat.h"

#define CLIENT_MAGIC 0x434c4945u
#define IDLE_PATIENCE (60 * USEC_PER_SEC)

static void (*serve_client)(void *client);
static unsigned open_now;
static unsigned open_max;
static bool said_full; /* and there has not been much room since */
static bool draining;
static struct list idle;
static struct list waiting;
static struct list served;
static struct list tunnels;
static struct timer idle_timer;
static struct cond room;

static struct client *client_of(struct list *link)
{
	struct client *c = container_of(link, struct client, link);

	INSIST_MAGIC(c, CLIENT_MAGIC);
	return c;
}

/* ---- peers ---- */

static struct peer peer_from(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
	struct peer p = {.family = addr->ss_family};

	if (p.family == AF_INET) {
		p.port = ntohs(v4->sin_port);
		memcpy(p.addr, &v4->sin_addr, 4);
	} else if (p.family == AF_INET6) {
		p.port = ntohs(v6->sin6_port);
		memcpy(p.addr, &v6->sin6_addr, 16);
	}
	return p;
}

void peer_write(const struct peer *p, struct out *o)
{
	char text[INET6_ADDRSTRLEN];

	if (p->family == AF_INET) {
		for (int i = 0; i < 4; i++) {
			if (i > 0)
				out_char(o, '.');
			out_u64(o, p->addr[i]);
		}
	} else if (p->family == AF_INET6) {
		if (inet_ntop(AF_INET6, p->addr, text, sizeof(text)) != NULL)
			out_str(o, str_from(text));
	} else {
		out_lit(o, "unix");
	}
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
	if (!fiber_start("client", serve_client, c))
		return false;
	move_to(&served, c);
	return true;
}

static void start_serving(struct client *c)
{
	if (!start_fiber(c))
		move_to(&waiting, c);
}

/* As many as there is room for: we are called again after a refusal only. */
static void start_waiting(void)
{
	while (!list_empty(&waiting))
		if (!start_fiber(client_of(waiting.next)))
			return;
}

/* Did it go for good?  A FIN behind bytes that are still to be read is not
 * yet the end; a FIN inside a body is found by who reads the body. */
static bool has_left(const struct client *c)
{
	char byte;
	ssize_t got;

	if (c->tunnel)
		return false;
	got = recv(c->conn.watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got < 0 ? errno != EAGAIN : got == 0 && c->waiting;
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

static void idle_expire(struct timer *t)
{
	while (!list_empty(&idle)) {
		struct client *longest = client_of(idle.next);
		usec_t due = longest->idle_since + IDLE_PATIENCE;

		if (due > loop_now()) {
			timer_set(t, due);
			return;
		}
		client_close(longest);
	}
}

void client_park(struct client *c)
{
	INSIST_MAGIC(c, CLIENT_MAGIC);
	INSIST(c->conn.cap == 0);
	c->fiber = NULL;
	c->idle_since = loop_now();
	move_to(&idle, c);
	if (!timer_is_set(&idle_timer))
		timer_set(&idle_timer, c->idle_since + IDLE_PATIENCE);
	if (c->conn.watch.ready & WATCH_READ)
		on_event(&c->conn.watch, WATCH_READ);
}

void client_close(struct client *c)
{
	INSIST_MAGIC(c, CLIENT_MAGIC);
	list_del(&c->link);
	conn_close(&c->conn);
	c->magic = 0;
	free(c);
	INSIST(open_now > 0);
	open_now--;
	if (open_now < open_max / 2)
		said_full = false;
	count_down(clients);
	cond_signal(&room);
}

void client_set_tunnel(struct client *c)
{
	INSIST(c->fiber == fiber_self());
	c->tunnel = true;
	move_to(&tunnels, c);
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
	c->peer = peer_from(addr);
	list_init(&c->link);
	open_now++;
	count(accepted);
	count_add(COUNT_clients, 1);
	watch_dry(&c->conn.watch, WATCH_READ);
	client_park(c);
}

/* ---- all of them ---- */

void clients_init(void (*serve)(void *client), unsigned clients_max)
{
	serve_client = serve;
	open_max = clients_max;
	list_init(&idle);
	list_init(&waiting);
	list_init(&served);
	list_init(&tunnels);
	timer_init(&idle_timer, idle_expire);
	cond_init(&room);
	fiber_on_room(start_waiting);
}

unsigned clients_open(void)
{
	return open_now;
}

bool clients_have_room(void)
{
	return open_now < open_max;
}

int clients_wait_room(void)
{
	count(accept_paused);
	if (!said_full)
		log_warning("%u clients are open, which is all that the "
		    "descriptor limit allows: accepting waits", open_now);
	said_full = true;
	while (!clients_have_room()) {
		int err = cond_wait(&room, DEADLINE_NEVER);

		if (err < 0) {
			cond_signal(&room); /* ours may have been lost */
			return err;
		}
	}
	return 0;
}

void clients_drain(void)
{
	draining = true;
}

bool clients_draining(void)
{
	return draining;
}

void clients_close_idle(void)
{
	LIST_FOREACH(link, &idle)
		client_close(client_of(link));
	LIST_FOREACH(link, &waiting)
		client_close(client_of(link));
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
}

void clients_cancel_tunnels(void)
{
	cancel_all(&tunnels);
}

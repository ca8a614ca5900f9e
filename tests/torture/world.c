/*
 * world.c - the peers of the proxy, and turns until nothing moves.
 */
#include "tests/torture/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "tests/torture/world_inside.h"

#define SETTLE_TURNS_MAX 2000000 /* more than that is never */
#define DEADLINES_MAX 100000
#define READ_SIZE ((size_t)64 * 1024)
#define CASE_STARTS_EVERY (3600 * 24 * USEC_PER_SEC)

static struct {
	int listener;
	struct actor actors[WORLD_ACTORS_MAX];
	unsigned count;
	void (*on_origin)(struct actor *origin);
} world;

/* ---- peers ---- */

/* With the memory of one that was there in an earlier case. */
static struct actor *add_actor(int fd, bool is_origin)
{
	struct actor *p = &world.actors[world.count++];

	INSIST(world.count <= WORLD_ACTORS_MAX);
	*p = (struct actor){.fd = fd,
	    .theirs = -1,
	    .is_origin = is_origin,
	    .in = p->in,
	    .in_cap = p->in_cap,
	    .out = p->out,
	    .out_cap = p->out_cap};
	return p;
}

static void append(char **to, size_t *n, size_t *cap, struct str s)
{
	if (s.n > *cap - *n) {
		*cap = (*n + s.n) * 2;
		*to = realloc(*to, *cap);
	}
	memcpy(*to + *n, s.p, s.n);
	*n += s.n;
}

static struct actor *connect_to(unsigned listener)
{
	int ends[2];
	struct actor *p;

	INSIST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		   0, ends) == 0);
	p = add_actor(ends[0], false);
	p->theirs = ends[1];
	proxy_accept(ends[1], listener);
	return p;
}

struct actor *world_connect(void)
{
	return connect_to(0);
}

struct actor *world_connect_h2c(void)
{
	return connect_to(1);
}

unsigned world_actors(void)
{
	return world.count;
}

struct actor *world_actor(unsigned i)
{
	INSIST(i < world.count);
	return &world.actors[i];
}

void world_on_origin(void (*fn)(struct actor *origin))
{
	world.on_origin = fn;
}

void world_refuse(unsigned server, bool refuse)
{
	proxy_refuse(server, refuse);
}

static bool accept_origin(void)
{
	int fd;

	if (shim.connects == 0 || world.count == WORLD_ACTORS_MAX)
		return false;
	shim.connects--;
	fd = accept4(world.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return false;
	add_actor(fd, true);
	return true;
}

/* ---- bytes ---- */

/* True: some of it went. */
static bool push(struct actor *p)
{
	size_t left = p->out_n - p->out_at;
	ssize_t n;

	if (p->fd < 0 || p->finished)
		return false;
	n = left == 0 ? 0
		      : send(p->fd, p->out + p->out_at, left, MSG_NOSIGNAL);
	if (n > 0)
		p->out_at += (size_t)n;
	if (p->finishes && (p->out_at == p->out_n || (n < 0 &&
		errno != EAGAIN))) {
		(void)shutdown(p->fd, SHUT_WR);
		p->finished = true;
		return true;
	}
	return n > 0;
}

void actor_send(struct actor *p, const char *text, size_t n)
{
	if (p->fd < 0 || p->finishes || p->ended || n == 0)
		return;
	append(&p->out, &p->out_n, &p->out_cap, str_make(text, n));
	(void)push(p);
}

void actor_stall(struct actor *p)
{
	p->stalled = !p->stalled;
	p->has_stalled = true;
}

void actor_finish(struct actor *p)
{
	p->finishes = true;
	(void)push(p);
}

void actor_close(struct actor *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->out_n = p->out_at; /* what it had no time to say it did not say */
	p->finished = p->ended = true;
}

static bool pull(struct actor *p)
{
	static char bytes[READ_SIZE];
	ssize_t n;

	if (p->fd < 0 || p->stalled || p->ended)
		return false;
	n = recv(p->fd, bytes, sizeof(bytes), 0);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		p->ended = true;
		p->reset = n < 0 ||
		    (p->theirs >= 0 && shim_was_reset(p->theirs));
		return true;
	}
	append(&p->in, &p->in_n, &p->in_cap, str_make(bytes, (size_t)n));
	return true;
}

static bool pump(void)
{
	bool moved = accept_origin();

	for (unsigned i = 0; i < world.count; i++) {
		struct actor *p = &world.actors[i];
		bool got = pull(p);

		moved = push(p) || got || moved;
		p->news = p->news || got;
	}
	return moved;
}

static bool tell_news(void)
{
	bool told = false;

	for (unsigned i = 0; i < world.count; i++) {
		struct actor *p = &world.actors[i];

		if (p->news && p->is_origin && world.on_origin != NULL) {
			world.on_origin(p);
			told = true;
		}
		p->news = false;
	}
	return told;
}

void world_settle(void)
{
	unsigned turns = 0;
	bool moved = true;

	while (moved) {
		moved = proxy_turn();
		moved = pump() || moved;
		moved = moved || tell_news();
		INSIST(turns++ < SETTLE_TURNS_MAX);
	}
}

/* ---- life ---- */

void world_open(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
	    "sluice-world-%ld-0", (long)getpid());

	world.listener = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	INSIST(bind(world.listener, (struct sockaddr *)&name,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		       (size_t)n)) == 0);
	INSIST(listen(world.listener, 128) == 0);
	shim.now = CASE_STARTS_EVERY;
	proxy_open(world.listener);
}

void world_close(void)
{
	proxy_close();
	close(world.listener);
	for (unsigned i = 0; i < WORLD_ACTORS_MAX; i++) {
		free(world.actors[i].in);
		free(world.actors[i].out);
	}
}

/* The wheel of timers is as it always is, whatever the case before did. */
void world_begin_case(void)
{
	shim.now += CASE_STARTS_EVERY - shim.now % CASE_STARTS_EVERY;
	world_settle();
	proxy_begin();
}

void world_end_case(void)
{
	unsigned deadlines = 0;

	do {
		world_settle();
		INSIST(deadlines++ < DEADLINES_MAX);
	} while (world_pass_time());
	for (unsigned i = 0; i < world.count; i++)
		actor_close(&world.actors[i]);
	world.count = 0;
	world_settle();
	world.count = 0;
	proxy_check_empty();
}

/*
 * lane.c - a client and an origin of one process, and a proxy between them.
 */
#include "tests/torture/lane.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/insist.h"

#define SENTINEL "GET /last HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n"

static int epoll_fd;

static uint64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void fail(struct lane *l, const char *why)
{
	if (l->failed == NULL)
		l->failed = why;
}

/* ---- descriptors ---- */

static void watch(struct lane_end *end, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};

	INSIST(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0);
	end->fd = fd;
	end->n = 0;
}

static void drop(struct lane_end *end)
{
	struct linger now = {.l_onoff = 1};

	if (end->fd < 0)
		return;
	(void)setsockopt(end->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(end->fd);
	end->fd = -1;
}

static struct sockaddr_in loopback(unsigned host, unsigned short port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~255U) | host)};
}

unsigned short lane_open(struct lane *l, unsigned number, int epoll)
{
	struct sockaddr_in addr = loopback(1, 0);
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	epoll_fd = epoll;
	INSIST(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	INSIST(listen(fd, 128) == 0);
	INSIST(getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
	l->number = number;
	l->listener = (struct lane_end){.lane = l, .kind = LANE_LISTENER};
	l->client = (struct lane_end){.lane = l, .kind = LANE_CLIENT, .fd = -1};
	for (int i = 0; i < LANE_ORIGINS_MAX; i++)
		l->origins[i] = (struct lane_end){.lane = l,
		    .kind = LANE_ORIGIN,
		    .fd = -1};
	watch(&l->listener, fd);
	return ntohs(addr.sin_port);
}

/* ---- the client ---- */

/* What the bytes are: sound messages, and at the end perhaps another. */
static void read_text(struct lane *l)
{
	struct str rest = str_make(l->text, l->text_n);

	l->sent_count = 0;
	while (rest.n > 0) {
		struct lane_request *r = &l->sent[l->sent_count++];

		r->verdict = strict_request(rest, &r->m);
		if (r->m.head_whole)
			meant_by(&r->m, &r->meaning);
		if (r->verdict != STRICT_WHOLE || !strict_persists(&r->m))
			return;
		INSIST(l->sent_count < LANE_REQUESTS_MAX);
		rest = str_make(rest.p + r->m.n, rest.n - r->m.n);
	}
}

static void connect_client(struct lane *l)
{
	struct sockaddr_in from = loopback(1 + l->number, 0);
	struct sockaddr_in to = loopback(1 + l->number, l->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	INSIST(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0);
	INSIST(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	INSIST(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	watch(&l->client, fd);
}

/* In one segment, or cut somewhere.  It may have been refused already. */
static void send_text(struct lane *l, struct rng *r)
{
	size_t cut = rng_below(r, 2) ? rng_below(r, l->text_n) : 0;

	if (cut > 0)
		(void)send(l->client.fd, l->text, cut, MSG_NOSIGNAL);
	(void)send(l->client.fd, l->text + cut, l->text_n - cut, MSG_NOSIGNAL);
}

void lane_begin(struct lane *l, uint64_t seed, uint64_t index)
{
	struct rng r = rng_start(seed, index);
	const struct lane_request *last;

	l->index = index;
	l->began = now_nsec();
	l->busy = true;
	l->ended = false;
	l->failed = NULL;
	l->arrived_count = 0;
	l->text_n = mutate_make(&r, l->text);
	memcpy(l->text + l->text_n, SENTINEL, sizeof(SENTINEL) - 1);
	l->text_n += sizeof(SENTINEL) - 1;
	read_text(l);
	connect_client(l);
	send_text(l, &r);
	last = &l->sent[l->sent_count - 1];
	if (last->verdict != STRICT_BAD &&
	    (last->verdict == STRICT_PART || strict_persists(&last->m)))
		(void)shutdown(l->client.fd, SHUT_WR);
}

/* Replies are read when the case has ended. */
static void client_event(struct lane_end *end)
{
	ssize_t n = recv(end->fd, end->bytes + end->n,
	    sizeof(end->bytes) - end->n, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0) {
		end->n += (size_t)n;
		return;
	}
	end->lane->ended = true;
	drop(end);
}

/* ---- the origin ---- */

void lane_digest(const struct strict_message *m, char text_r[LANE_DIGEST_SIZE])
{
	struct str parts[] = {m->method, str_make(m->body, m->body_n)};
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char text[LANE_DIGEST_SIZE + 1];

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < parts[i].n; k++)
			hash = (hash ^ (unsigned char)parts[i].p[k]) *
			    UINT64_C(0x100000001b3);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)hash);
	memcpy(text_r, text, LANE_DIGEST_SIZE);
}

static void answer(struct lane_end *end, const struct strict_message *m)
{
	char digest[LANE_DIGEST_SIZE];
	char text[256];
	int n;

	lane_digest(m, digest);
	n = snprintf(text, sizeof(text),
	    "HTTP/1.1 200 OK\r\nX-Origin: %.16s\r\nContent-Length: 5\r\n\r\n%s",
	    digest, str_eq(m->method, STR("HEAD")) ? "" : "hello");
	(void)send(end->fd, text, (size_t)n, MSG_NOSIGNAL);
}

/* The bytes of END are a whole request: they are kept, and answered. */
static void take_request(struct lane_end *end)
{
	struct lane *l = end->lane;
	struct lane_request *r;
	struct strict_message m;
	size_t n;

	if (l->arrived_count == LANE_REQUESTS_MAX)
		return fail(l, "too many requests arrived");
	r = &l->arrived[l->arrived_count];
	if (strict_request(str_make(end->bytes, end->n), &m) != STRICT_WHOLE)
		return strict_free(&m);
	n = m.n;
	strict_free(&m);
	r->copy = malloc(n);
	memcpy(r->copy, end->bytes, n);
	r->verdict = strict_request(str_make(r->copy, n), &r->m);
	l->arrived_count++;
	memmove(end->bytes, end->bytes + n, end->n - n);
	end->n -= n;
	answer(end, &r->m);
}

static void origin_event(struct lane_end *end)
{
	struct lane *l = end->lane;
	ssize_t n = recv(end->fd, end->bytes + end->n,
	    sizeof(end->bytes) - end->n, 0);
	unsigned before;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop(end);
		return;
	}
	end->n += (size_t)n;
	do {
		before = l->arrived_count;
		take_request(end);
	} while (l->arrived_count > before && end->n > 0);
}

static void accept_origin(struct lane *l)
{
	int fd = accept4(l->listener.fd, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	int on = 1;

	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (int i = 0; i < LANE_ORIGINS_MAX; i++) {
		if (l->origins[i].fd >= 0 || l->origins[i].n > 0)
			continue;
		watch(&l->origins[i], fd);
		return;
	}
	close(fd);
	fail(l, "too many connections to the origin");
}

void lane_event(struct lane_end *end)
{
	if (end->fd < 0)
		return;
	if (end->kind == LANE_LISTENER)
		accept_origin(end->lane);
	else if (end->kind == LANE_CLIENT)
		client_event(end);
	else
		origin_event(end);
}

/* ---- the end ---- */

#define PATIENCE_NSEC (15 * UINT64_C(1000000000))

/* A request that was cut off is known to be so when its connection ends. */
bool lane_is_done(const struct lane *l)
{
	bool done = l->busy && l->ended;

	if (!l->busy)
		return false;
	for (int i = 0; i < LANE_ORIGINS_MAX && done; i++)
		done = l->origins[i].fd < 0 || l->origins[i].n == 0;
	return done || now_nsec() - l->began > PATIENCE_NSEC;
}

static void free_requests(struct lane_request *r, unsigned *count)
{
	for (unsigned i = 0; i < *count; i++) {
		strict_free(&r[i].m);
		free(r[i].copy);
		r[i].copy = NULL;
	}
	*count = 0;
}

const char *lane_judge(struct lane *l, struct lane_tally *tally)
{
	tally->cases++;
	if (l->failed != NULL)
		return l->failed;
	return l->ended ? lane_compare(l, tally) : "the proxy does not close";
}

void lane_end_case(struct lane *l)
{
	drop(&l->client);
	for (int i = 0; i < LANE_ORIGINS_MAX; i++) {
		if (l->origins[i].n > 0)
			drop(&l->origins[i]);
		l->origins[i].n = 0;
	}
	free_requests(l->sent, &l->sent_count);
	free_requests(l->arrived, &l->arrived_count);
	l->busy = false;
}

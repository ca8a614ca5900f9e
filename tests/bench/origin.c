/*
 * origin.c - an origin that costs next to nothing.
 *
 *   origin SIZE [PORT [MSEC]]
 *
 * Answers every request with the same SIZE bytes of body, prepared in advance
 * together with the head, which caches may keep for a day.  Prints its port
 * (PORT 0: a free one), which it has on 127.0.0.1 to 127.0.0.4.  Understands
 * requests without a body only: a request is over at its empty line, which is
 * found even when it arrives in pieces.  One thread, edge-triggered.
 *
 * MSEC late, for all alike, so replies are due in the order of the requests:
 *
 *   promises:  { guest, due } -> { guest, due } -> ...   a ring; who leaves is
 *                                                        struck out
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define ADDRESSES 4
#define LISTENER_MAX 255 /* no pointer is so small */
#define PROMISES 65536 /* a power of two */
#define NSEC_PER_MSEC 1000000

struct guest {
	int fd;
	unsigned matched; /* bytes of the empty line seen: 0 to 3 */
	unsigned owed;	  /* replies not yet begun */
	size_t sent;	  /* of the reply under way; 0: none is */
};

struct promise {
	struct guest *guest; /* NULL: it has left */
	int64_t due;	     /* nanoseconds */
};

static char *reply;
static size_t reply_len;
static int epoll_fd;
static int64_t delay; /* nanoseconds */
static struct promise promises[PROMISES];
static unsigned first_promise, next_promise;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "origin: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void prepare_reply(size_t size)
{
	time_t now = time(NULL);
	char date[32];
	int head;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
	head = asprintf(&reply,
	    "HTTP/1.1 200 OK\r\n"
	    "Date: %s\r\n"
	    "Server: bench\r\n"
	    "Content-Type: application/javascript\r\n"
	    "Last-Modified: Fri, 20 Nov 2026 10:00:00 GMT\r\n"
	    "ETag: \"655b2f1d-400\"\r\n"
	    "Cache-Control: max-age=86400\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    date, size);

	if (head < 0 || (reply = realloc(reply, (size_t)head + size)) == NULL)
		fail("memory");
	memset(reply + head, 'x', size);
	reply_len = (size_t)head + size;
}

static int64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * NSEC_PER_MSEC + now.tv_nsec;
}

static struct promise *promise_at(unsigned number)
{
	return &promises[number % PROMISES];
}

static void promise(struct guest *g, unsigned count)
{
	for (; count > 0; count--) {
		if (next_promise - first_promise == PROMISES) {
			errno = ENOBUFS;
			fail("promises");
		}
		*promise_at(next_promise++) =
		    (struct promise){g, now_nsec() + delay};
	}
}

static void part(struct guest *g)
{
	for (unsigned i = first_promise; i != next_promise; i++)
		if (promise_at(i)->guest == g)
			promise_at(i)->guest = NULL;
	close(g->fd);
	free(g);
}

/* Sends what is owed, as far as it goes.  False: the guest has left. */
static bool pay(struct guest *g)
{
	while (g->owed > 0 || g->sent > 0) {
		ssize_t n = send(g->fd, reply + g->sent, reply_len - g->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN;
		if (g->sent == 0)
			g->owed--;
		g->sent += (size_t)n;
		if (g->sent == reply_len)
			g->sent = 0;
	}
	return true;
}

/* Counts the empty lines in N bytes at P, in any pieces. */
static unsigned count_requests(struct guest *g, const char *p, size_t n)
{
	static const char end[] = "\r\n\r\n";
	unsigned found = 0;

	if (g->matched == 0 && n >= 4 && memcmp(p + n - 4, end, 4) == 0 &&
	    memmem(p, n - 4, end, 4) == NULL)
		return 1;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == end[g->matched])
			g->matched++;
		else
			g->matched = p[i] == '\r';
		if (g->matched == 4) {
			g->matched = 0;
			found++;
		}
	}
	return found;
}

/* Reads until the socket is dry; a short read says so. */
static bool read_requests(struct guest *g)
{
	static char buffer[64 * 1024];
	unsigned count;
	ssize_t n;

	do {
		n = recv(g->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		count = count_requests(g, buffer, (size_t)n);
		if (delay > 0)
			promise(g, count);
		else
			g->owed += count;
	} while (n == (ssize_t)sizeof(buffer));
	return true;
}

static void attend(struct guest *g, uint32_t events)
{
	if ((events & EPOLLIN && !read_requests(g)) || !pay(g) ||
	    events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		part(g);
}

/* Milliseconds until the next one is due, or -1. */
static int keep_promises(void)
{
	int64_t left;

	while (first_promise != next_promise) {
		struct promise *p = promise_at(first_promise);

		left = p->due - now_nsec();
		if (p->guest != NULL && left > 0)
			return (int)(left / NSEC_PER_MSEC) + 1;
		first_promise++;
		if (p->guest == NULL)
			continue;
		p->guest->owed++;
		if (!pay(p->guest))
			part(p->guest);
	}
	return -1;
}

static void welcome(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct guest *g = calloc(1, sizeof(*g));
		struct epoll_event event = {
		    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		    .data.ptr = g};
		int on = 1;

		if (g == NULL)
			fail("memory");
		g->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
			fail("epoll_ctl");
	}
}

static int open_listener(struct sockaddr_in at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct epoll_event event = {.events = EPOLLIN,
	    .data.u64 = (uint64_t)fd};

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 4096) < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		fail("listen");
	return fd;
}

/* 127.0.0.1 to 127.0.0.4: four servers that cost no more than one. */
static void listen_at(unsigned port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);

	epoll_fd = epoll_create1(0);
	if (epoll_fd < 0 ||
	    getsockname(open_listener(at), (struct sockaddr *)&at, &n) < 0)
		fail("listen");
	for (unsigned i = 1; i < ADDRESSES; i++) {
		at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
		open_listener(at);
	}
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: origin SIZE [PORT [MSEC]]\n");
		return 2;
	}
	delay = argc > 3 ? atoll(argv[3]) * NSEC_PER_MSEC : 0;
	prepare_reply(strtoull(argv[1], NULL, 10));
	listen_at(argc > 2 ? (unsigned)atoi(argv[2]) : 0);
	for (;;) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(epoll_fd, events, EVENTS, keep_promises());

		for (int i = 0; i < n; i++)
			if (events[i].data.u64 <= LISTENER_MAX)
				welcome((int)events[i].data.u64);
			else
				attend(events[i].data.ptr, events[i].events);
	}
}

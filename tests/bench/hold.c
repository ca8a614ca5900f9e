/*
 * hold.c - opens many connections, one request each, and holds them.
 *
 *   hold [-t] COUNT SIZE PORT
 *
 * Prints "holding" when every connection has had its reply (SIZE bytes of
 * body), waits for the end of its standard input, and then prints how many of
 * the connections the other side has closed meanwhile: there should be none.
 * -t: over TLS.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/client.h"
#include "tests/bench/tls_client.h"

#define PATIENCE_MSEC 10000

/* Addresses to connect from: one alone has only 28,000 ports. */
#define SOURCES 200

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "hold: %s: %s\n", what, why);
	exit(1);
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		fail("getrlimit", strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		fail("setrlimit", strerror(errno));
}

/* One after the other: what the proxy keeps of a connection is what counts,
 * not how many it can serve at once. */
static void open_one(struct client *c, unsigned number,
    const struct client_target *target, int epoll_fd)
{
	enum client_result result = CLIENT_MORE;
	const char *why = "no reply";
	struct epoll_event event;

	if (!client_connect(c, target, 1 + number % SOURCES, epoll_fd))
		fail("connect", strerror(errno));
	if (!client_send(c, target))
		fail("send", strerror(errno));
	while (result == CLIENT_MORE) {
		if (epoll_wait(epoll_fd, &event, 1, PATIENCE_MSEC) <= 0)
			fail("waiting", why);
		if (event.data.ptr != c)
			fail("an earlier connection", "closed by the proxy");
		result = client_receive(c, target, &why);
	}
	if (result == CLIENT_FAILED)
		fail("instead of a reply", why);
}

/* Whatever an idle connection has to say, it is its end. */
static unsigned count_closed(int epoll_fd, unsigned count)
{
	struct epoll_event *events = calloc(count, sizeof(*events));
	int closed;

	if (events == NULL)
		fail("start", strerror(errno));
	closed = epoll_wait(epoll_fd, events, (int)count, 0);
	free(events);
	return closed > 0 ? (unsigned)closed : 0;
}

static void wait_for_eof(void)
{
	char ignored[64];

	while (read(STDIN_FILENO, ignored, sizeof(ignored)) > 0)
		continue;
}

static void hold(unsigned count, const char *size, unsigned port)
{
	struct client *clients = calloc(count, sizeof(*clients));
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct client_target target;

	if (epoll_fd < 0 || clients == NULL)
		fail("start", strerror(errno));
	client_target_init(&target, port, true, strtoull(size, NULL, 10));
	for (unsigned i = 0; i < count; i++)
		open_one(&clients[i], i, &target, epoll_fd);
	puts("holding");
	fflush(stdout);
	wait_for_eof();
	printf("closed %u\n", count_closed(epoll_fd, count));
}

/* Tickets are left unread: it is the end that counts. */
static bool is_closed(const struct tls_client *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) != 0;
}

static void hold_tls(unsigned count, unsigned size, unsigned port)
{
	struct tls_client *clients = calloc(count, sizeof(*clients));
	unsigned closed = 0;

	if (clients == NULL)
		fail("start", strerror(errno));
	tls_client_init(port, false);
	for (unsigned i = 0; i < count; i++) {
		tls_client_open(&clients[i]);
		tls_client_ask(&clients[i], size);
	}
	puts("holding");
	fflush(stdout);
	wait_for_eof();
	for (unsigned i = 0; i < count; i++)
		closed += is_closed(&clients[i]);
	printf("closed %u\n", closed);
}

int main(int argc, char **argv)
{
	bool tls = argc == 5 && strcmp(argv[1], "-t") == 0;
	char **words = argv + 1 + tls;

	if (argc != 4 + tls)
		fail("usage", "hold [-t] COUNT SIZE PORT");
	raise_limit();
	if (tls)
		hold_tls((unsigned)atoi(words[0]), (unsigned)atoi(words[1]),
		    (unsigned)atoi(words[2]));
	else
		hold((unsigned)atoi(words[0]), words[1],
		    (unsigned)atoi(words[2]));
	return 0;
}

/*
 * askers.c - clients without a pause for the storm: each knows which
 * connection served it, and what became of each request.
 *
 *   askers [-c CLIENTS] [-s SEED] PORT
 *
 * CLIENTS connections (200) to 127.0.0.1:PORT, each from an address of its
 * own.  Each asks for pages that nobody asked for before, up to 60 on a
 * connection, with up to 40 ms between them; what comes back must be what the
 * demo origin `echo` says of exactly this request.  SIGTERM: no new requests,
 * and the end when all have been answered.  One line of output for each:
 *
 *   MSEC NUMBER PORT COUNT WHAT
 *
 * MSEC of CLOCK_MONOTONIC; client NUMBER, 127.0.1.NUMBER:PORT, asked for
 * /page/NUMBER/COUNT; WHAT: "answered"; "last", answered and closed by the
 * other side; "broken", closed or reset first; "late", nothing for 15 s;
 * "refused", there was no connection; or "wrong".
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 250
#define REPLY_MAX 8192
#define ASKED_MAX 60
#define PAUSE_MAX 40
#define PATIENCE 15000
#define AGAIN 100 /* after a refusal */

struct asker {
	int fd; /* -1: not connected */
	unsigned number;
	unsigned port;
	unsigned count;
	unsigned left; /* requests until it hangs up by itself */
	bool asking;
	int64_t due; /* asking: the answer; else the next request */
	size_t n;
	char reply[REPLY_MAX + 1];
};

static struct asker askers[CLIENTS_MAX];
static unsigned asker_count = 200;
static unsigned target_port;
static uint64_t dice;
static int epoll_fd;
static volatile sig_atomic_t stopping;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "askers: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void note_stop(int signum)
{
	(void)signum;
	stopping = 1;
}

static int64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static unsigned throw_dice(unsigned sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice >> 33) % sides;
}

static void tell(const struct asker *a, const char *what)
{
	printf("%lld %u %u %u %s\n", (long long)now_msec(), a->number, a->port,
	    a->count, what);
}

static void hang_up(struct asker *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->asking = false;
	a->due = now_msec() + throw_dice(PAUSE_MAX);
}

/* ---- connecting ---- */

static struct sockaddr_in address(uint32_t host, unsigned port)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	in.sin_addr.s_addr = htonl(host);
	in.sin_port = htons((uint16_t)port);
	return in;
}

/* From an address of its own, so that its ports are not used again soon. */
static bool open_connection(struct asker *a)
{
	struct sockaddr_in here = address(0x7f000100u + a->number, 0);
	struct sockaddr_in there = address(INADDR_LOOPBACK, target_port);
	socklen_t len = sizeof(here);
	int on = 1;

	a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		fail("socket");
	setsockopt(a->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(a->fd, (struct sockaddr *)&here, len) < 0)
		fail("bind");
	if (connect(a->fd, (struct sockaddr *)&there, sizeof(there)) < 0)
		return false;
	if (getsockname(a->fd, (struct sockaddr *)&here, &len) < 0)
		fail("getsockname");
	a->port = ntohs(here.sin_port);
	a->left = 1 + throw_dice(ASKED_MAX);
	return true;
}

static bool be_connected(struct asker *a)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = a};

	if (a->fd >= 0)
		return true;
	if (!open_connection(a)) {
		tell(a, "refused");
		hang_up(a);
		a->due += AGAIN;
		return false;
	}
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, a->fd, &event) < 0)
		fail("epoll_ctl");
	return true;
}

/* ---- asking ---- */

static void ask(struct asker *a)
{
	char text[128];
	int n;

	if (!be_connected(a))
		return;
	a->count++;
	a->left--;
	a->n = 0;
	a->asking = true;
	a->due = now_msec() + PATIENCE;
	n = snprintf(text, sizeof(text),
	    "GET /page/%u/%u HTTP/1.1\r\nHost: a.test\r\n\r\n", a->number,
	    a->count);
	if (send(a->fd, text, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	tell(a, "broken");
	hang_up(a);
}

/* The value of a field, or NULL. */
static const char *field(const char *head, const char *name)
{
	size_t n = strlen(name);
	const char *at = head;

	while ((at = strstr(at, "\r\n")) != NULL) {
		at += 2;
		if (strncasecmp(at, name, n) == 0)
			return at + n;
	}
	return NULL;
}

static bool is_right(const struct asker *a, const char *body)
{
	char first[64];
	int n = snprintf(first, sizeof(first), "GET /page/%u/%u HTTP/1.1\n",
	    a->number, a->count);

	return strncmp(a->reply, "HTTP/1.1 200 ", 13) == 0 &&
	       strncmp(body, first, (size_t)n) == 0;
}

/* Is all of it there?  Then *BODY_R is where its body begins. */
static bool is_whole(struct asker *a, const char **body_r)
{
	char *end = strstr(a->reply, "\r\n\r\n");
	const char *length;
	size_t size;

	if (end == NULL)
		return false;
	*end = '\0';
	length = field(a->reply, "Content-Length: ");
	size = length != NULL ? strtoul(length, NULL, 10) : 0;
	*body_r = end + 4;
	if (length != NULL && a->n >= (size_t)(*body_r - a->reply) + size)
		return true;
	*end = '\r';
	return false;
}

static void note_answer(struct asker *a, const char *body)
{
	bool closes = field(a->reply, "Connection: close") != NULL;

	a->asking = false;
	a->due = now_msec() + throw_dice(PAUSE_MAX);
	if (!is_right(a, body)) {
		tell(a, "wrong");
		fprintf(stderr, "askers: /page/%u/%u: %s\n%s\n", a->number,
		    a->count, a->reply, body);
		hang_up(a);
		return;
	}
	tell(a, closes ? "last" : "answered");
	if (closes || a->left == 0)
		hang_up(a);
}

static void receive(struct asker *a)
{
	ssize_t n = recv(a->fd, a->reply + a->n, REPLY_MAX - a->n, 0);
	const char *body;

	if (n <= 0) {
		if (a->asking)
			tell(a, "broken");
		hang_up(a);
		return;
	}
	a->n += (size_t)n;
	a->reply[a->n] = '\0';
	if (a->asking && is_whole(a, &body)) {
		note_answer(a, body);
	} else if (!a->asking || a->n == REPLY_MAX) {
		tell(a, "wrong");
		hang_up(a);
	}
}

/* ---- all of them ---- */

static void look_at_clock(void)
{
	int64_t now = now_msec();

	for (unsigned i = 0; i < asker_count; i++) {
		struct asker *a = &askers[i];

		if (a->due > now)
			continue;
		if (!a->asking && !stopping) {
			ask(a);
		} else if (a->asking) {
			tell(a, "late");
			hang_up(a);
		}
	}
}

static bool is_over(void)
{
	if (!stopping)
		return false;
	for (unsigned i = 0; i < asker_count; i++)
		if (askers[i].asking)
			return false;
	return true;
}

static void run(void)
{
	struct epoll_event events[CLIENTS_MAX];

	while (!is_over()) {
		int n = epoll_wait(epoll_fd, events, CLIENTS_MAX, 2);

		for (int i = 0; i < n; i++)
			receive(events[i].data.ptr);
		look_at_clock();
	}
}

static void take_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "c:s:")) >= 0)
		if (option == 'c')
			asker_count = (unsigned)atoi(optarg);
		else if (option == 's')
			dice = strtoull(optarg, NULL, 10);
	if (optind + 1 != argc || asker_count > CLIENTS_MAX) {
		fprintf(stderr, "usage: askers [-c N] [-s SEED] PORT\n");
		exit(2);
	}
	target_port = (unsigned)atoi(argv[optind]);
}

int main(int argc, char **argv)
{
	take_options(argc, argv);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		fail("epoll_create1");
	signal(SIGTERM, note_stop);
	for (unsigned i = 0; i < asker_count; i++) {
		askers[i].fd = -1;
		askers[i].number = i + 1;
		askers[i].due = now_msec() + throw_dice(PAUSE_MAX);
	}
	run();
	return 0;
}

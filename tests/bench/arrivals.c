/*
 * arrivals.c - open-loop load, and how long the replies took.
 *
 *   arrivals [-c CLIENTS] [-r RATE] [-d MSEC] [-w MSEC] [-s BYTES] PORT
 *
 * RATE requests a second (1000) are due at even distances, whatever becomes of
 * those before them.  Each is sent on one of CLIENTS connections (256) that has
 * nothing under way; while there is none it waits, and the time counts from
 * when it was due: a proxy that stalls can't make the load wait for it unseen.
 * What was due in the first -w milliseconds (500) warms up and is not counted;
 * then it goes on for -d milliseconds (3000) and prints one line, times in
 * microseconds:
 *
 *   requests failures median 90% 99% 99.9% longest
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/client.h"

#define EVENTS 256
#define NSEC_PER_SEC 1000000000
#define PATIENCE_SEC 10
#define FAILURES_MAX 1000

struct asker {
	struct client client; /* first: what epoll knows */
	int64_t due;	      /* of the request under way */
};

static struct {
	struct client_target target;
	struct asker *askers;
	struct asker **idle; /* a stack: few connections are in use */
	unsigned asker_count;
	unsigned idle_count;
	int epoll_fd;

	int64_t began;
	int64_t distance; /* nanoseconds between two */
	uint64_t sent;
	uint64_t uncounted; /* the first so many */
	uint64_t last;	    /* so many in all */
	uint64_t failures;
	uint32_t *took; /* microseconds */
	uint64_t took_count;
} load = {.asker_count = 256};

static int64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "arrivals: %s: %s\n", what, why);
	exit(1);
}

static void rest(struct asker *a)
{
	load.idle[load.idle_count++] = a;
}

static void connect_one(struct asker *a)
{
	unsigned source = 1 + (unsigned)(a - load.askers) % 200;

	if (!client_connect(&a->client, &load.target, source, load.epoll_fd))
		fail("connect", strerror(errno));
	rest(a);
}

static int64_t next_due(void)
{
	return load.began + (int64_t)load.sent * load.distance;
}

static void send_what_is_due(void)
{
	while (load.idle_count > 0 && load.sent < load.last &&
	    next_due() <= now_nsec()) {
		struct asker *a = load.idle[--load.idle_count];

		a->due = next_due();
		load.sent++;
		if (!client_send(&a->client, &load.target))
			fail("send", strerror(errno));
	}
}

static void note_failure(struct asker *a, const char *why)
{
	if (load.failures++ == 0)
		fprintf(stderr, "arrivals: instead of a reply: %s\n", why);
	if (load.failures > FAILURES_MAX)
		fail("giving up", "too many failures");
	client_reset(&a->client);
	connect_one(a);
}

static void note_answer(const struct asker *a)
{
	int64_t counted = load.began +
	    (int64_t)load.uncounted * load.distance;

	if (a->due >= counted)
		load.took[load.took_count++] =
		    (uint32_t)((now_nsec() - a->due) / 1000);
}

static void serve(struct asker *a)
{
	const char *why;

	switch (client_receive(&a->client, &load.target, &why)) {
	case CLIENT_MORE:
		break;
	case CLIENT_FAILED:
		note_failure(a, why);
		break;
	case CLIENT_DONE:
		note_answer(a);
		rest(a);
		break;
	}
}

/* Waits for replies, but not beyond the moment when a request is due that
 * could be sent. */
static void turn(void)
{
	struct epoll_event events[EVENTS];
	struct timespec wait = {.tv_sec = PATIENCE_SEC};
	bool sends = load.idle_count > 0 && load.sent < load.last;
	int64_t left = next_due() - now_nsec();
	int n;

	if (sends && left < NSEC_PER_SEC)
		wait = (struct timespec){.tv_nsec = left > 0 ? left : 0};
	n = epoll_pwait2(load.epoll_fd, events, EVENTS, &wait, NULL);
	if ((n < 0 && errno != EINTR) || (n == 0 && !sends))
		fail("waiting", n < 0 ? strerror(errno) : "nothing comes");
	for (int i = 0; i < n; i++)
		serve(events[i].data.ptr);
}

static void start(unsigned rate, unsigned warm_up_msec, unsigned msec)
{
	load.distance = NSEC_PER_SEC / rate;
	load.uncounted = (uint64_t)rate * warm_up_msec / 1000;
	load.last = load.uncounted + (uint64_t)rate * msec / 1000;
	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load.askers = calloc(load.asker_count, sizeof(*load.askers));
	load.idle = calloc(load.asker_count, sizeof(struct asker *));
	load.took = calloc(load.last, sizeof(*load.took));
	if (load.epoll_fd < 0 || load.askers == NULL || load.idle == NULL ||
	    load.took == NULL)
		fail("start", strerror(errno));
	for (unsigned i = 0; i < load.asker_count; i++)
		connect_one(&load.askers[i]);
	load.began = now_nsec();
}

static int compare(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a;
	uint32_t other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

static uint32_t part_of(unsigned per_mille)
{
	return load.took[(load.took_count - 1) * per_mille / 1000];
}

static void report(void)
{
	if (load.took_count == 0)
		fail("replies", "there are none");
	qsort(load.took, load.took_count, sizeof(*load.took), compare);
	printf("%llu %llu %u %u %u %u %u\n",
	    (unsigned long long)load.took_count,
	    (unsigned long long)load.failures, part_of(500), part_of(900),
	    part_of(990), part_of(999), part_of(1000));
}

int main(int argc, char **argv)
{
	unsigned warm_up_msec = 500;
	unsigned reply_size = 1024;
	unsigned rate = 1000;
	unsigned msec = 3000;
	int option;

	while ((option = getopt(argc, argv, "c:r:d:w:s:")) >= 0) {
		unsigned value = optarg ? (unsigned)atoi(optarg) : 0;

		if (option == 'c')
			load.asker_count = value;
		else if (option == 'r')
			rate = value;
		else if (option == 'd')
			msec = value;
		else if (option == 'w')
			warm_up_msec = value;
		else if (option == 's')
			reply_size = value;
		else
			fail("usage", "arrivals [-c N] [-r RATE] [-d MS] "
				      "[-w MS] [-s BYTES] PORT");
	}
	if (optind + 1 != argc || rate == 0)
		fail("usage", "a PORT, and a RATE of at least 1");
	client_target_init(&load.target, (unsigned)atoi(argv[optind]), true,
	    reply_size);
	start(rate, warm_up_msec, msec);
	while (load.sent < load.last || load.idle_count < load.asker_count) {
		send_what_is_due();
		turn();
	}
	report();
	return 0;
}

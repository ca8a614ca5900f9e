/*
 * load.c - closed-loop load, and what it cost the proxy.
 *
 *   load [-c CLIENTS] [-d MSEC] [-w MSEC] [-s BYTES] [-b] [-n]
 *       [-t TARGET -H HOST] [-f FIELD]... [-p TID]...
 *       [-k COUNT [-r REQUESTS]] PORT
 *
 * CLIENTS connections (64) each have one request under way at any time: -b
 * browser-like ones, -t and -H for another target and host, -n on a new
 * connection each (ended by RST).  Fields -f ("Cookie: a=b") are dealt out to
 * the connections in turns, one each.  With -k a "@@@@@@@" in the target is one
 * of so many numbers, all of which come once, scattered, before any comes
 * again.  After -w
 * milliseconds of warming up (100), or -r requests, it lets the proxy fall idle, notes the CPU
 * time of the threads -p, loads for -d milliseconds (700), lets it fall idle
 * again and prints one line:
 *
 *   requests failures wall-nanoseconds cpu-nanoseconds
 *
 * Idle at both ends because the kernel accounts a running thread only at its
 * ticks.  Replies must have a body of -s bytes (1024).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/client.h"

#define TIDS_MAX 128
#define TARGETS_MAX 16
#define EVENTS 256
#define PATIENCE_MSEC 10000
#define FOR_EVER_MSEC 3600000
#define FAILURES_MAX 1000
#define SCATTER 7368787 /* a prime */

static struct {
	struct client_target targets[TARGETS_MAX];
	unsigned target_count;
	struct client *clients;
	unsigned client_count;
	bool new_connections;
	unsigned tids[TIDS_MAX];
	unsigned tid_count;
	int epoll_fd;

	unsigned objects; /* that are asked for in turns; 0: only one */
	unsigned next;
	uint64_t most; /* requests to be begun */

	unsigned busy; /* clients with a request under way */
	bool stopping; /* send no further ones */
	uint64_t requests;
	uint64_t failures;
} load;

static uint64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "load: %s: %s\n", what, why);
	exit(1);
}

/* Nanoseconds on a CPU of all threads that we were told of. */
static uint64_t cpu_nsec(void)
{
	unsigned long long sum = 0;

	for (unsigned i = 0; i < load.tid_count; i++) {
		unsigned long long ran;
		char path[64];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%u/schedstat",
		    load.tids[i]);
		file = fopen(path, "r");
		if (file == NULL || fscanf(file, "%llu", &ran) != 1)
			fail(path, "the thread is gone");
		fclose(file);
		sum += ran;
	}
	return sum;
}

static struct client_target *target_of(const struct client *c)
{
	return &load.targets[(c - load.clients) % load.target_count];
}

static void connect_one(struct client *c)
{
	unsigned source = 1 + (unsigned)(c - load.clients) % 200;

	if (!client_connect(c, target_of(c), source, load.epoll_fd))
		fail("connect", strerror(errno));
}

static void note_failure(struct client *c, const char *why)
{
	if (load.failures++ == 0)
		fprintf(stderr, "load: instead of a reply: %s\n", why);
	if (load.failures > FAILURES_MAX)
		fail("giving up", "too many failures");
	client_reset(c);
	connect_one(c);
}

static void ask(struct client *c)
{
	if (load.stopping || load.most == 0)
		return;
	load.most--;
	if (load.objects > 0) {
		client_target_number(target_of(c), load.next);
		load.next = (load.next + SCATTER) % load.objects;
	}
	if (client_send(c, target_of(c)))
		load.busy++;
	else
		fail("send", strerror(errno));
}

static void serve(struct client *c)
{
	const char *why;

	switch (client_receive(c, target_of(c), &why)) {
	case CLIENT_MORE:
		return;
	case CLIENT_FAILED:
		note_failure(c, why);
		break;
	case CLIENT_DONE:
		load.requests++;
		if (load.new_connections) {
			client_reset(c);
			connect_one(c);
		}
		break;
	}
	load.busy--;
	ask(c);
}

static void turn(void)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(load.epoll_fd, events, EVENTS, PATIENCE_MSEC);

	if (n == 0 || (n < 0 && errno != EINTR))
		fail("waiting", n < 0 ? strerror(errno) : "nothing comes");
	for (int i = 0; i < n; i++)
		serve(events[i].data.ptr);
}

/* Loads for MSEC milliseconds, but with MOST requests, then lets all end. */
static void run_for(unsigned msec, uint64_t most)
{
	uint64_t until = now_nsec() + (uint64_t)msec * 1000000;

	load.requests = 0;
	load.stopping = false;
	load.most = most;
	for (unsigned i = 0; i < load.client_count; i++)
		ask(&load.clients[i]);
	while (now_nsec() < until && load.busy > 0)
		turn();
	load.stopping = true;
	while (load.busy > 0)
		turn();
}

static void let_it_fall_idle(void)
{
	struct timespec a_moment = {.tv_nsec = 20 * 1000 * 1000};

	nanosleep(&a_moment, NULL);
}

static void measure(unsigned msec)
{
	uint64_t wall;
	uint64_t cpu;

	let_it_fall_idle();
	cpu = cpu_nsec();
	wall = now_nsec();
	run_for(msec, UINT64_MAX);
	wall = now_nsec() - wall;
	let_it_fall_idle();
	cpu = cpu_nsec() - cpu;
	printf("%llu %llu %llu %llu\n", (unsigned long long)load.requests,
	    (unsigned long long)load.failures, (unsigned long long)wall,
	    (unsigned long long)cpu);
}

static void start_clients(void)
{
	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load.clients = calloc(load.client_count, sizeof(*load.clients));
	if (load.epoll_fd < 0 || load.clients == NULL)
		fail("start", strerror(errno));
	for (unsigned i = 0; i < load.client_count; i++)
		connect_one(&load.clients[i]);
}

static void note_tid(unsigned tid)
{
	if (load.tid_count == TIDS_MAX)
		fail("-p", "too many threads");
	load.tids[load.tid_count++] = tid;
}

static struct {
	unsigned warm_up_msec;
	unsigned warm_up_requests;
	unsigned msec;
	unsigned reply_size;
	bool browser;
	const char *target;
	const char *host;
	const char *fields[TARGETS_MAX];
	unsigned field_count;
} options = {.warm_up_msec = 100, .msec = 700, .reply_size = 1024};

static void note_field(const char *field)
{
	if (options.field_count == TARGETS_MAX)
		fail("-f", "too many fields");
	options.fields[options.field_count++] = field;
}

static bool take_option(int option)
{
	unsigned value = optarg ? (unsigned)atoi(optarg) : 0;

	switch (option) {
	case 'c':
		load.client_count = value;
		return true;
	case 'd':
		options.msec = value;
		return true;
	case 'w':
		options.warm_up_msec = value;
		return true;
	case 's':
		options.reply_size = value;
		return true;
	case 'p':
		note_tid(value);
		return true;
	case 'b':
		options.browser = true;
		return true;
	case 't':
		options.target = optarg;
		return true;
	case 'H':
		options.host = optarg;
		return true;
	case 'f':
		note_field(optarg);
		return true;
	case 'k':
		load.objects = value;
		return true;
	case 'r':
		options.warm_up_requests = value;
		return true;
	case 'n':
		load.new_connections = true;
		return true;
	default:
		return false;
	}
}

/* What to ask for: one request, or one for each field. */
static void prepare_targets(unsigned port)
{
	struct client_target target;

	client_target_init(&target, port, options.browser, options.reply_size);
	if ((options.target != NULL) != (options.host != NULL))
		fail("-t, -H", "they go together");
	if (options.target != NULL &&
	    !client_target_set(&target, options.target, options.host))
		fail("-t, -H", "too long");
	load.targets[0] = target;
	load.target_count = 1;
	for (unsigned i = 0; i < options.field_count; i++) {
		load.targets[i] = target;
		load.target_count = i + 1;
		if (!client_target_add(&load.targets[i], options.fields[i]))
			fail("-f", "no memory");
	}
}

int main(int argc, char **argv)
{
	bool good = true;
	int option;

	load.client_count = 64;
	while ((option = getopt(argc, argv, "c:d:w:s:p:t:H:f:k:r:bn")) >= 0)
		good = take_option(option) && good;
	if (!good || optind + 1 != argc)
		fail("usage", "load [-c N] [-d MS] [-w MS] [-s BYTES] [-b] [-n]"
			      " [-t TARGET -H HOST] [-f FIELD]..."
			      " [-p TID]... [-k COUNT [-r REQUESTS]] PORT");
	prepare_targets((unsigned)atoi(argv[optind]));
	start_clients();
	if (options.warm_up_requests > 0)
		run_for(FOR_EVER_MSEC, options.warm_up_requests);
	else
		run_for(options.warm_up_msec, UINT64_MAX);
	measure(options.msec);
	return 0;
}

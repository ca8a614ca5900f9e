/*
 * mutations.c - mutated requests through a running proxy.
 *
 *   mutations [-n CASES] [-s SEED] [-i FIRST] [-l LANES]
 *
 * Prints the ports of LANES origins (32) in one line, and reads from stdin one
 * port of a proxy: there 127.0.0.1 must lead to the first of them, 127.0.0.2 to
 * the second, and so on.  Then sends cases FIRST (0) to FIRST + CASES - 1 of
 * SEED and holds what arrives against what was meant: see lane.h.  Each case
 * that is not as it should be is printed with its number and its bytes.  The
 * last line has the tally; the exit status is 1 if there was such a case.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/torture/lane.h"

#define LANES_MAX 64
#define EVENTS 256
#define TURN_MSEC 100
#define FAILURES_MAX 20

static struct {
	uint64_t cases;
	uint64_t seed;
	uint64_t next; /* case */
	uint64_t end;
	unsigned lane_count;
	unsigned failures;
	int epoll_fd;
	struct lane_tally tally;
	struct lane lanes[LANES_MAX];
} run = {.cases = 10000, .lane_count = 32};

static _Noreturn void die(const char *why)
{
	fprintf(stderr, "mutations: %s\n", why);
	exit(2);
}

static void print_bytes(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\n')
			printf("\\n\n    ");
		else if (c == '\r')
			printf("\\r");
		else if (c < ' ' || c >= 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('\n');
}

static void print_failure(const struct lane *l, const char *why)
{
	static const char *const verdicts[] = {"whole", "part", "bad"};

	printf("case %llu: %s\n", (unsigned long long)l->index, why);
	for (unsigned i = 0; i < l->sent_count; i++) {
		const struct lane_request *r = &l->sent[i];

		printf("  read as %s", verdicts[r->verdict]);
		if (r->m.why != NULL)
			printf(" (%s)", r->m.why);
		if (r->m.head_whole && r->meaning.why != NULL)
			printf(" (refuse: %s)", r->meaning.why);
		putchar('\n');
	}
	printf("  sent:\n    ");
	print_bytes(str_make(l->text, l->text_n));
	printf("  arrived: %u\n", l->arrived_count);
	for (unsigned i = 0; i < l->arrived_count; i++) {
		printf("    ");
		print_bytes(str_make(l->arrived[i].copy, l->arrived[i].m.n));
	}
	printf("  came back:\n    ");
	print_bytes(str_make(l->client.bytes, l->client.n));
	fflush(stdout);
}

static void judge(struct lane *l)
{
	const char *why = lane_judge(l, &run.tally);

	if (why != NULL) {
		print_failure(l, why);
		run.failures++;
	}
	lane_end_case(l);
}

static void begin_next(struct lane *l)
{
	if (run.next < run.end && run.failures < FAILURES_MAX)
		lane_begin(l, run.seed, run.next++);
}

/* False when all is done. */
static bool turn(void)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(run.epoll_fd, events, EVENTS, TURN_MSEC);
	bool busy = false;

	if (n < 0 && errno != EINTR)
		die("epoll_wait");
	for (int i = 0; i < n; i++)
		lane_event(events[i].data.ptr);
	for (unsigned i = 0; i < run.lane_count; i++) {
		struct lane *l = &run.lanes[i];

		if (lane_is_done(l))
			judge(l);
		if (!l->busy)
			begin_next(l);
		busy = busy || l->busy;
	}
	return busy;
}

static void take_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:s:i:l:")) >= 0) {
		uint64_t value = optarg ? strtoull(optarg, NULL, 10) : 0;

		if (option == 'n')
			run.cases = value;
		else if (option == 's')
			run.seed = value;
		else if (option == 'i')
			run.next = value;
		else if (option == 'l' && value > 0 && value <= LANES_MAX)
			run.lane_count = (unsigned)value;
		else
			die("usage: mutations [-n CASES] [-s SEED] [-i FIRST]"
			    " [-l LANES]");
	}
	run.end = run.next + run.cases;
}

static void open_lanes(void)
{
	unsigned short port;

	run.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < run.lane_count; i++)
		printf("%u ", lane_open(&run.lanes[i], i, run.epoll_fd));
	printf("\n");
	fflush(stdout);
	if (scanf("%hu", &port) != 1)
		die("no port of a proxy on stdin");
	for (unsigned i = 0; i < run.lane_count; i++)
		run.lanes[i].port = port;
}

int main(int argc, char **argv)
{
	const struct lane_tally *t = &run.tally;

	take_options(argc, argv);
	open_lanes();
	while (turn())
		;
	printf("seed %llu: %llu cases, %llu sound requests, %llu of them"
	       " forwarded, %llu refused, %llu cut, %llu dropped, %u failures\n",
	    (unsigned long long)run.seed, (unsigned long long)t->cases,
	    (unsigned long long)t->requests, (unsigned long long)t->forwarded,
	    (unsigned long long)t->refused, (unsigned long long)t->parts,
	    (unsigned long long)t->dropped, run.failures);
	return run.failures > 0;
}

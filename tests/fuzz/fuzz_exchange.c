/*
 * fuzz_exchange.c - any bytes from clients and from origins, in any order.
 *
 * The input is a script for the peers of a whole proxy in this process
 * (tests/torture/world.h).  0xff begins a step, and the byte behind it says
 * which; what follows up to the next 0xff is what is sent, in one segment:
 *
 *	c  the client sends           o  the origin that spoke last sends
 *	C  the client's FIN           F  that origin's FIN
 *	X  the client closes          R  that origin closes
 *	n  a new client sends         0, 1  a server refuses, or no longer
 *	s  the client stops reading   t  the clock moves to the next deadline
 *	e  calls trickle, or no longer
 *	b, B  the client, or that origin, sends 128 KiB of the next byte
 *
 * Then all deadlines come, and nobody and nothing may be left.  What origins
 * got must be sound requests that a client meant, each as often as it may be
 * repeated, and what clients got sound replies that an origin gave: judged by
 * a reader that shares no code with ours (tests/torture/judge.h).
 */
#include <stdint.h>

#include "common/base/insist.h"
#include "tests/torture/judge.h"

#define INPUT_MAX ((size_t)16 * 1024)
#define ESCAPE 0xff
#define MUCH 1024
#define TIMES 128
#define MUCH_MAX 3
#define STEPS_MAX 100
#define CLIENTS_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct actor *client;
	unsigned clients;
	unsigned much; /* so often, so far */
	unsigned steps;
	bool refuses[2];
} script;

static struct actor *last_origin(void)
{
	return judge_last_origin();
}

static void connect_client(void)
{
	if (script.clients == CLIENTS_MAX)
		return;
	script.clients++;
	script.client = world_connect();
}

static void send_much(struct actor *to, const char *text, size_t n)
{
	static char much[MUCH];
	int times = shim.at_most > 0 ? 1 : TIMES;

	memset(much, n > 0 ? text[0] : 'x', sizeof(much));
	if (script.much++ == MUCH_MAX)
		return;
	for (int i = 0; i < times && to != NULL; i++)
		actor_send(to, much, sizeof(much));
}

/* One byte at a time, or not so few when there are many. */
static void trickle(void)
{
	shim.every_other = !shim.every_other;
	shim.at_most = !shim.every_other ? 0 : script.much > 0 ? 61 : 1;
}

/* Steps of the client. */
static void step_client(char what, const char *text, size_t n)
{
	if (what == 'n')
		connect_client();
	if (what == 'n' || what == 'c')
		actor_send(script.client, text, n);
	else if (what == 'C')
		actor_finish(script.client);
	else if (what == 'X')
		actor_close(script.client);
	else if (what == 's')
		actor_stall(script.client);
	else if (what == 'b')
		send_much(script.client, text, n);
}

static void step_origin(char what, const char *text, size_t n)
{
	struct actor *origin = last_origin();

	if (origin == NULL)
		return;
	if (what == 'o')
		actor_send(origin, text, n);
	else if (what == 'F')
		actor_finish(origin);
	else if (what == 'R')
		actor_close(origin);
	else if (what == 'B')
		send_much(origin, text, n);
}

static void step(char what, const char *text, size_t n)
{
	switch (what) {
	case '0':
	case '1':
		script.refuses[what - '0'] = !script.refuses[what - '0'];
		world_refuse((unsigned)(what - '0'),
		    script.refuses[what - '0']);
		break;
	case 't':
		(void)world_pass_time();
		break;
	case 'e':
		trickle();
		break;
	default:
		if (what == '\0' || strchr("nocCFXRsbB", what) == NULL)
			return;
		step_client(what, text, n);
		step_origin(what, text, n);
	}
	world_settle();
}

static void play(const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end && script.steps++ < STEPS_MAX) {
		char what = 'c';
		const char *next;
		size_t left;

		if ((uint8_t)*p == ESCAPE) {
			what = p + 1 < end ? p[1] : 't';
			p += p + 1 < end ? 2 : 1;
		}
		left = (size_t)(end - p);
		INSIST(left <= INPUT_MAX);
		next = memchr(p, ESCAPE, left);
		if (next == NULL)
			next = end;
		step(what, p, (size_t)(next - p));
		p = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool opened;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (!opened)
		world_open();
	opened = true;
	script.clients = script.much = script.steps = 0;
	script.refuses[0] = script.refuses[1] = false;
	shim.every_other = false;
	shim.at_most = 0;
	judge_begin();
	connect_client();
	play((const char *)data, size);
	judge_end();
	return 0;
}

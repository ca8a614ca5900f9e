/*
 * slow.c - an origin that keeps its proxy waiting.
 *
 *   /?delay=MS           answers after MS milliseconds (500)
 *   /drip?n=N&every=MS   N lines, one each MS milliseconds (10, 500)
 *   /never               reads the request and never answers
 *
 * All end early when the peer hangs up.
 */
#include <stdio.h>
#include <string.h>

#include "tests/demo/modes.h"

#define DELAY_MAX (24L * 3600 * 1000)
#define DRIP_MAX 1000000

static void delay(struct reply *reply)
{
	long msec = (long)request_number(reply->request, "delay", 500,
	    DELAY_MAX);
	char text[64];

	if (!peer_wait(reply->peer, msec)) {
		reply->peer->failed = true;
		return;
	}
	snprintf(text, sizeof(text), "this took %ld ms\n", msec);
	reply_whole(reply, 200, "text/plain", text);
}

static void drip(struct reply *reply)
{
	const struct request *r = reply->request;
	long every = (long)request_number(r, "every", 500, DELAY_MAX);
	unsigned n = (unsigned)request_number(r, "n", 10, DRIP_MAX);
	char line[64];

	reply_begin(reply, 200, "text/plain", REPLY_LENGTH_UNKNOWN);
	for (unsigned i = 1; i <= n && !reply->no_body; i++) {
		snprintf(line, sizeof(line), "drop %u of %u\n", i, n);
		if (!reply_body(reply, line, strlen(line)) ||
		    !reply_flush(reply))
			return;
		if (i < n && !peer_wait(reply->peer, every)) {
			reply->peer->failed = true;
			return;
		}
	}
	reply_end(reply);
}

void slow_answer(struct reply *reply)
{
	const char *path = mode_path(reply->request, "slow");

	if (strcmp(path, "/") == 0) {
		delay(reply);
	} else if (strcmp(path, "/drip") == 0) {
		drip(reply);
	} else if (strcmp(path, "/never") == 0) {
		peer_wait(reply->peer, DELAY_MAX);
		reply->peer->failed = true;
	} else {
		reply_whole(reply, 404, "text/plain",
		    "/?delay=MS, /drip?n=N&every=MS, /never\n");
	}
}

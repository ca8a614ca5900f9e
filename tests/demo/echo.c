/*
 * echo.c - answers with what reached it, as readable text.
 *
 *   PUT /echo/x?y=1 HTTP/1.1
 *   Host: 127.0.0.1:8080
 *   Content-Length: 3
 *
 *   body: 3 bytes, crc32 352441c2
 *   trailers: 0
 *   connection 2, request 17
 *
 * The last line tells on which connection to this origin the request came,
 * and the how many-th on it, so that reuse can be seen.  A body of any size
 * is summed up as it comes.  A request with "Upgrade: echo" is answered 101,
 * and from then on every byte is sent back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "tests/demo/crc32.h"
#include "tests/demo/modes.h"

static bool wants_upgrade(const struct request *r)
{
	const char *upgrade = request_field(r, "Upgrade");

	return upgrade != NULL && strcasecmp(upgrade, "echo") == 0 &&
	    request_has_token(request_field(r, "Connection"), "upgrade");
}

static void tunnel(struct reply *reply)
{
	struct peer *p = reply->peer;

	reply->request->keep_alive = false;
	peer_text(p,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Connection: upgrade\r\nUpgrade: echo\r\n\r\n");
	do {
		peer_put(p, p->in + p->in_at, p->in_end - p->in_at);
		p->in_at = p->in_end = 0;
		peer_flush(p);
	} while (peer_fill(p) > 0);
}

/* Sums up the body; false if it was cut or malformed. */
static bool sum_up(struct reply *reply, uint32_t *crc_r)
{
	const char *piece;
	ssize_t n;

	*crc_r = 0;
	while ((n = request_body(reply->peer, reply->request, &piece)) > 0)
		*crc_r = crc32_add(*crc_r, piece, (size_t)n);
	return n == 0;
}

static void print(FILE *to, const struct reply *reply, uint32_t crc)
{
	const struct request *r = reply->request;

	fprintf(to, "%s %s%s%s %s\n", r->method, r->path, r->query ? "?" : "",
	    r->query ? r->query : "", r->version);
	for (unsigned i = 0; i < r->field_count; i++)
		fprintf(to, "%s: %s\n", r->fields[i].name, r->fields[i].value);
	fprintf(to, "\nbody: %llu bytes, crc32 %08x\n",
	    (unsigned long long)r->length, crc);
	fprintf(to, "trailers: %u\n", r->trailer_count);
	fprintf(to, "connection %u, request %u\n", reply->peer->number,
	    reply->peer->requests);
}

void echo_answer(struct reply *reply)
{
	char *text = NULL;
	size_t n = 0;
	uint32_t crc;
	FILE *to;

	if (wants_upgrade(reply->request)) {
		tunnel(reply);
		return;
	}
	if (!sum_up(reply, &crc)) {
		reply->request->keep_alive = false;
		reply_whole(reply, 400, "text/plain", "the body is cut\n");
		return;
	}
	to = open_memstream(&text, &n);
	if (to != NULL) {
		print(to, reply, crc);
		fclose(to);
	}
	reply_whole(reply, 200, "text/plain", text ? text : "");
	free(text);
}

/*
 * reply.c - the replies of a demo origin (RFC 9112, sections 6 and 7).
 */
#include "tests/demo/reply.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *reason(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	default:
		return "";
	}
}

static void put_date(struct peer *p)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[64];

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	peer_text(p, "Date: %s\r\n", text);
}

void reply_begin(struct reply *reply, unsigned status, const char *type,
    int64_t length)
{
	struct peer *p = reply->peer;
	struct request *r = reply->request;
	bool is_11 = r->version != NULL && strcmp(r->version, "HTTP/1.1") == 0;

	reply->chunked = length == REPLY_LENGTH_UNKNOWN && is_11;
	reply->no_body = r->is_head;
	if (length == REPLY_LENGTH_UNKNOWN && !is_11)
		r->keep_alive = false;
	peer_text(p, "HTTP/1.1 %u %s\r\n", status, reason(status));
	put_date(p);
	peer_text(p, "Server: sluice-demo\r\nContent-Type: %s\r\n", type);
	if (length != REPLY_LENGTH_UNKNOWN)
		peer_text(p, "Content-Length: %lld\r\n", (long long)length);
	if (reply->chunked)
		peer_text(p, "Transfer-Encoding: chunked\r\n");
	if (!r->keep_alive)
		peer_text(p, "Connection: close\r\n");
	peer_text(p, "\r\n");
}

bool reply_body(struct reply *reply, const void *bytes, size_t n)
{
	struct peer *p = reply->peer;

	if (reply->no_body || n == 0)
		return !p->failed;
	if (reply->chunked)
		peer_text(p, "%zx\r\n", n);
	peer_put(p, bytes, n);
	if (reply->chunked)
		peer_put(p, "\r\n", 2);
	return !p->failed;
}

bool reply_flush(struct reply *reply)
{
	return peer_flush(reply->peer);
}

void reply_end(struct reply *reply)
{
	if (reply->chunked && !reply->no_body)
		peer_put(reply->peer, "0\r\n\r\n", 5);
	peer_flush(reply->peer);
}

void reply_whole(struct reply *reply, unsigned status, const char *type,
    const char *text)
{
	size_t n = strlen(text);

	reply_begin(reply, status, type, (int64_t)n);
	reply_body(reply, text, n);
	reply_end(reply);
}

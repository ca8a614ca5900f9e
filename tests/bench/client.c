/*
 * client.c - one client connection of the load generators.
 *
 * Cheap, because load and origin share a core and must not be what limits the
 * proxy: a reply that arrives in one piece is checked where it was received.
 */
#include "tests/bench/client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE (256 * 1024)

static const char minimal_request[] = "GET /1k HTTP/1.1\r\n"
				      "Host: bench.example.com\r\n"
				      "\r\n";

static const char browser_request[] =
    "GET /assets/application/main.js?v=20261121 HTTP/1.1\r\n"
    "Host: bench.example.com\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML,"
    " like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n"
    "Accept: */*\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Dest: script\r\n"
    "Referer: http://bench.example.com/catalogue/shoes/page-7.html\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark\r\n"
    "\r\n";

void client_target_init(struct client_target *t, unsigned port, bool browser,
    uint64_t reply_size)
{
	*t = (struct client_target){
	    .address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
	    .request = browser ? browser_request : minimal_request,
	    .request_len = browser ? sizeof(browser_request) - 1
				   : sizeof(minimal_request) - 1,
	    .reply_size = reply_size};
}

bool client_target_set(struct client_target *t, const char *target,
    const char *host)
{
	static char request[4096];
	const char *fields = strstr(strstr(t->request, "\r\n") + 2, "\r\n");
	int n = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: %s%s", target, host, fields);

	t->request = request;
	t->request_len = (size_t)n;
	t->number = strstr(request, CLIENT_NUMBER);
	return n > 0 && n < (int)sizeof(request);
}

void client_target_number(struct client_target *t, unsigned n)
{
	if (t->number == NULL)
		return;
	for (size_t i = sizeof(CLIENT_NUMBER) - 1; i > 0; n /= 10)
		t->number[--i] = (char)('0' + n % 10);
}

bool client_target_add(struct client_target *t, const char *line)
{
	char *request;
	int n = asprintf(&request, "%.*s%s\r\n\r\n",
	    (int)t->request_len - 2, t->request, line);

	t->request = request;
	t->request_len = (size_t)n;
	return n > 0;
}

/* A source of our own, its port chosen at connect: 28,000 ports each. */
static bool bind_source(int fd, unsigned source)
{
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~255U) | source)};
	int on = 1;

	return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
		   sizeof(on)) == 0 &&
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0;
}

bool client_connect(struct client *c, const struct client_target *t,
    unsigned source, int epoll_fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	int on = 1;

	c->in_body = false;
	c->head_len = 0;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind_source(c->fd, source) &&
	    connect(c->fd, (const struct sockaddr *)&t->address,
		sizeof(t->address)) == 0 &&
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event) == 0)
		return true;
	client_reset(c);
	return false;
}

void client_reset(struct client *c)
{
	struct linger now = {.l_onoff = 1};
	int why = errno;

	if (c->fd >= 0) {
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(c->fd);
	}
	c->fd = -1;
	errno = why;
}

bool client_send(struct client *c, const struct client_target *t)
{
	return send(c->fd, t->request, t->request_len, MSG_NOSIGNAL) ==
	    (ssize_t)t->request_len;
}

/* The value of Content-Length, or -1. */
static long long content_length(const char *head, size_t n)
{
	static const char name[] = "\r\ncontent-length:";
	const char *end = head + n;

	for (const char *at = head; (at = memchr(at, '\r',
					 (size_t)(end - at))) != NULL; at++)
		if ((size_t)(end - at) > sizeof(name) &&
		    strncasecmp(at, name, sizeof(name) - 1) == 0)
			return strtoll(at + sizeof(name) - 1, NULL, 10);
	return -1;
}

/* HEAD is whole, N bytes.  Is it what it must be? */
static const char *check_head(struct client *c, const struct client_target *t,
    const char *head, size_t n)
{
	if (n < 15 || memcmp(head, "HTTP/1.1 200 ", 13) != 0)
		return "a status other than 200";
	if (content_length(head, n) != (long long)t->reply_size)
		return "not the origin's Content-Length";
	c->in_body = true;
	c->body_left = t->reply_size;
	return NULL;
}

/*
 * Looks for the head's end in N new bytes at P.  *used_r of them belong to the
 * head; what arrived in pieces is put together in C.
 */
static const char *take_head(struct client *c, const struct client_target *t,
    const char *p, size_t n, size_t *used_r)
{
	size_t before = c->head_len;
	const char *end;

	if (before == 0 && (end = memmem(p, n, "\r\n\r\n", 4)) != NULL) {
		*used_r = (size_t)(end + 4 - p);
		return check_head(c, t, p, *used_r);
	}
	if (n > sizeof(c->head) - before)
		return "a head that is too large";
	memcpy(c->head + before, p, n);
	c->head_len += n;
	*used_r = n;
	end = memmem(c->head, c->head_len, "\r\n\r\n", 4);
	if (end == NULL)
		return NULL;
	n = (size_t)(end + 4 - c->head);
	c->head_len = 0;
	*used_r = n - before;
	return check_head(c, t, c->head, n);
}

enum client_result client_receive(struct client *c,
    const struct client_target *t, const char **why_r)
{
	static char buffer[BUFFER_SIZE];
	ssize_t n = recv(c->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	size_t used = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return CLIENT_MORE;
	*why_r = n < 0 ? "a reset" : "a close";
	if (n <= 0)
		return CLIENT_FAILED;
	*why_r = NULL;
	if (!c->in_body)
		*why_r = take_head(c, t, buffer, (size_t)n, &used);
	if (*why_r != NULL)
		return CLIENT_FAILED;
	if (!c->in_body)
		return CLIENT_MORE;
	*why_r = "more bytes than the reply has";
	if ((size_t)n - used > c->body_left)
		return CLIENT_FAILED;
	c->body_left -= (size_t)n - used;
	c->in_body = c->body_left > 0;
	return c->in_body ? CLIENT_MORE : CLIENT_DONE;
}

/*
 * get.c - the smallest client: for a machine without curl.
 *
 * One GET, "Connection: close", the whole reply read and checked for its end
 * (Content-Length, chunked, or close), only the status line printed.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/demo/modes.h"

#define AUTHORITY_SIZE 256

struct got {
	unsigned status;
	bool chunked;
	int64_t length; /* bytes, or REPLY_LENGTH_UNKNOWN */
};

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -1;
	for (struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

static bool read_head(struct peer *p, struct got *got)
{
	char *line = peer_line(p);

	if (line == NULL || strncmp(line, "HTTP/1.", 7) != 0)
		return false;
	puts(line);
	got->status = (unsigned)strtoul(line + strcspn(line, " "), NULL, 10);
	got->length = REPLY_LENGTH_UNKNOWN;
	while ((line = peer_line(p)) != NULL && *line != '\0') {
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			got->length = strtoll(line + 15, NULL, 10);
		if (strcasecmp(line, "Transfer-Encoding: chunked") == 0)
			got->chunked = true;
	}
	return line != NULL;
}

/* Skips N bytes; with REPLY_LENGTH_UNKNOWN all until the close. */
static bool skip(struct peer *p, int64_t n)
{
	while (n != 0) {
		size_t have = p->in_end - p->in_at;

		if (have == 0 && peer_fill(p) <= 0)
			return n == REPLY_LENGTH_UNKNOWN && !p->failed;
		if (n > 0 && have > (size_t)n)
			have = (size_t)n;
		p->in_at += have;
		if (n > 0)
			n -= (int64_t)have;
	}
	return true;
}

static bool skip_chunks(struct peer *p)
{
	char *line;

	while ((line = peer_line(p)) != NULL) {
		int64_t n = strtoll(line, NULL, 16);

		if (n <= 0)
			return n == 0 && *line == '0';
		line = skip(p, n) ? peer_line(p) : NULL;
		if (line == NULL || *line != '\0')
			return false;
	}
	return false;
}

static bool ask(struct peer *p, const char *authority, const char *path)
{
	struct got got = {0};

	peer_text(p,
	    "GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
	    "User-Agent: sluice-demo\r\n\r\n",
	    path, authority);
	if (!peer_flush(p) || !read_head(p, &got))
		return false;
	if (!(got.chunked ? skip_chunks(p) : skip(p, got.length)))
		return false;
	return got.status >= 200 && got.status < 400;
}

/* Asks for PATH (without its first slash) at AUTHORITY, "host[:port]". */
static bool fetch(const char *authority, const char *path)
{
	struct peer *p = malloc(sizeof(*p));
	char host[AUTHORITY_SIZE];
	char *colon;
	bool good;
	int fd;

	strcpy(host, authority);
	colon = strrchr(host, ':');
	if (colon != NULL)
		*colon++ = '\0';
	fd = dial(host, colon ? colon : "80");
	if (p == NULL || fd < 0) {
		free(p);
		return false;
	}
	peer_init(p, fd, 1);
	good = ask(p, authority, path);
	close(fd);
	free(p);
	return good;
}

int get_run(const char *url)
{
	char authority[AUTHORITY_SIZE];
	const char *path;

	if (sscanf(url, "http://%255[^/]", authority) != 1) {
		fprintf(stderr, "origin: not an http:// URL: %s\n", url);
		return 1;
	}
	path = url + strlen("http://") + strlen(authority);
	return fetch(authority, *path == '/' ? path + 1 : path) ? 0 : 1;
}

/*
 * client.h - one client connection of the load generators.
 *
 * Never waits but for connecting, which over loopback is done at once.  Every
 * reply is checked: status 200, a Content-Length of what the origin sends,
 * exactly that many bytes behind the head and not one more.
 */
#ifndef TESTS_BENCH_CLIENT_H
#define TESTS_BENCH_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_HEAD_MAX 4096

/* What all connections of a run have in common. */
struct client_target {
	struct sockaddr_in address;
	const char *request;
	size_t request_len;
	char *number; /* in it, or NULL: client_target_number */
	uint64_t reply_size; /* bytes of body */
};

struct client {
	int fd; /* -1: not connected */
	bool in_body;
	size_t head_len; /* bytes of head so far, when it came in pieces */
	uint64_t body_left;
	char head[CLIENT_HEAD_MAX];
};

enum client_result { CLIENT_MORE, CLIENT_DONE, CLIENT_FAILED };

/* 127.0.0.1:PORT.  BROWSER: a request of about 600 bytes, as browsers send
 * them; else the shortest. */
void client_target_init(struct client_target *t, unsigned port, bool browser,
    uint64_t reply_size);

/* The same request, for TARGET of HOST: false when it is too long. */
bool client_target_set(struct client_target *t, const char *target,
    const char *host);

/* The same request with one more field; LINE without its CR LF. */
bool client_target_add(struct client_target *t, const char *line);

/* What stands for a number in the target that is asked for, and that number
 * instead of it; without one nothing happens. */
#define CLIENT_NUMBER "@@@@@@@"
void client_target_number(struct client_target *t, unsigned n);

/* Connects from 127.0.0.SOURCE (1 to 254) and watches for input on EPOLL_FD
 * with C as the event's data.  False and errno. */
bool client_connect(struct client *c, const struct client_target *t,
    unsigned source, int epoll_fd);

bool client_send(struct client *c, const struct client_target *t);

/* Reads what is there.  DONE: a whole and right reply; FAILED: closed, or
 * wrong, *why_r says how. */
enum client_result client_receive(struct client *c,
    const struct client_target *t, const char **why_r);

/* RST: nothing stays in TIME_WAIT, so ports never run out. */
void client_reset(struct client *c);

#endif

/*
 * server.c - the frame of a demo origin: a thread for each connection.
 *
 * Reads a request, has it answered, reads what is left of the body, and again
 * until one of both wants to close.  At most SEATS connections live at once;
 * the next one waits in the accept queue.  Listens on 127.0.0.1 only: this is
 * a demonstration and a test peer, not a server for the world.
 */
#include "tests/demo/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEATS 1000
#define STACK ((size_t)128 * 1024)

struct guest {
	struct peer peer;
	struct request request;
};

static sem_t seats;
static server_answer *answer_with;

static bool serve_one(struct guest *g)
{
	struct reply reply = {.peer = &g->peer, .request = &g->request};
	const char *why = NULL;

	switch (request_read(&g->peer, &g->request, &why)) {
	case REQUEST_NONE:
		return false;
	case REQUEST_BAD:
		g->request.keep_alive = false;
		reply_whole(&reply, 400, "text/plain", why);
		return false;
	case REQUEST_READ:
		break;
	}
	answer_with(&reply);
	if (!request_drain(&g->peer, &g->request))
		return false;
	return g->request.keep_alive && !g->peer.failed;
}

/* Says FIN and waits for the peer's, so that no reset overtakes our reply. */
static void part(struct peer *p)
{
	shutdown(p->fd, SHUT_WR);
	do
		p->in_at = p->in_end = 0;
	while (peer_fill(p) > 0);
	close(p->fd);
}

static void *attend(void *arg)
{
	struct guest *g = arg;

	while (serve_one(g))
		continue;
	part(&g->peer);
	free(g);
	sem_post(&seats);
	return NULL;
}

static void welcome(int fd, unsigned number, const pthread_attr_t *attr)
{
	struct guest *g = malloc(sizeof(*g));
	pthread_t thread;

	if (g != NULL) {
		peer_init(&g->peer, fd, number);
		if (pthread_create(&thread, attr, attend, g) == 0)
			return;
	}
	free(g);
	close(fd);
	sem_post(&seats);
}

static int accept_all(int listener)
{
	pthread_attr_t attr;
	unsigned number = 0;

	sem_init(&seats, 0, SEATS);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			break;
		sem_wait(&seats);
		welcome(fd, ++number, &attr);
	}
	perror("accept");
	return 1;
}

int server_bind(unsigned port, unsigned *port_r)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 1024) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	*port_r = ntohs(at.sin_port);
	return fd;
}

int server_run(unsigned port, server_answer *answer)
{
	int listener = server_bind(port, &port);

	if (listener < 0) {
		fprintf(stderr, "origin: 127.0.0.1:%u: %s\n", port,
		    strerror(errno));
		return 1;
	}
	answer_with = answer;
	printf("%u\n", port);
	fflush(stdout);
	return accept_all(listener);
}

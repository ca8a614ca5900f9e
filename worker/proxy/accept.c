/*
 * accept.c - taking clients off a listening socket.
 *
 * A fiber for each socket that this worker serves: accepts until there is
 * nothing, waits.  When descriptors run out it waits a moment instead of
 * spinning; when all clients that may be open are open it waits for room.
 * Either way the kernel's queue holds what comes, and nothing is refused.
 */
#include "worker/proxy/accept.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/shm/seat.h"
#include "worker/proxy/client.h"

#define ACCEPTOR_MAGIC 0x41434350u
#define SHORTAGE_PAUSE (100 * USEC_PER_MSEC)
#define LAST_CALL 4096 /* the longest queue that there can be */

static unsigned running;

struct acceptor {
	uint32_t magic;
	struct watch watch;
	const struct conf_listener *listener;
	int fd;
	bool shared;
	struct fiber *fiber; /* NULL until it runs */
	bool stopped;
	bool short_of_fds; /* said so already */
};

/* One client: 0, or -errno. */
static int take_one(struct acceptor *a)
{
	struct sockaddr_storage addr = {.ss_family = AF_UNIX};
	socklen_t len = sizeof(addr);
	int fd = accept4(a->fd, (struct sockaddr *)&addr, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	a->short_of_fds = false;
	client_accept(a->listener, fd, &addr);
	return 0;
}

static int start_watching(struct acceptor *a)
{
	return a->shared ? watch_add_shared(&a->watch, a->fd)
			 : watch_add(&a->watch, a->fd, NULL);
}

/* A shared socket is watched by level: nobody may look away from it. */
static void stop_watching(struct acceptor *a)
{
	if (a->watch.fd >= 0)
		watch_remove(&a->watch);
}

static int pause_for_shortage(struct acceptor *a, int err)
{
	if (!a->short_of_fds)
		log_warning("accepting on %s waits: %s",
		    a->listener->address.text, strerror(-err));
	a->short_of_fds = true;
	count(accept_paused);
	err = fiber_sleep_until(loop_now() + SHORTAGE_PAUSE);
	return err == -ETIMEDOUT ? 0 : err;
}

/* Waits for room among the clients, if there is none. */
static int wait_room(struct acceptor *a)
{
	int err;

	if (likely(clients_have_room()))
		return 0;
	stop_watching(a);
	err = clients_wait_room();
	if (err == 0)
		err = start_watching(a);
	return err;
}

/* What to do after accept failed: 0 to go on, or -ECANCELED. */
static int recover(struct acceptor *a, int err)
{
	switch (-err) {
	case EAGAIN:
		watch_dry(&a->watch, WATCH_READ);
		return watch_wait(&a->watch, WATCH_READ, DEADLINE_NEVER);
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		stop_watching(a);
		err = pause_for_shortage(a, err);
		return err == 0 ? start_watching(a) : err;
	default: /* of the connection, not of the socket: see accept(2) */
		return fiber_yield();
	}
}

static void take_what_is_queued(struct acceptor *a)
{
	for (int i = 0; i < LAST_CALL && take_one(a) == 0; i++)
		;
}

static void accept_run(void *arg)
{
	struct acceptor *a = arg;
	int err = 0;

	INSIST_MAGIC(a, ACCEPTOR_MAGIC);
	a->fiber = fiber_self();
	while (!a->stopped && err != -ECANCELED) {
		err = wait_room(a);
		if (err == 0)
			err = fiber_charge(0);
		if (err == 0)
			err = take_one(a);
		if (err < 0 && err != -ECANCELED)
			err = recover(a, err);
	}
	take_what_is_queued(a);
	stop_watching(a);
	a->magic = 0;
	free(a);
	running--;
}

struct acceptor *accept_start(const struct conf_listener *l, int fd,
    bool shared)
{
	struct acceptor *a = calloc(1, sizeof(*a));
	int err = -ENOMEM;

	if (a != NULL) {
		a->magic = ACCEPTOR_MAGIC;
		a->listener = l;
		a->fd = fd;
		a->shared = shared;
		err = start_watching(a);
	}
	if (err == 0 && fiber_start("accept", accept_run, a)) {
		running++;
		return a;
	}
	if (err == 0)
		stop_watching(a);
	free(a);
	log_error("can't accept on %s: out of memory", l->address.text);
	return NULL;
}

void accept_stop(struct acceptor **ap)
{
	struct acceptor *a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	INSIST_MAGIC(a, ACCEPTOR_MAGIC);
	a->stopped = true;
	if (a->fiber != NULL)
		fiber_cancel(a->fiber);
}

unsigned accept_running(void)
{
	return running;
}

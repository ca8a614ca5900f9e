/*
 * slots.c - which listening sockets this worker accepts on.
 *
 * For each listener an array of acceptors, one a socket, NULL where we do not
 * accept.  A listener has as many sockets as there are slots, or one that is
 * shared; what the master asks for and does not exist is refused in the log.
 */
#include "worker/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "worker/proxy/accept.h"

struct served {
	const struct worker_listener *listener;
	struct acceptor **acceptors; /* listener->fd_count */
};

static struct served *all;
static unsigned listener_count;

int slots_init(const struct worker_listener *listeners, unsigned count)
{
	all = calloc(count, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	listener_count = count;
	for (unsigned i = 0; i < count; i++) {
		all[i].listener = &listeners[i];
		all[i].acceptors = calloc(listeners[i].fd_count,
		    sizeof(struct acceptor *));
		if (all[i].acceptors == NULL)
			return -ENOMEM;
	}
	return 0;
}

static void serve(struct served *s, unsigned i)
{
	const struct worker_listener *l = s->listener;

	if (s->acceptors[i] == NULL)
		s->acceptors[i] = accept_start(l->conf, l->fds[i], l->shared);
}

void slots_serve(unsigned slot)
{
	for (unsigned i = 0; i < listener_count; i++) {
		struct served *s = &all[i];

		if (s->listener->shared)
			serve(s, 0);
		else if (slot < s->listener->fd_count)
			serve(s, slot);
		else
			log_error("slot %u has no socket on %s", slot,
			    s->listener->conf->address.text);
	}
}

void slots_leave(unsigned slot)
{
	for (unsigned i = 0; i < listener_count; i++) {
		struct served *s = &all[i];

		if (!s->listener->shared && slot < s->listener->fd_count)
			accept_stop(&s->acceptors[slot]);
	}
}

void slots_leave_all(void)
{
	for (unsigned i = 0; i < listener_count; i++)
		for (unsigned k = 0; k < all[i].listener->fd_count; k++)
			accept_stop(&all[i].acceptors[k]);
}

void slots_shut(void)
{
	for (unsigned i = 0; i < listener_count; i++) {
		const struct worker_listener *l = all[i].listener;

		for (unsigned k = 0; k < l->fd_count && !l->handed; k++)
			(void)shutdown(l->fds[k], SHUT_RDWR);
	}
}

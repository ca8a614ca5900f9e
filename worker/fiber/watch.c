/*
 * watch.c - watches: descriptors in epoll, and the fibers that wait there.
 *
 * Runs in workers.  One idea: an edge is remembered in the watch until a
 * system call says that the descriptor is dry, so nobody has to be waiting
 * when it comes, and nobody asks epoll for anything after the registration.
 *
 * EPOLLOUT comes along with every edge and means nothing to a connection
 * that nobody writes to: on_event is told of it only on demand.
 *
 * The events of a turn are noted one after the other, and a watch's on_event
 * may remove any watch: the events of that one which are still to come are
 * struck out, so no event leads to a watch that is gone.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "worker/fiber/inside.h"

#define BATCH 256

#define MEANS_READ (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)
#define MEANS_WRITE (EPOLLOUT | EPOLLHUP | EPOLLERR)
#define MEANS_HANGUP (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

static int epoll_fd = -1;
static struct epoll_event batch[BATCH];
static unsigned batch_count;
static unsigned batch_noted; /* those before are done with */

int watch_open(void)
{
	INSIST(epoll_fd < 0);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -errno : 0;
}

void watch_close(void)
{
	if (epoll_fd < 0)
		return;
	close(epoll_fd);
	epoll_fd = -1;
}

static int control(int op, struct watch *w, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = w};

	INSIST(epoll_fd >= 0 && fd >= 0);
	return epoll_ctl(epoll_fd, op, fd, &event) < 0 ? -errno : 0;
}

static int add(struct watch *w, int fd, uint32_t events)
{
	int err = control(EPOLL_CTL_ADD, w, fd, events);

	if (err == 0)
		w->fd = fd;
	return err;
}

int watch_add(struct watch *w, int fd,
    void (*on_event)(struct watch *w, unsigned events))
{
	*w = (struct watch){.fd = -1,
	    .ready = WATCH_READ | WATCH_WRITE,
	    .on_event = on_event};
	return add(w, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

/* Edges would be lost when the process that got one leaves a rest behind. */
int watch_add_shared(struct watch *w, int fd)
{
	*w = (struct watch){.fd = -1, .ready = WATCH_READ};
	return add(w, fd, EPOLLIN | EPOLLEXCLUSIVE);
}

static uint32_t level_events(unsigned what)
{
	return (what & WATCH_READ ? EPOLLIN : 0U) |
	    (what & WATCH_WRITE ? EPOLLOUT : 0U);
}

int watch_add_level(struct watch *w, int fd, unsigned what,
    void (*on_event)(struct watch *w, unsigned events))
{
	INSIST(on_event != NULL);
	*w = (struct watch){.fd = -1, .is_level = 1, .on_event = on_event};
	return add(w, fd, level_events(what));
}

int watch_set_level(struct watch *w, unsigned what)
{
	INSIST(w->fd >= 0 && w->is_level);
	return control(EPOLL_CTL_MOD, w, w->fd, level_events(what));
}

static void strike_out(const struct watch *w)
{
	for (unsigned i = batch_noted; i < batch_count; i++)
		if (batch[i].data.ptr == w)
			batch[i].data.ptr = NULL;
}

void watch_remove(struct watch *w)
{
	INSIST(w->fd >= 0);
	INSIST(w->reader == NULL && w->writer == NULL);
	INSIST(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, w->fd, NULL) == 0);
	w->fd = -1;
	strike_out(w);
}

void watch_close_fd(struct watch *w)
{
	INSIST(w->fd >= 0);
	INSIST(w->reader == NULL && w->writer == NULL);
	close(w->fd);
	w->fd = -1;
	strike_out(w);
}

int watch_wait(struct watch *w, unsigned what, usec_t deadline)
{
	struct fiber **place = what == WATCH_READ ? &w->reader : &w->writer;
	struct fiber *self = fiber_self();

	INSIST(what == WATCH_READ || what == WATCH_WRITE);
	INSIST(w->fd >= 0 && *place == NULL);
	if (fiber_is_cancelled())
		return -ECANCELED;
	if (watch_is_ready(w, what))
		return 0;
	*place = self;
	self->place = place;
	return fiber_park(deadline);
}

void watch_collect(int msec)
{
	int n = epoll_wait(epoll_fd, batch, BATCH, msec);

	INSIST(n >= 0 || errno == EINTR);
	batch_count = n > 0 ? (unsigned)n : 0;
	batch_noted = 0;
}

/* Wakes who waits for WHAT; what is left over is for on_event. */
static unsigned bring(struct watch *w, unsigned what, struct fiber *waiter)
{
	w->ready |= (uint8_t)what;
	if (waiter == NULL)
		return what;
	fiber_wake(waiter, 0);
	return 0;
}

/* A failed socket is for whoever reads or writes next to find out. */
static void note_level(struct watch *w, uint32_t events)
{
	w->on_event(w, (events & MEANS_READ ? WATCH_READ : 0U) |
	    (events & MEANS_WRITE ? WATCH_WRITE : 0U));
}

static void note(struct watch *w, uint32_t events)
{
	unsigned left_over = 0;
	unsigned writable = 0;

	if (w->is_level) {
		note_level(w, events);
		return;
	}
	if (events & MEANS_WRITE)
		writable = bring(w, WATCH_WRITE, w->writer);
	if (events & MEANS_READ)
		left_over = bring(w, WATCH_READ, w->reader);
	if (events & MEANS_HANGUP) {
		w->seen_hup = 1;
		left_over |= WATCH_HANGUP;
	}
	if (w->tells_write)
		left_over |= writable;
	if (left_over != 0 && w->on_event != NULL)
		w->on_event(w, left_over);
}

void watch_note(void)
{
	while (batch_noted < batch_count) {
		const struct epoll_event *event = &batch[batch_noted++];

		if (event->data.ptr != NULL)
			note(event->data.ptr, event->events);
	}
}

/*
 * events.c - the master's loop.
 *
 * Every descriptor that is the master's alone (signals, channels, control,
 * the trial's pipe) is registered here, so this is also the list of what a
 * forked child has to close: see events_forget.
 *
 * A callback may free the source of another event of the same batch.  So
 * events_close takes it out of the batch; see forget_event.
 */
#include "master/events.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/insist.h"

#define BATCH 32

static int epoll_fd = -1;
static struct list sources = {&sources, &sources};
static struct list timers = {&timers, &timers}; /* soonest first */
static struct epoll_event batch[BATCH];
static int batch_count;
static usec_t now;
static bool stopping;

int events_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	now = clock_mono();
	return epoll_fd < 0 ? -errno : 0;
}

usec_t events_now(void)
{
	return now;
}

/* ---- sources ---- */

int events_add(struct events_source *s, int fd, uint32_t wanted,
    void (*ready)(struct events_source *s, uint32_t events))
{
	struct epoll_event event = {.events = wanted, .data.ptr = s};

	INSIST(fd >= 0);
	s->fd = -1;
	s->ready = ready;
	list_init(&s->link);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	s->fd = fd;
	list_add_tail(&sources, &s->link);
	return 0;
}

void events_want(struct events_source *s, uint32_t wanted)
{
	struct epoll_event event = {.events = wanted, .data.ptr = s};

	INSIST(s->fd >= 0);
	INSIST(epoll_ctl(epoll_fd, EPOLL_CTL_MOD, s->fd, &event) == 0);
}

static void forget_event(const struct events_source *s)
{
	for (int i = 0; i < batch_count; i++)
		if (batch[i].data.ptr == s)
			batch[i].data.ptr = NULL;
}

void events_close(struct events_source *s)
{
	if (s->fd < 0)
		return;
	/* Said outright: close() alone unregisters only the last duplicate,
	 * and a child that is being forked may hold one. */
	INSIST(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, s->fd, NULL) == 0);
	close(s->fd);
	s->fd = -1;
	list_del(&s->link);
	forget_event(s);
}

/* ---- timers ---- */

void events_timer_init(struct events_timer *t,
    void (*fire)(struct events_timer *t))
{
	t->due = 0;
	t->fire = fire;
	list_init(&t->link);
}

void events_timer_set(struct events_timer *t, usec_t after)
{
	struct list *before;

	INSIST(t->fire != NULL && after >= 0);
	list_del(&t->link);
	t->due = now + after;
	for (before = timers.next; before != &timers; before = before->next)
		if (container_of(before, struct events_timer, link)->due >
		    t->due)
			break;
	list_insert(before, &t->link);
}

void events_timer_clear(struct events_timer *t)
{
	t->due = 0;
	list_del(&t->link);
}

static struct events_timer *first_timer(void)
{
	if (list_empty(&timers))
		return NULL;
	return container_of(timers.next, struct events_timer, link);
}

/* Those set meanwhile wait for the next turn unless they are due as well. */
static void fire_timers(void)
{
	struct events_timer *t;

	while ((t = first_timer()) != NULL && t->due <= now) {
		events_timer_clear(t);
		t->fire(t);
	}
}

static int msec_to_wait(void)
{
	const struct events_timer *t = first_timer();
	usec_t left;

	if (t == NULL)
		return -1;
	left = t->due - clock_mono();
	if (left <= 0)
		return 0;
	if (left > 3600 * USEC_PER_SEC)
		left = 3600 * USEC_PER_SEC;
	return (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC);
}

/* ---- turns ---- */

static void turn(void)
{
	batch_count = epoll_wait(epoll_fd, batch, BATCH, msec_to_wait());
	INSIST(batch_count >= 0 || errno == EINTR);
	now = clock_mono();
	for (int i = 0; i < batch_count; i++) {
		struct events_source *s = batch[i].data.ptr;

		if (s != NULL)
			s->ready(s, batch[i].events);
	}
	batch_count = 0;
	fire_timers();
}

void events_run(void)
{
	while (!stopping)
		turn();
}

void events_stop(void)
{
	stopping = true;
}

void events_forget(void)
{
	LIST_FOREACH(at, &sources)
		close(container_of(at, struct events_source, link)->fd);
	list_init(&sources);
	close(epoll_fd);
	epoll_fd = -1;
}

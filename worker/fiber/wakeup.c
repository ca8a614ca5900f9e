/*
 * wakeup.c - being woken by other processes.
 *
 * Runs in the loop of a worker.  However many have written to the eventfd, one
 * read takes it all: what has changed, everybody looks for himself.
 */
#include "worker/fiber/wakeup.h"

#include <stddef.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/shm/wake.h"
#include "worker/fiber/loop.h"

#define FUNCTIONS_MAX 8

static void (*functions[FUNCTIONS_MAX])(void);
static unsigned function_count;
static struct watch watch;

static void on_event(struct watch *w, unsigned events)
{
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) < 0)
		return;
	for (unsigned i = 0; i < function_count; i++)
		functions[i]();
}

int wakeup_init(void)
{
	function_count = 0;
	if (wake_fd() < 0)
		return 0;
	return watch_add(&watch, wake_fd(), on_event);
}

void wakeup_on(void (*fn)(void))
{
	INSIST(function_count < FUNCTIONS_MAX);
	functions[function_count++] = fn;
}

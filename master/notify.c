/*
 * notify.c - telling the service manager how we are: sd_notify(3).
 *
 * Runs in the master.  The protocol is a datagram of lines to the unix socket
 * that NOTIFY_SOCKET names: less than what a library for it would cost.  The
 * socket is made anew for each, so that no worker inherits one.
 */
#include "master/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/out.h"
#include "master/events.h"

static void feed(struct events_timer *t);

static struct events_timer watchdog = {
    .fire = feed, .link = {&watchdog.link, &watchdog.link}};
static usec_t feed_every;

/* ---- sending ---- */

/* A path, or "@" and an abstract name.  0: it is neither. */
static socklen_t find_manager(struct sockaddr_un *addr)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t n = name != NULL ? strlen(name) : 0;

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n < 2 || n >= sizeof(addr->sun_path) ||
	    (name[0] != '/' && name[0] != '@'))
		return 0;
	memcpy(addr->sun_path, name, n);
	if (name[0] == '@')
		addr->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static void tell(struct str text)
{
	struct sockaddr_un addr;
	socklen_t len = find_manager(&addr);
	int fd;

	if (len == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 ||
	    sendto(fd, text.p, text.n, MSG_NOSIGNAL,
		(const struct sockaddr *)&addr, len) < 0)
		log_warning("the service manager can't be told: %s",
		    strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* ---- what is told ---- */

void notify_ready(const char *status)
{
	char text[256];
	struct out out = out_make(text, sizeof(text));

	out_fmt(&out, "READY=1\nSTATUS=%.200s\n", status);
	tell(out_text(&out));
}

/* The time lets the manager tell this reload from one before. */
void notify_reloading(void)
{
	char text[128];
	struct out out = out_make(text, sizeof(text));

	out_fmt(&out, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading\n",
	    (long long)clock_mono());
	tell(out_text(&out));
}

void notify_stopping(void)
{
	tell(STR("STOPPING=1\nSTATUS=stopping\n"));
}

static void tell_busy(const char *what, usec_t at_most)
{
	char text[256];
	struct out out = out_make(text, sizeof(text));

	out_fmt(&out, "%s\nEXTEND_TIMEOUT_USEC=%lld\n", what,
	    (long long)at_most);
	tell(out_text(&out));
}

void notify_loading(usec_t at_most)
{
	tell_busy("STATUS=reading the saved cache", at_most);
}

/* Whoever stops need not feed the watchdog any more. */
void notify_saving(usec_t at_most)
{
	tell_busy("STOPPING=1\nSTATUS=saving the cache", at_most);
}

/* STOPPING=1 would have us killed after the TimeoutStopSec of the unit. */
void notify_draining(void)
{
	tell(STR("STATUS=draining\n"));
}

/* ---- the watchdog ---- */

static void feed(struct events_timer *t)
{
	tell(STR("WATCHDOG=1\n"));
	events_timer_set(t, feed_every);
}

/* As sd_watchdog_enabled(3) reads them. */
void notify_begin(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && atol(pid) != (long)getpid()))
		return;
	feed_every = (usec_t)strtoll(usec, NULL, 10) / 2;
	if (feed_every > 0)
		events_timer_set(&watchdog, 0);
}

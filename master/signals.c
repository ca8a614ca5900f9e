/*
 * signals.c - a signalfd in the master's loop.
 *
 * No handler ever runs in the master, so nothing here has to be
 * async-signal-safe.  Signals of one kind merge while they are pending: an
 * action must look for all that there is to do (all dead children).
 */
#include "master/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "master/events.h"

static const struct signals_action *actions;
static struct events_source source = {.fd = -1};

void signals_block(void)
{
	static const int crashes[] = {
	    SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t set;

	sigfillset(&set);
	for (unsigned i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigdelset(&set, crashes[i]);
	INSIST(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
	/* Ignored, as some parents leave it, children would reap themselves. */
	INSIST(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

static void act(const struct signalfd_siginfo *info)
{
	for (const struct signals_action *a = actions; a->signal != 0; a++)
		if (a->signal == (int)info->ssi_signo)
			a->act((pid_t)info->ssi_pid);
}

static void read_signals(struct events_source *s, uint32_t events)
{
	struct signalfd_siginfo info;
	ssize_t n;

	(void)events;
	while ((n = read(s->fd, &info, sizeof(info))) == sizeof(info))
		act(&info);
	INSIST(n < 0 && (errno == EAGAIN || errno == EINTR));
}

int signals_listen(const struct signals_action *table)
{
	sigset_t set;
	int fd;

	actions = table;
	sigemptyset(&set);
	for (const struct signals_action *a = table; a->signal != 0; a++)
		sigaddset(&set, a->signal);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	return events_add(&source, fd, EPOLLIN, read_signals);
}

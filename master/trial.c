/*
 * trial.c - loading a configuration in a process that may die of it.
 *
 * The master lives for ever, and a configuration is whatever somebody has
 * typed.  So each reload is loaded by a child first: if its parser crashes,
 * loops or eats all memory, that is a refused reload and nothing else.  Its
 * messages come through a pipe, bounded here.
 */
#include "master/trial.h"

#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/base/out.h"
#include "master/events.h"
#include "master/place.h"
#include "master/startup.h"

#define PATIENCE (30 * USEC_PER_SEC)

static void kill_trial(struct events_timer *t);

static struct events_timer patience = {
    .fire = kill_trial, .link = {&patience.link, &patience.link}};
static struct events_source source = {.fd = -1};
static pid_t trial; /* 0: none */
static void (*on_done)(bool good, struct str messages);
static char text[32 * 1024];
static struct out messages;

static void kill_trial(struct events_timer *t)
{
	(void)t;
	log_error("loading takes longer than %lld s: killed",
	    (long long)(PATIENCE / USEC_PER_SEC));
	kill(trial, SIGKILL);
}

/* What does not fit is read all the same, so that the trial can end.  False
 * when nothing more is there now. */
static bool read_some(void)
{
	char chunk[1024];
	ssize_t n = read(source.fd, chunk, sizeof(chunk));
	size_t room = messages.cap - messages.n;

	if (n > 0)
		out_bytes(&messages, chunk,
		    (size_t)n < room ? (size_t)n : room);
	return n > 0;
}

static void read_messages(struct events_source *s, uint32_t events)
{
	if (!read_some() && (events & (EPOLLHUP | EPOLLERR)) != 0)
		events_close(s);
}

/* ---- in the child ---- */

_Noreturn static void run_trial(const struct conf_request *request, int fd)
{
	unsigned errors, warnings;
	FILE *f = fdopen(fd, "w");
	struct conf *conf = NULL;

	events_forget();
	place_forget_pid_file();
	startup_forget();
	setproctitle("-sluiced: loading the configuration");
	if (f != NULL) {
		conf = conf_load(request, f, &errors, &warnings);
		fflush(f);
	}
	_exit(conf != NULL ? 0 : 1);
}

/* ---- in the master ---- */

int trial_start(const struct conf_request *request,
    void (*done)(bool good, struct str messages))
{
	int ends[2];
	int error;

	INSIST(trial == 0 && source.fd < 0);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	trial = fork();
	error = errno;
	if (trial == 0) {
		close(ends[0]);
		run_trial(request, ends[1]);
	}
	close(ends[1]);
	if (trial < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ||
	    events_add(&source, ends[0], EPOLLIN, read_messages) < 0)
		close(ends[0]);
	if (trial < 0) {
		trial = 0;
		return -error;
	}
	on_done = done;
	messages = out_make(text, sizeof(text));
	events_timer_set(&patience, PATIENCE);
	return 0;
}

bool trial_ended(pid_t pid, int status)
{
	if (pid != trial || pid == 0)
		return false;
	trial = 0;
	events_timer_clear(&patience);
	while (source.fd >= 0 && read_some())
		;
	events_close(&source);
	if (!WIFEXITED(status))
		out_fmt(&messages, "error: loading ended by signal %d, %s\n",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (on_done != NULL)
		on_done(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    out_text(&messages));
	return true;
}

void trial_abandon(void)
{
	on_done = NULL;
	if (trial > 0)
		kill(trial, SIGKILL);
}

/*
 * trial.c - work that may kill its process, done in another.
 *
 * Runs in the master.  What the child says comes through a pipe, bounded here;
 * a child that takes longer than half a minute is killed.
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
#include "master/place.h"
#include "master/startup.h"

#define PATIENCE (30 * USEC_PER_SEC)

static struct list trials = {&trials, &trials};

static void kill_trial(struct events_timer *timer)
{
	struct trial *t = container_of(timer, struct trial, patience);

	log_error("%s takes longer than %lld s: killed", t->what,
	    (long long)(PATIENCE / USEC_PER_SEC));
	kill(t->pid, SIGKILL);
}

/* What does not fit is read all the same, so that the trial can end.  False
 * when nothing more is there now. */
static bool read_some(struct trial *t)
{
	char chunk[1024];
	ssize_t n = read(t->source.fd, chunk, sizeof(chunk));
	size_t room = t->messages.cap - t->messages.n;

	if (n > 0)
		out_bytes(&t->messages, chunk,
		    (size_t)n < room ? (size_t)n : room);
	return n > 0;
}

static void read_messages(struct events_source *s, uint32_t events)
{
	struct trial *t = container_of(s, struct trial, source);

	if (!read_some(t) && (events & (EPOLLHUP | EPOLLERR)) != 0)
		events_close(s);
}

/* ---- in the child ---- */

_Noreturn static void run_trial(struct trial *t, int fd)
{
	FILE *f = fdopen(fd, "w");
	int status = 1;

	events_forget();
	place_forget_pid_file();
	startup_forget();
	setproctitle("-sluiced: %s", t->what);
	if (f != NULL) {
		status = t->run(t, f);
		fflush(f);
	}
	_exit(status);
}

/* ---- in the master ---- */

static void begin(struct trial *t, int fd)
{
	t->source.fd = -1;
	t->abandoned = false;
	t->messages = out_make(t->text, sizeof(t->text));
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    events_add(&t->source, fd, EPOLLIN, read_messages) < 0)
		close(fd);
	list_add_tail(&trials, &t->link);
	events_timer_init(&t->patience, kill_trial);
	events_timer_set(&t->patience, PATIENCE);
}

int trial_start(struct trial *t)
{
	int ends[2];
	int error;

	INSIST(t->pid == 0);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	t->pid = fork();
	error = errno;
	if (t->pid == 0) {
		close(ends[0]);
		run_trial(t, ends[1]);
	}
	close(ends[1]);
	if (t->pid > 0) {
		begin(t, ends[0]);
		return 0;
	}
	close(ends[0]);
	t->pid = 0;
	return -error;
}

static struct trial *find(pid_t pid)
{
	LIST_FOREACH(at, &trials) {
		struct trial *t = container_of(at, struct trial, link);

		if (t->pid == pid)
			return t;
	}
	return NULL;
}

bool trial_ended(pid_t pid, int status)
{
	struct trial *t = find(pid);

	if (t == NULL)
		return false;
	t->pid = 0;
	list_del(&t->link);
	events_timer_clear(&t->patience);
	while (t->source.fd >= 0 && read_some(t))
		;
	events_close(&t->source);
	if (!WIFEXITED(status))
		out_fmt(&t->messages, "error: %s ended by signal %d, %s\n",
		    t->what, WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (!t->abandoned)
		t->done(t, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		    out_text(&t->messages));
	return true;
}

void trial_abandon(struct trial *t)
{
	t->abandoned = true;
	if (t->pid > 0)
		kill(t->pid, SIGKILL);
}

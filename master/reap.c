/*
 * reap.c - collecting the dead.
 *
 * One SIGCHLD may stand for many, so all are asked for.  As process 1 of a
 * container the master also inherits orphans that it never knew; they are
 * collected without a word.
 */
#include "master/reap.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/base/log.h"
#include "master/question.h"
#include "common/base/out.h"
#include "master/giveback.h"
#include "master/quit.h"
#include "master/leave.h"
#include "master/pairs.h"
#include "master/reload.h"
#include "master/rotate.h"
#include "master/supervise.h"
#include "master/trial.h"

/* A log line holds this much of the last words at once. */
#define WORDS_A_LINE 1200

static void write_end(struct out *out, int status)
{
	int signal = WTERMSIG(status);

	if (WIFEXITED(status)) {
		out_fmt(out, "exit status %d", WEXITSTATUS(status));
		return;
	}
	out_fmt(out, "signal %d, %s", signal, strsignal(signal));
	if (WCOREDUMP(status))
		out_lit(out, ", core dumped");
}

static void log_last_words(const struct child *c)
{
	static char words[SEAT_WORDS_SIZE + 1];
	size_t n = seat_words_read(c->seat, words, sizeof(words));

	for (size_t at = 0; at < n; at += WORDS_A_LINE)
		log_error("%s, last words: %.*s", child_name(c), WORDS_A_LINE,
		    words + at);
}

static bool is_expected(const struct child *c, int status)
{
	return c->world == NULL && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
}

static void log_end(const struct child *c, int status)
{
	char text[128];
	struct out out = out_make(text, sizeof(text));

	write_end(&out, status);
	log_line(is_expected(c, status) ? LEVEL_INFO : LEVEL_ERROR,
	    "%s, %s, has ended: %s", child_name(c), child_state_name(c->state),
	    out_cstr(&out));
	log_last_words(c);
}

static void collect(pid_t pid, int status)
{
	struct child *c = child_find(pid);

	if (trial_ended(pid, status) || c == NULL)
		return;
	log_end(c, status);
	question_forget(c);
	supervise_ended(c);
}

void reap_all(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		collect(pid, status);
	giveback_look();
	leave_look();
	rotate_look();
	pairs_look();
	reload_look();
	quit_look();
}

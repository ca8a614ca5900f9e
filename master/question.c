/*
 * question.c - questions that a worker answers.
 *
 * Runs in the master.  Question and answer travel in one memfd: the master
 * writes the words to its front and sends the descriptor, the worker writes
 * the answer behind it and says how long it is.  So neither side ever waits
 * for the other, and the master reads no more than it has room for.
 *
 *	0                        QUESTION_WORDS_MAX
 *	| words                  | answer ...
 */
#include "master/question.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/conf/report.h"
#include "master/control.h"
#include "master/world.h"

#define QUESTIONS_MAX 16

struct question {
	struct list link;
	unsigned ticket;
	const struct child *asked;
	int fd;
	struct events_timer patience;
};

_Static_assert(QUESTION_KINDS <= 256, "a kind has eight bits");

/* Of each kind; what takes longer is answered on a fiber of the worker. */
static const usec_t patience[QUESTION_KINDS] = {
#define QUESTION(name, changes, patience, meaning)                            \
	[QUESTION_##name] = patience * USEC_PER_SEC,
#include "common/tbl/questions.h"
#undef QUESTION
};

static struct list questions = {&questions, &questions};
static unsigned question_count;
static unsigned last_ticket;

/* The last that is done with Q. */
static void answer(struct question **qp, bool ok, struct str text)
{
	struct question *q = *qp;
	unsigned ticket = q->ticket;

	*qp = NULL;
	events_timer_clear(&q->patience);
	list_del(&q->link);
	question_count--;
	close(q->fd);
	free(q);
	control_answered(ticket, ok, text);
}

static void lose_patience(struct events_timer *t)
{
	struct question *q = container_of(t, struct question, patience);

	answer(&q, false, STR("error: the worker did not answer\n"));
}

/* ---- asking ---- */

/* The one that owes the fewest answers: not one that stands still. */
static struct child *find_ready(void)
{
	struct child *best = NULL;

	LIST_FOREACH(at, children()) {
		struct child *c = child_at(at);

		if (c->state == CHILD_READY && c->world == world_now() &&
		    c->world != NULL &&
		    (best == NULL || c->questions_due < best->questions_due))
			best = c;
	}
	return best;
}

/* A memfd with the question in it, or -1. */
static int write_question(struct str text)
{
	int fd = memfd_create("sluice-question", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, QUESTION_SIZE) == 0 &&
	    pwrite(fd, text.p, text.n, 0) == (ssize_t)text.n)
		return fd;
	close(fd);
	return -1;
}

static unsigned remember(const struct child *c, enum question_kind kind,
    int fd)
{
	struct question *q = calloc(1, sizeof(*q));

	INSIST(q != NULL);
	last_ticket = last_ticket % QUESTION_TICKET_MAX + 1;
	q->ticket = last_ticket;
	q->asked = c;
	q->fd = fd;
	list_add_tail(&questions, &q->link);
	question_count++;
	events_timer_init(&q->patience, lose_patience);
	events_timer_set(&q->patience, patience[kind]);
	return q->ticket;
}

unsigned question_ask(enum question_kind kind, struct str words,
    struct out *why)
{
	struct child *c = find_ready();
	unsigned ticket;
	int fd;

	if (c == NULL || question_count == QUESTIONS_MAX ||
	    words.n > QUESTION_WORDS_MAX) {
		out_str(why, c == NULL
			? STR("error: no worker is ready to be asked\n")
			: question_count == QUESTIONS_MAX
			? STR("error: too many are asking\n")
			: STR("error: the question is too long\n"));
		return 0;
	}
	fd = write_question(words);
	if (fd < 0) {
		out_fmt(why, "error: %s\n", strerror(errno));
		return 0;
	}
	ticket = remember(c, kind, fd);
	if (child_send(c, MESSAGE_question,
		question_value(ticket, kind, true, (unsigned)words.n), fd) == 0)
		c->questions_due++;
	return ticket; /* else patience ends, or the worker does */
}

/* ---- being answered ---- */

static struct question *find(const struct child *c, unsigned ticket)
{
	LIST_FOREACH(at, &questions) {
		struct question *q = container_of(at, struct question, link);

		if (q->asked == c && q->ticket == ticket)
			return q;
	}
	return NULL;
}

/* What a terminal shows as it is; anything else becomes "?". */
static void make_harmless(char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t good = conf_report_printable(str_make(p + at, n - at));

		if (good == 0 && p[at] != '\n')
			p[at] = '?';
		at += good > 0 ? good : 1;
	}
}

bool question_heard(struct child *c, int64_t value)
{
	unsigned n = question_length(value);
	struct question *q = find(c, question_ticket(value));
	char *text;
	bool got;

	if (n > QUESTION_ANSWER_MAX || c->questions_due == 0)
		return false;
	c->questions_due--;
	if (q == NULL) /* it was late: nobody waits any more */
		return true;
	text = malloc(n + 1);
	INSIST(text != NULL);
	got = pread(q->fd, text, n, QUESTION_WORDS_MAX) == (ssize_t)n;
	if (got) {
		make_harmless(text, n);
		answer(&q, question_is_ok(value), str_make(text, n));
	}
	free(text);
	return got;
}

void question_forget(const struct child *c)
{
	LIST_FOREACH(at, &questions) {
		struct question *q = container_of(at, struct question, link);

		if (q->asked == c)
			answer(&q, false,
			    STR("error: the worker ended meanwhile\n"));
	}
}

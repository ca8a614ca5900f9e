/*
 * asked.c - a worker answers what an operator asks.
 *
 * Runs in workers.  The words come in a memfd, and the answer goes into it
 * behind them; an answer that is longer than it may be is cut, and says so.
 *
 * Most are answered at once, on the loop's own stack, between two turns.  What
 * goes through all of the cache takes longer: it is answered on a fiber, which
 * lets clients be served in between, and holds what it needs itself.
 */
#include "worker/asked.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/out.h"
#include "common/ipc/channel.h"
#include "common/ipc/question.h"
#include "worker/fiber/fiber.h"
#include "worker/origin/order.h"
#include "worker/origin/tell.h"
#include "worker/proxy/arms_asked.h"
#include "worker/proxy/cache_asked.h"
#include "worker/proxy/explain.h"

#define CUT "...\n" /* what is longer than an answer may be */

/*
 * Appends to ANSWER what is to be told.  False: it is refused, and ANSWER says
 * why.  Whoever can leave off by whole lines does so before ANSWER is full.
 */
typedef bool asked_fn(const struct conf *conf, struct str words,
    struct out *answer);

static const struct {
	asked_fn *answer;
	bool waits; /* it is for a fiber */
} kinds[QUESTION_KINDS] = {
    [QUESTION_route] = {explain, false},
    [QUESTION_pools] = {tell_pools, false},
    [QUESTION_server] = {order_server, false},
    [QUESTION_splits] = {arms_show, false},
    [QUESTION_split] = {arms_change, false},
    [QUESTION_cache_status] = {cache_asked_status, false},
    [QUESTION_cache_explain] = {explain_cache, false},
    [QUESTION_cache_list] = {cache_asked_list, true},
    [QUESTION_cache_purge] = {cache_asked_purge, true},
};

struct question {
	const struct worker_start *self;
	int64_t value;
	int fd;
	char words[QUESTION_WORDS_MAX];
	char text[QUESTION_ANSWER_MAX];
};

/* The words in Q's memfd.  False: that is no question. */
static bool read_words(struct question *q, struct str *words_r)
{
	unsigned n = question_length(q->value);

	if (question_kind(q->value) >= QUESTION_KINDS ||
	    n > sizeof(q->words) || pread(q->fd, q->words, n, 0) != (ssize_t)n)
		return false;
	*words_r = str_make(q->words, n);
	return true;
}

/* Tells the master that N bytes of answer are in the memfd. */
static void send_answer(const struct question *q, bool ok, size_t n)
{
	close(q->fd);
	(void)channel_send(q->self->channel, MESSAGE_answer,
	    question_value(question_ticket(q->value), question_kind(q->value),
		ok, (unsigned)n), -1);
}

static void answer(struct question *q)
{
	struct out out = out_make(q->text, sizeof(q->text));
	struct out whole = out_make(q->text, sizeof(q->text) - sizeof(CUT));
	struct str words;
	bool ok = read_words(q, &words) &&
	    kinds[question_kind(q->value)].answer(q->self->conf, words, &whole);

	out.n = whole.n;
	if (!out_ok(&whole))
		out_lit(&out, CUT);
	if (pwrite(q->fd, out.p, out.n, QUESTION_WORDS_MAX) != (ssize_t)out.n)
		out.n = 0;
	send_answer(q, ok, out.n);
}

static void answer_later(void *arg)
{
	struct question *q = arg;

	answer(q);
	free(q);
}

/* A question that waits, on a fiber of its own, or not at all. */
static void begin(const struct question *from)
{
	struct question *q = malloc(sizeof(*q));

	if (q != NULL) {
		q->self = from->self;
		q->value = from->value;
		q->fd = from->fd;
		if (fiber_start("asked", answer_later, q))
			return;
	}
	free(q);
	send_answer(from, false, 0);
}

void asked(const struct worker_start *self, int64_t value, int fd)
{
	static struct question q;
	unsigned kind = question_kind(value);

	q.self = self;
	q.value = value;
	q.fd = fd;
	if (kind < QUESTION_KINDS && kinds[kind].waits)
		begin(&q);
	else
		answer(&q);
}

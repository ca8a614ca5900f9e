/*
 * asked.c - a worker answers what an operator asks.
 *
 * Runs in workers, on the loop's own stack, between two turns.  The words come
 * in a memfd, and the answer goes into it behind them; an answer that is
 * longer than it may be is cut, and says so.
 */
#include "worker/asked.h"

#include <unistd.h>

#include "common/base/out.h"
#include "common/ipc/channel.h"
#include "common/ipc/question.h"
#include "worker/origin/order.h"
#include "worker/origin/tell.h"
#include "worker/proxy/arms_asked.h"
#include "worker/proxy/explain.h"

#define CUT "...\n" /* what is longer than an answer may be */

/*
 * Appends to ANSWER what is to be told.  False: it is refused, and ANSWER says
 * why.  Whoever can leave off by whole lines does so before ANSWER is full.
 */
typedef bool asked_fn(const struct conf *conf, struct str words,
    struct out *answer);

static asked_fn *const answers[QUESTION_KINDS] = {
    [QUESTION_route] = explain,
    [QUESTION_pools] = tell_pools,
    [QUESTION_server] = order_server,
    [QUESTION_splits] = arms_show,
    [QUESTION_split] = arms_change,
};

static bool answer(const struct conf *conf, int64_t value, int fd,
    struct out *answer)
{
	static char words[QUESTION_WORDS_MAX];
	struct out whole = out_make(answer->p, answer->cap - sizeof(CUT));
	unsigned kind = question_kind(value);
	unsigned n = question_length(value);
	bool ok = kind < QUESTION_KINDS && n <= sizeof(words) &&
	    pread(fd, words, n, 0) == (ssize_t)n &&
	    answers[kind](conf, str_make(words, n), &whole);

	answer->n = whole.n;
	if (!out_ok(&whole))
		out_lit(answer, CUT);
	return ok;
}

void asked(const struct worker_start *self, int64_t value, int fd)
{
	static char text[QUESTION_ANSWER_MAX];
	struct out out = out_make(text, sizeof(text));
	bool ok = answer(self->conf, value, fd, &out);

	if (pwrite(fd, out.p, out.n, QUESTION_WORDS_MAX) != (ssize_t)out.n)
		out.n = 0;
	close(fd);
	(void)channel_send(self->channel, MESSAGE_answer,
	    question_value(question_ticket(value), question_kind(value), ok,
		(unsigned)out.n), -1);
}

/*
 * question.h - questions that a worker answers.
 *
 * The master parses nothing that has to do with requests or origins: it hands
 * the words of a question, unseen, to a ready worker and relays its text,
 * bounded and made harmless.
 */
#ifndef MASTER_QUESTION_H
#define MASTER_QUESTION_H

#include <stdbool.h>

#include "common/base/out.h"
#include "common/ipc/question.h"
#include "master/child.h"

/*
 * Asks a ready worker.  A ticket, by which control_answered will tell the
 * answer; 0: nobody can be asked, WHY says why.
 */
unsigned question_ask(enum question_kind kind, struct str words,
    struct out *why);

/* Worker C says that it has answered; false if it was not asked. */
bool question_heard(struct child *c, int64_t value);

/* Worker C has ended: what it was asked is answered by that. */
void question_forget(const struct child *c);

#endif

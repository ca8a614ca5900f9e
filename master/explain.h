/*
 * explain.h - questions about requests, which a worker answers.
 *
 * The master parses nothing that has to do with requests: it hands a question
 * to a ready worker and relays its text, bounded and escaped.
 */
#ifndef MASTER_EXPLAIN_H
#define MASTER_EXPLAIN_H

#include <stdbool.h>

#include "common/base/out.h"
#include "master/child.h"

/*
 * Asks a ready worker.  A ticket, by which control_explained will tell the
 * answer; 0: nobody can be asked, WHY says why.
 */
unsigned explain_ask(struct str question, struct out *why);

/* Worker C says that it has answered; false if it was not asked. */
bool explain_heard(struct child *c, int64_t value);

/* Worker C has ended: what it was asked is answered by that. */
void explain_forget(const struct child *c);

#endif

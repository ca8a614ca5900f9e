/*
 * budget.h - how many requests may be sent again.
 *
 * One word that all workers share counts the requests of late and those of
 * them that were sent again.  What is older counts less and less: an eighth is
 * forgotten each second, so that about the last eight seconds are seen.
 *
 *   63        48 47               24 23                0
 *   |  second   |   sent again      |    requests      |
 */
#ifndef COMMON_SHM_BUDGET_H
#define COMMON_SHM_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"

typedef _Atomic uint64_t budget_word;

#define BUDGET_WHOLE 1000000u /* a share of 100 % */
#define BUDGET_FLOOR 3u	      /* a second that may be in any case */

/* There were COUNT requests. */
void budget_add(budget_word *word, unsigned count, usec_t now);

/* May one more be sent again, if SHARE of them may?  If so, it is counted. */
bool budget_take(budget_word *word, uint32_t share, usec_t now);

#endif

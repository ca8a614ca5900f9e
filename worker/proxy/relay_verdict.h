/*
 * relay_verdict.h - what an attempt says of the server it was made at.
 *
 * Only the parts of a relay include this.
 */
#ifndef WORKER_PROXY_RELAY_VERDICT_H
#define WORKER_PROXY_RELAY_VERDICT_H

#include "worker/origin/outlier.h"
#include "worker/proxy/relay_inside.h"

/* It came to RESULT.  Only the first verdict of R counts. */
void relay_judge(struct relay *r, struct server *s, enum server_result result,
    unsigned status);

/* The final head of the reply has come: if that says it already. */
void relay_judge_head(struct relay *r, struct server *s, unsigned status);

/* It is over: as the end of the exchange, or of the reply's body, says. */
void relay_judge_end(struct relay *r, struct server *s);

#endif

/*
 * arms_asked.h - what an operator asks of splits, and wants of them.
 */
#ifndef WORKER_PROXY_ARMS_ASKED_H
#define WORKER_PROXY_ARMS_ASKED_H

#include "common/base/out.h"
#include "common/conf/conf.h"

/*
 * The splits of CONF, their weights and requests, as a table or, with a second
 * word "json", as JSON.  WORDS: "VHOST", "VHOST/NAME" or "", which is all.
 * False: there is none, and ANSWER says so.
 */
bool arms_show(const struct conf *conf, struct str words, struct out *answer);

/*
 * Changes weights.  WORDS: "VHOST/NAME", and behind tabs "ARM=N" or
 * "ARM=default" for some of its arms.  All or, when one is refused, none.
 */
bool arms_change(const struct conf *conf, struct str words,
    struct out *answer);

#endif

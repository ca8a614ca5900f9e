/*
 * pair_check.h - a pair whose files have changed is read and checked, in a
 * process of its own.
 */
#ifndef MASTER_PAIR_CHECK_H
#define MASTER_PAIR_CHECK_H

#include <stdbool.h>

#include "common/base/str.h"
#include "common/conf/conf.h"

enum pair_verdict { PAIR_SAME, PAIR_REFUSED, PAIR_RENEWED };

/*
 * Checks the pair NUMBER of CONF, of which IN_USE has the last one (or -1: it is
 * as in CONF).  DONE gets what came of it: if it was renewed, FD is a sealed
 * memfd of common/ipc/pair.h, the callee's; TEXT, lines, says what is wrong with
 * it, or why it was refused.  0; -EBUSY: one is being checked; or -errno.
 */
int pair_check(const struct conf *conf, unsigned number, int in_use,
    void (*done)(enum pair_verdict verdict, int fd, struct str text));

/* DONE will not be called. */
void pair_check_abandon(void);

/* In a forked child: closes what is being written. */
void pair_check_forget(void);

#endif

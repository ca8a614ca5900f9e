/*
 * arms.h - what all workers know together of the arms of splits.
 */
#ifndef WORKER_PROXY_ARMS_H
#define WORKER_PROXY_ARMS_H

#include "common/conf/conf.h"

/* Finds the rows of all arms of CONF; once a process.  0 or -ENOMEM. */
int arms_init(const struct conf *conf);

/* The weight that is in force: what an operator said last, or what is
 * configured.  Before arms_init the latter. */
unsigned arm_weight(const struct conf_arm *arm);

/* For all workers, and until the last that knows the split has ended.  WEIGHT
 * at most CONF_ARM_WEIGHT_MAX. */
void arm_set_weight(const struct conf_arm *arm, unsigned weight);
void arm_reset_weight(const struct conf_arm *arm);

/* One more request had it. */
void arm_had_request(const struct conf_arm *arm);

/* So many had it, since the first worker that knows it began. */
uint64_t arm_requests(const struct conf_arm *arm);

/* Does only this process know of it, for want of room in the table? */
bool arm_is_private(const struct conf_arm *arm);

#endif

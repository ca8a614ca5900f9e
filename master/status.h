/*
 * status.h - the state of the daemon as text.
 */
#ifndef MASTER_STATUS_H
#define MASTER_STATUS_H

#include "common/base/out.h"

/* The daemon begins now. */
void status_begin(void);

/* A line for each thing: "name  value". */
void status_write(struct out *o);

/* A line for each living process. */
void status_write_workers(struct out *o);

/* The same as a JSON object; times are in seconds. */
void status_write_json(struct out *o);
void status_write_workers_json(struct out *o);

#endif

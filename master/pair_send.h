/*
 * pair_send.h - workers are given pairs that were renewed.
 */
#ifndef MASTER_PAIR_SEND_H
#define MASTER_PAIR_SEND_H

#include "master/pairs.h"

/* The pair NUMBER of P is renewed: all workers of its generation get it. */
void pair_send(struct pairs *p, unsigned number);

/* Appends the day until which it is valid: "2027-02-01". */
void pair_write_end(struct out *o, const struct pair_watch *w);

#endif

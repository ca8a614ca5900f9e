/*
 * split.h - sluicectl split: the arms of splits, and their weights.
 */
#ifndef MASTER_CTL_SPLIT_H
#define MASTER_CTL_SPLIT_H

#include "master/ctl/ask.h"

/* ARGV begins with the verb.  The exit code. */
int ctl_split(const struct ask *how, int argc, char **argv);

#endif

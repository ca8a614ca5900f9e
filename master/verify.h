/*
 * verify.h - sluiced -t and -T: a configuration is looked at, not used.
 */
#ifndef MASTER_VERIFY_H
#define MASTER_VERIFY_H

#include "master/options.h"

/* -t: says what is wrong with it.  The exit status. */
int verify_test(const struct options *o);

/* -T: prints the settings in force.  The exit status. */
int verify_show(const struct options *o);

#endif

/*
 * fixed.h - settings that only a restart can change.
 */
#ifndef MASTER_FIXED_H
#define MASTER_FIXED_H

#include "common/base/out.h"
#include "common/conf/conf.h"

/* Remembers how CONF has them: that is in force until the end. */
void fixed_remember(const struct conf *conf);

/* Adds a warning to OUT for each that CONF has otherwise. */
void fixed_compare(const struct conf *conf, struct out *out);

#endif

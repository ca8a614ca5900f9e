/*
 * version.h - what this program is: sluiced -V, sluicectl version.
 */
#ifndef MASTER_VERSION_H
#define MASTER_VERSION_H

#include "common/base/out.h"

/* "0.1.0". */
const char *version_number(void);

/* Version, libraries, compiler and features, a line each. */
void version_write(struct out *o);

/* The same as a JSON object. */
void version_write_json(struct out *o);

#endif

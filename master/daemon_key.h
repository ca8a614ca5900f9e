/*
 * daemon_key.h - a key that only this daemon knows.
 */
#ifndef MASTER_DAEMON_KEY_H
#define MASTER_DAEMON_KEY_H

#include "common/base/hash.h"

/* Once, before the first fork: all workers of all generations have the same.
 * 0 or -errno. */
int daemon_key_make(void);

struct hash_key daemon_key(void);

#endif

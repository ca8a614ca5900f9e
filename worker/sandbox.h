/*
 * sandbox.h - what a worker gives up before it looks at a client.
 */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include <sys/types.h>

/*
 * As root: becomes UID and GID with the supplementary groups of USER (NULL:
 * none), reads everything back, forbids core dumps and tracing.  UID 0 is
 * refused with -EINVAL.  As anybody else: stays who it is.  In both cases
 * nothing that is executed from here on can gain privileges.
 *
 * Before ready only: groups are looked up through NSS, which opens files and
 * may wait.  0 or -errno; after an error the process must end.
 */
int sandbox_drop_privileges(uid_t uid, gid_t gid, const char *user);

#endif

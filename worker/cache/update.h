/*
 * update.h - what a stored reply learns of a newer one: RFC 9111, 3.2 and 4.3.
 *
 * Pure; memory from the arena given.
 */
#ifndef WORKER_CACHE_UPDATE_H
#define WORKER_CACHE_UPDATE_H

#include "common/base/arena.h"
#include "worker/http/message.h"

/*
 * Is VALIDATED, a 304 to a request that asked by the validators of STORED alone
 * (condition_ask), about STORED?  False: it says that something else has not
 * changed, and the origin is to be asked again without conditions.
 */
bool update_selects(const struct message *validated,
    const struct message *stored);

/*
 * Does REPLY, a 200 to a HEAD, describe what is stored (LENGTH bytes)?  Then it
 * updates it as a 304 does; else STORED is stale.
 */
bool update_agrees(const struct message *reply, const struct message *stored,
    uint64_t length);

/*
 * STORED with the fields that NEWER (a 304, or a 200 to HEAD) brings into
 * *MERGED, which points into both.  What NEWER has dropped is not taken over.
 * False: A is spent.
 */
bool update_merge(const struct message *stored, const struct message *newer,
    struct arena *a, struct message *merged);

#endif

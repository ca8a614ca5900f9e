/*
 * codings.h - Accept-Encoding, as a text that can be compared.
 */
#ifndef WORKER_CACHE_CODINGS_H
#define WORKER_CACHE_CODINGS_H

#include "common/base/out.h"
#include "worker/http/message.h"

/*
 * Appends what REQUEST, which has the field, says in it: ":" and the codings by
 * weight, then by name, without what has no meaning; or "?" and the field as it
 * is, if that is malformed.
 */
void codings_write(const struct message *request, struct out *o);

#endif

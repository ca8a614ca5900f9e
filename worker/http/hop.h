/*
 * hop.h - what a head says about its connection only.
 */
#ifndef WORKER_HTTP_HOP_H
#define WORKER_HTTP_HOP_H

#include "worker/http/message.h"

/* More names of fields in Connection than this are a fault. */
#define HOP_NAMES_MAX 32

/*
 * Reads Connection, Upgrade and TE, after all fields are in M and before
 * framing (body.h): marks fields that Connection names as dropped, sets
 * keep_alive, upgrade and takes_trailers.
 */
enum fault hop_read(struct message *m);

/* Trailer fields will be passed on with the reply M: so is the field Trailer,
 * unless Connection names it. */
void hop_keep_trailer(struct message *m);

#endif

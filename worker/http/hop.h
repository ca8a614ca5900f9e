/*
 * hop.h - what a head says about its connection only.
 */
#ifndef WORKER_HTTP_HOP_H
#define WORKER_HTTP_HOP_H

#include "worker/http/message.h"

/* More names of fields in Connection than this are a fault. */
#define HOP_NAMES_MAX 32

/*
 * Reads Connection and Upgrade, after all fields are in M and before framing
 * (body.h): marks fields that Connection names as dropped, sets keep_alive
 * and upgrade.
 */
enum fault hop_read(struct message *m);

#endif

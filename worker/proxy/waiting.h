/*
 * waiting.h - what an exchange waited for when its client left.
 */
#ifndef WORKER_PROXY_WAITING_H
#define WORKER_PROXY_WAITING_H

#include "worker/proxy/exchange.h"

enum waiting {
#define WAITING(name, meaning) WAITING_##name,
#include "common/tbl/waiting.h"
#undef WAITING
	WAITING_COUNT
};

/* "origin_first_byte" */
const char *waiting_name(enum waiting w);

/* Of an exchange that ended as END_client_closed. */
enum waiting waiting_of(const struct exchange *x);

#endif

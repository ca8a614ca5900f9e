/*
 * caching_interim.h - interim replies to what the cache fetches.
 */
#ifndef WORKER_PROXY_CACHING_INTERIM_H
#define WORKER_PROXY_CACHING_INTERIM_H

#include "worker/proxy/caching.h"

struct caching_heard;

/* Of a fetch. */
struct caching_interim {
	struct exchange *to; /* who awaits it, meanwhile; NULL: nobody does */
	struct caching_heard *first, *last;
};

/* HEAD, of HEAD_LEN bytes, is for who waits.  What there is no room for is
 * lost: none of them must arrive. */
void caching_interim_hear(struct caching_interim *i,
    const struct message *head, size_t head_len);

/* Sends to who waits, on its own fiber, what was heard meanwhile.  False: it
 * has failed. */
WAITS bool caching_interim_send(struct caching_interim *i);

#endif

/*
 * reason.h - why the cache did not keep a reply, or did not answer.
 */
#ifndef WORKER_CACHE_REASON_H
#define WORKER_CACHE_REASON_H

#include <stdbool.h>

enum cache_reason {
	CACHE_REASON_NONE,
#define CACHE_REASON(name, scope, text) CACHE_REASON_##name,
#include "common/tbl/cache_reasons.h"
#undef CACHE_REASON
	CACHE_REASON_END
};

/* "no_store"; "" for NONE and for what is none (of a segment gone mad). */
const char *cache_reason_name(unsigned reason);
/* "the reply says no-store" */
const char *cache_reason_text(unsigned reason);

/* Would others who ask for the same soon be told the same?  Then it is worth
 * a mark, and those who wait are sent on their way. */
bool cache_reason_lasts(unsigned reason);

#endif

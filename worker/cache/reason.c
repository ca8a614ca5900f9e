/*
 * reason.c - why the cache did not keep a reply, or did not answer: the words
 * of common/tbl/cache_reasons.h.
 *
 * Runs in workers.  Numbers are kept in the segment, so any may come back.
 */
#include "worker/cache/reason.h"

struct reason_row {
	const char *name;
	const char *text;
	bool lasts;
};

#define ONCE false
#define RESOURCE true

static const struct reason_row rows[CACHE_REASON_END] = {
    [CACHE_REASON_NONE] = {"", "", ONCE},
#define CACHE_REASON(name, scope, text)                                        \
	[CACHE_REASON_##name] = {#name, text, scope},
#include "common/tbl/cache_reasons.h"
#undef CACHE_REASON
};

static const struct reason_row *row_of(unsigned reason)
{
	return &rows[reason < CACHE_REASON_END ? reason : CACHE_REASON_NONE];
}

const char *cache_reason_name(unsigned reason)
{
	return row_of(reason)->name;
}

const char *cache_reason_text(unsigned reason)
{
	return row_of(reason)->text;
}

bool cache_reason_lasts(unsigned reason)
{
	return row_of(reason)->lasts;
}

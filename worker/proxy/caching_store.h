/*
 * caching_store.h - what a fetch does with the store.
 */
#ifndef WORKER_PROXY_CACHING_STORE_H
#define WORKER_PROXY_CACHING_STORE_H

#include "worker/http/range.h"
#include "worker/proxy/caching_fetch.h"
#include "worker/proxy/caching_interim.h"

/* Reasons of a fetch that failed, for others who waited for it: an END, or */
#define CACHING_GO_ALONE 0	 /* it is not stored: ask by yourself */
#define CACHING_ERROR UINT16_MAX /* an error that what is stale may hide */

/* In the arena of its errand, which it lasts as long as. */
struct caching_fetch {
	uint32_t magic;
	struct exchange *x; /* the errand */
	const struct conf_cache *conf;
	struct cache_key key;
	struct cache_object object; /* its claim, then what it stores */
	bool holds; /* there is one */
	struct reply reply;

	bool is_part;
	struct range_part brought; /* by a 206 */
	bool validates; /* what is stale is here: */
	bool may_be_stale; /* what is stale hides errors */
	struct cache_object stale_object; /* its body; a pin */
	struct cache_meta stale_meta;
	struct message stale;
	size_t stale_len;
	bool wants_rest; /* the same is a part, what is missing is asked for: */
	bool joins;	 /* and has come */
	size_t lines_n; /* of the told lines, at their end, that ask so */

	usec_t asked; /* since then */
	struct cond told; /* that CAME has changed */
	enum fetched came;
	bool runs;	/* on its fiber */
	bool is_wanted; /* an exchange awaits it, or reads what it was handed */
	struct caching_interim interim;
	struct exchange *reader;
	struct source handed;

	uint64_t size; /* of the body so far */
	bool size_is_known;
	bool is_outgrown;
	uint16_t reason; /* why it is not stored */
	bool stored;
	struct caching_own own; /* what is not, and for who began this */
};

/* A fetch of what X asks for, with nothing of the store yet.  NULL: there is no
 * room for one. */
struct caching_fetch *caching_store_prepare(struct exchange *x,
    enum fetch_what what);

/* The reply is a 304: what is stale is good again, and true.  False: it is not
 * about that, or that is gone. */
bool caching_store_validated(struct caching_fetch *f);

/* Then it is asked for as if nothing had been found. */
void caching_store_begin_anew(struct caching_fetch *f);

/* The reply is an error that what is stale may hide. */
bool caching_store_is_error(const struct caching_fetch *f);

/* The reply goes into the store, if it may, head first: true.  False: F->reason
 * says why not, and others know that they need not wait. */
bool caching_store_publish(struct caching_fetch *f);

/* The head alone: why it is not stored, or NONE. */
uint16_t caching_store_head(struct caching_fetch *f);
/* A piece of the body behind it.  False: there is no room for it, or nobody
 * wants it any more. */
WAITS bool caching_store_put(struct caching_fetch *f, struct str piece);

/* All of the body. */
WAITS void caching_store_fill(struct caching_fetch *f);

/* There will be no reply. */
void caching_store_fail(struct caching_fetch *f);

#endif

/*
 * cache_t.h - what operators say of caching.
 *
 * A part of conf.h, which says how it lives.  What is kept, and for how long,
 * is for worker/cache to say; here is only what was written, or its default.
 */
#ifndef COMMON_CONF_CACHE_T_H
#define COMMON_CONF_CACHE_T_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/conf/scope_t.h"

/* Names, as written; in some settings "*" in one stands for any bytes. */
struct conf_cache_names {
	const struct str *at;
	unsigned count;
};

/* What tells requests for one URL apart, besides Vary. */
struct conf_cache_key {
	struct conf_cache_names ignore_query; /* parameters, with "*": left out */
	struct conf_cache_names cookies; /* their values are in the key; no "*" */
	struct conf_cache_names headers; /* the same of fields: lower case */
};

/* How long beyond its freshness a reply may be used that says nothing of it
 * itself (RFC 5861). */
struct conf_cache_stale {
	usec_t while_revalidate;
	usec_t if_error;
};

/* Replies that set cookies. */
enum conf_set_cookie {
	CONF_SET_COOKIE_REFUSE, /* are not stored */
	CONF_SET_COOKIE_REMOVE, /* are stored without them */
	CONF_SET_COOKIE_STORE	/* are stored with them */
};

struct conf_cache {
	uint64_t max_size;   /* bytes that its vhost may have; 0: all */
	uint64_t max_object; /* bytes of a body; 0: what the store takes */
	usec_t default_ttl;  /* of replies without any freshness; 0: not used */
	usec_t negative_ttl; /* of errors without any */
	uint32_t heuristic;  /* of the age of Last-Modified, in millionths */
	usec_t heuristic_max;
	struct conf_cache_stale stale;
	struct conf_cache_key key;
	struct str tag_header; /* "Cache-Tag"; "": none */
	struct conf_cache_names bypass_cookies; /* with "*" */
	enum conf_set_cookie set_cookie;
	struct conf_networks purge_from; /* whose PURGE is done; none: 405 */
	struct conf_cache_names targets; /* fields before Cache-Control: the
					    first that is there counts */
	bool status_header;	 /* Cache-Status to clients */
	bool request_directives; /* Cache-Control of requests counts */
	bool collapse;		 /* one fetch for all who wait for it */
	struct conf_place place; /* that which switches it on */
};

#endif

/*
 * cache_match.h - which objects somebody means who purges or lists.
 *
 * The text of a key begins with a URL, "scheme://host/path?query"; whatever
 * else tells requests apart follows behind a line feed.
 */
#ifndef COMMON_SHM_CACHE_MATCH_H
#define COMMON_SHM_CACHE_MATCH_H

#include "common/base/str.h"

enum cache_scope {
	CACHE_SCOPE_ALL,
	CACHE_SCOPE_KEY,    /* all of the text, and nothing behind it */
	CACHE_SCOPE_URL,    /* the URL, whatever is behind it */
	CACHE_SCOPE_PREFIX, /* what the URL begins with */
	CACHE_SCOPE_HOST,   /* with any port, unless TEXT has one */
	CACHE_SCOPE_TAG
};

struct cache_match {
	enum cache_scope scope;
	struct str text; /* the caller's */
};

/* Is something with this KEY and these TAGS (joined by "\n") meant?  Whoever's
 * tags are not known yet (STR_NONE) may be. */
bool cache_matches(
    const struct cache_match *m, struct str key, struct str tags);

/* The host in the text of a KEY, with its port; empty: it has none. */
struct str cache_host_of(struct str key);

#endif

/*
 * key.h - the text that a resource is stored under.
 *
 * Pure and bounded.  GET and HEAD have one key.
 */
#ifndef WORKER_CACHE_KEY_H
#define WORKER_CACHE_KEY_H

#include "common/base/out.h"
#include "common/conf/cache_t.h"
#include "worker/http/message.h"

/* What is asked for, as the client said it: before any rewriting. */
struct key_ask {
	struct str scheme; /* "http", "https" */
	struct str host;   /* perhaps with a port; "": it said none */
	struct str path;   /* normalised: struct message's forward */
	struct str query;  /* STR_NONE: there was none */
	struct str place;  /* what else decides who answers (route, pool, arm,
			      another path); holds no LF; "" */
	const struct message *request;
};

/*
 * Appends the key of ASK: its URL and a LF, then lines for whatever else tells
 * requests for it apart.  False: it does not fit.
 */
bool key_write(const struct conf_cache_key *conf, const struct key_ask *ask,
    struct out *o);

/*
 * The same for the URL alone, without the LF: what is purged by URL, prefix or
 * host begins so.  "https://app.example.com:8443/a?b=1"
 */
bool key_write_url(const struct conf_cache_key *conf,
    const struct key_ask *ask, struct out *o);

/* Appends HOST as it is in keys: lower case, without the port that SCHEME has
 * by itself. */
void key_write_host(struct str scheme, struct str host, struct out *o);

#endif

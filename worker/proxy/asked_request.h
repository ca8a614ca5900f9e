/*
 * asked_request.h - a request that an operator asks about, and nobody sends.
 */
#ifndef WORKER_PROXY_ASKED_REQUEST_H
#define WORKER_PROXY_ASKED_REQUEST_H

#include "common/conf/conf.h"
#include "worker/proxy/exchange.h"

struct asked_request {
	struct str method;
	struct str scheme;
	struct str authority;
	struct str target;
	struct str from;
	struct ip client;  /* the same */
	struct str fields; /* tab-separated: "X-Env: test" */
};

/* From the WORDS of a question, with tabs between: method, URL, the client's
 * address, fields.  False: *WHY_R says what is wrong. */
bool asked_request_read(struct asked_request *q, struct str words,
    const char **why_r);

/* A GET of URL, by nobody in particular.  False: it is none. */
bool asked_request_read_url(struct asked_request *q, struct str url);

/*
 * The exchange of Q, as if its head had just been read; in *FAULT_R what is
 * wrong with that.  There is one at a time, until asked_request_end: not
 * across a wait.
 */
struct exchange *asked_request_begin(const struct conf *conf,
    const struct asked_request *q, enum fault *fault_r);
void asked_request_end(struct exchange **x);

#endif

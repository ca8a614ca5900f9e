/*
 * identity.h - who asks, and by what name the request goes.
 *
 * Decided once, before anything else is done with a request, and the same for
 * everything that asks: log, rules, limits, and what origins are told.
 */
#ifndef WORKER_PROXY_IDENTITY_H
#define WORKER_PROXY_IDENTITY_H

#include "common/base/ip.h"
#include "common/base/str.h"

#define IDENTITY_ID_SIZE 32

/* More hops of our own proxies in a row than this are not followed. */
#define IDENTITY_HOPS_MAX 32

struct conf;
struct exchange;

/*
 * Of an exchange.  ADDRESS and all behind it are text, valid as long as the
 * exchange; "" is what is not known.
 */
struct identity {
	struct ip client;   /* as far as is believed */
	bool believed;	    /* a trusted proxy says who it is, and more */
	struct str address; /* the same: "192.0.2.1", "unix" */
	struct str chain;   /* its address and those of the proxies behind it up
			       to the peer: "192.0.2.1, 10.0.0.7" */
	struct str proto;   /* as the client asked: "http", "https" */
	struct str host;    /* "app.example.com:8080" */
	struct str port;
	struct str trace; /* a traceparent that is believed, or STR_NONE */
	char address_text[IP_TEXT_MAX];
	char id_text[IDENTITY_ID_SIZE];
};

/*
 * Once a process, after random_init.  PSEUDONYM is what Via calls us, the same
 * for all our processes; it and CONF live as long as the process.
 */
void identity_init(const struct conf *conf, const char *pseudonym);

/* What Via calls us: "sluice-0123456789abcdef". */
struct str identity_pseudonym(void);

/*
 * Sets x->id and x->identity, whether the request was understood or not, and
 * marks as dropped what it claims of itself: a trusted peer's claims have been
 * taken over, nobody else's are worth anything.  Exchange_fail when the
 * request has been here before (END_loop), or for want of memory.
 */
void identity_take(struct exchange *x);

#endif

/*
 * address.h - socket addresses as text: literals only, no names.
 */
#ifndef COMMON_CONF_ADDRESS_H
#define COMMON_CONF_ADDRESS_H

#include "common/base/arena.h"
#include "common/conf/conf.h"

/* "127.0.0.1:80", "[::1]:80", "host", ":80": not checked, only cut up. */
struct conf_hostport {
	struct str host;
	struct str port; /* STR_NONE: there is none */
	bool brackets;	 /* host stood in [ ] */
};

/* False: brackets that do not fit, or more than one colon outside them. */
bool conf_address_split(struct str text, struct conf_hostport *parts_r);

/* "1" to "65535", without leading zeros. */
bool conf_address_port(struct str text, uint16_t *port_r);

/* The port in TEXT, a host and perhaps a port, if it is one; else "". */
struct str conf_address_port_in(struct str text);

/*
 * An IPv4 literal, or an IPv6 literal if BRACKETS.  Memory from A.  False: it
 * is none.
 */
bool conf_address_ip(struct arena *a, const struct conf_hostport *parts,
    uint16_t port, struct conf_address *address_r);

/* NULL, or why PATH cannot be a socket's: a text to put behind it. */
const char *conf_address_unix(struct arena *a, struct str path,
    struct conf_address *address_r);

/* 0: a unix socket has none. */
uint16_t conf_address_port_of(const struct conf_address *a);

bool conf_address_eq(const struct conf_address *a,
    const struct conf_address *b);

#endif

/*
 * ip.h - an address of IP, as bytes and as text.
 *
 * One address has one form: what IPv6 says of IPv4 ("::ffff:192.0.2.1") is an
 * IPv4 address here, so that no list can be passed by in the other spelling.
 * Nothing here waits or allocates.
 */
#ifndef COMMON_BASE_IP_H
#define COMMON_BASE_IP_H

#include <sys/socket.h>

#include "common/base/out.h"

struct ip {
	uint16_t family; /* AF_INET, AF_INET6, or AF_UNIX: a peer on this
			    machine, which has none */
	uint8_t bytes[16];
};

/* The longest text, without a NUL. */
#define IP_TEXT_MAX 45

/* Of a socket's address, whatever its family. */
struct ip ip_of(const struct sockaddr_storage *addr);

/* Of FAMILY, with the 4 or 16 BYTES of the network; other families have
 * none. */
struct ip ip_of_bytes(sa_family_t family, const void *bytes);

/* A literal, without brackets, port and zone.  False: it is none. */
bool ip_parse(struct str text, struct ip *ip_r);

/* "192.0.2.1", "2001:db8::1" (as RFC 5952 shortens it), "unix" */
void ip_write(const struct ip *ip, struct out *o);

bool ip_eq(const struct ip *a, const struct ip *b);

#endif

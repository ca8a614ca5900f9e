/*
 * proxy_header.h - the header that the PROXY protocol puts before a
 * connection's first byte: who the client is whom a peer speaks for.
 *
 * Pure: bytes in, addresses out, or the other way.  Nothing here waits or
 * allocates.
 */
#ifndef WORKER_CONN_PROXY_HEADER_H
#define WORKER_CONN_PROXY_HEADER_H

#include "common/base/ip.h"

/* What is longer is refused: addresses take 216 bytes at most, and values
 * behind them rarely some hundred. */
#define PROXY_HEADER_MAX ((size_t)4096)

enum proxy_fault {
	PROXY_OK,
#define PROXY_FAULT(name, text) PROXY_##name,
#include "common/tbl/proxy_faults.h"
#undef PROXY_FAULT
	PROXY_FAULTS
};

/* "its version is neither 1 nor 2" */
const char *proxy_fault_text(enum proxy_fault fault);

/* Both ends of a connection, as the client sees them. */
struct proxy_header {
	bool tells; /* else the connection's own addresses hold, and the rest
		       here means nothing: LOCAL, UNKNOWN, a family unknown */
	struct ip from; /* the client; AF_UNIX: it has no address */
	struct ip to;
	uint16_t from_port;
	uint16_t to_port;
};

/*
 * Reads the header that BYTES begin with.  PROXY_OK and *size_r: it has so many
 * bytes; if those are more than there are it is not whole, nothing else is
 * told, and so many are needed at least.  Any other fault: there is no header
 * here that may be believed.
 */
enum proxy_fault proxy_header_read(struct str bytes, struct proxy_header *h_r,
    size_t *size_r);

/* What proxy_header_write writes at most. */
#define PROXY_HEADER_WRITTEN 107

/* The header of VERSION (1 or 2) that says H; one that tells nothing is for a
 * connection of our own. */
void proxy_header_write(struct out *o, unsigned version,
    const struct proxy_header *h);

#endif

/*
 * location.h - URLs of an origin, as its clients must know them.
 *
 * A place has two names: what the origin calls itself ("10.0.0.11:8080/base")
 * and what its clients call it ("app.example.com").  The functions here read
 * the value of a field and append what it is called outside.  Pure; nothing
 * waits or allocates.
 */
#ifndef WORKER_PROXY_LOCATION_H
#define WORKER_PROXY_LOCATION_H

#include "common/base/out.h"

#define NAMING_INSIDE_MAX 4

/* Who is named in a URL: PORT is 0 if it is the default of the scheme. */
struct naming_host {
	struct str host; /* in any case; an IPv6 address in brackets */
	unsigned port;
};

struct naming {
	/* what the origin calls itself */
	bool https; /* its own scheme, else http */
	unsigned inside_count;
	struct naming_host inside[NAMING_INSIDE_MAX];
	struct str prefix; /* of its paths: "/base", or "" */
	struct str route;  /* what was taken off before it: "/api", or "" */

	/* what its clients call it */
	struct str scheme;    /* "http", "https" */
	struct str authority; /* the client's Host; STR_NONE: it sent none */
	struct naming_host outside; /* the same, in parts */
};

/* "10.0.0.11:8080" of a URL with SCHEME ("http" or "https", in any case) in
 * parts.  False: it is neither a host nor a host and a port. */
bool naming_split(struct str authority, struct str scheme,
    struct naming_host *host_r);

/* One more name of the origin itself, whose scheme is known. */
void naming_add_inside(struct naming *n, struct str authority);

/*
 * A path ("/base/x?y") without the prefix, behind the route: "/api/x?y".  False:
 * it is the same outside, and nothing was appended: it is not below the prefix,
 * or the origin knows of the route.
 */
bool naming_map_path(const struct naming *n, struct str path, struct out *o);

/* How many bytes more a value may have outside. */
size_t naming_growth(const struct naming *n);

/*
 * A URI reference.  One that names the origin gets the outside's scheme and
 * authority, and another path; one without an authority, or with the
 * outside's, another path only.  False: it is the same outside, and
 * nothing was appended.  What readers take for different things (with a tab
 * or a backslash) is left alone.
 */
bool location_map(const struct naming *n, struct str value, struct out *o);

/* The same for the URL in "5; url=http://10.0.0.11:8080/": the field Refresh,
 * as browsers read it. */
bool location_map_refresh(const struct naming *n, struct str value,
    struct out *o);

#endif

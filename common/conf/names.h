/*
 * names.h - from a host name to its vhost.
 *
 *	exact name > longest wildcard suffix > patterns in order > catch-all
 *
 * One hash table holds names and suffixes; a host is hashed once, from its
 * right end to its left, and looked up at each dot on the way.  Finding one
 * of 5,000 names takes what finding the only one takes.
 */
#ifndef COMMON_CONF_NAMES_H
#define COMMON_CONF_NAMES_H

#include "common/base/arena.h"
#include "common/conf/pattern.h"

struct conf_vhost;

/* "www.example.com", ".example.com" for "*.example.com". */
struct conf_name {
	struct str text;
	uint32_t hash;
	struct conf_vhost *vhost; /* NULL: the slot is empty */
};

struct conf_name_pattern {
	const struct conf_pattern *pattern;
	struct conf_vhost *vhost;
};

struct conf_names {
	struct conf_name *slots; /* 2^n of them, at most half used */
	unsigned slot_mask;
	unsigned count;
	bool has_suffixes;
	struct conf_name_pattern *patterns;
	unsigned pattern_count;
	struct conf_vhost *catch_all; /* host = "*", or NULL */
};

/* Room for MOST names and MOST patterns. */
void conf_names_init(struct conf_names *names, struct arena *a, unsigned most);

/* TEXT is lower case and none twice; it lives as long as NAMES. */
void conf_names_add(struct conf_names *names, struct str text,
    struct conf_vhost *vhost);
void conf_names_add_pattern(struct conf_names *names,
    const struct conf_pattern *pattern, struct conf_vhost *vhost);

/* The vhost for HOST (lower case, without port) by name or wildcard, or NULL;
 * ".example.com" is what a wildcard has. */
struct conf_vhost *conf_names_find_name(const struct conf_names *names,
    struct str host);

/* The same by patterns, too, or the catch-all. */
struct conf_vhost *conf_names_find(const struct conf_names *names,
    struct str host);

#endif

/*
 * changes.h - what the configuration changes in messages: cookies, error pages,
 * fields.
 */
#ifndef COMMON_CONF_CHANGES_H
#define COMMON_CONF_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/conf/template.h"

enum conf_same_site {
	CONF_SAME_SITE_ORIGIN, /* as the origin says */
	CONF_SAME_SITE_LAX,
	CONF_SAME_SITE_STRICT,
	CONF_SAME_SITE_NONE
};

/* What is done to the cookies that origins set. */
struct conf_cookies {
	const char *domain; /* instead of one that names the origin; or NULL */
	const char *path; /* before each path, without its last "/"; or NULL */
	bool secure;
	bool http_only;
	enum conf_same_site same_site;
	const char **remove; /* names */
	unsigned remove_count;
};

/* A piece of a page: TEXT, or what an exchange fills in. */
enum conf_page_part {
	CONF_PAGE_TEXT,
	CONF_PAGE_STATUS,  /* ${status}: "502" */
	CONF_PAGE_REASON,  /* ${reason}: "Bad Gateway" */
	CONF_PAGE_WORDS,   /* ${message}: what it means, and what to do */
	CONF_PAGE_ID	   /* ${request_id} */
};

struct conf_page_piece {
	enum conf_page_part part;
	struct str text;
};

#define CONF_PAGE_PIECES_MAX 33

struct conf_page {
	struct str type; /* for Content-Type */
	const struct conf_page_piece *pieces;
	unsigned piece_count; /* at most CONF_PAGE_PIECES_MAX */
};

#define CONF_ERROR_LEAST 400
#define CONF_ERROR_MOST 599

/* What is answered instead of a plain error: one entry of errors. */
struct conf_error_page {
	uint64_t statuses[4]; /* bit N: CONF_ERROR_LEAST + N */
	const struct conf_page *page; /* NULL: our own */
	unsigned retry_after; /* seconds; 0: as usual */
	bool origin;	      /* of origins, too */
};

/* Fields that a message leaves with. */
struct conf_field {
	struct str name;
	struct conf_template value;
	bool removed; /* there is none then, and no VALUE */
	bool added;   /* to those that are there; else: instead of them */
};

struct conf_fields {
	const struct conf_field *at;
	unsigned count;
};

#endif

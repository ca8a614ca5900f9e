/*
 * suggest.h - did you mean ...?
 */
#ifndef COMMON_CONF_SUGGEST_H
#define COMMON_CONF_SUGGEST_H

#include "common/conf/report.h"

/* Offer candidates one by one; BEST is the nearest, NULL if none is near. */
struct conf_suggest {
	struct str word;
	const char *best;
	unsigned distance; /* of BEST, or the first that is too far */
};

struct conf_suggest conf_suggest_make(struct str word);
void conf_suggest_offer(struct conf_suggest *s, const char *candidate);

/* A help line for the last error, if any candidate is near; else false. */
bool conf_suggest_help(const struct conf_suggest *s, struct conf_report *r);

#endif

/*
 * statuses.h - which statuses are meant: 404, "500-599", [ 404, "500-599" ].
 */
#ifndef COMMON_CONF_STATUSES_H
#define COMMON_CONF_STATUSES_H

#include "common/conf/build.h"

/* A set of those from LEAST to MOST; bit N of its words: LEAST + N. */
struct conf_statuses {
	unsigned least;
	unsigned most;
	uint64_t *bits; /* all clear at first */
};

/* Adds what SETTING, of type STATUSES and named ID, says; what is wrong with
 * it is reported. */
void conf_statuses_read(struct conf_build *b, const config_setting_t *setting,
    enum conf_setting id, const struct conf_statuses *set);

/* Adds "404" or "500-599".  False: it is neither, or not within the set. */
bool conf_statuses_add(const struct conf_statuses *set, struct str text);

#endif

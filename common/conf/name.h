/*
 * name.h - host names as a Host field has them.
 */
#ifndef COMMON_CONF_NAME_H
#define COMMON_CONF_NAME_H

#include "common/base/arena.h"

/* What is wrong with a host name, and what to write instead. */
struct conf_name_fault {
	const char *text;
	const char *help; /* or NULL */
};

/*
 * Checks TEXT and puts it in the form of a request's host, in A: lower case,
 * an IPv6 address shortened and in brackets; "*" and "*." stay.  NULL: *fault_r says
 * what is wrong.
 */
const char *conf_name_read(struct arena *a, struct str text,
    struct conf_name_fault *fault_r);

/* Could TEXT be a name of DNS, of one label or several? */
bool conf_name_is_dns(struct str text);

#endif

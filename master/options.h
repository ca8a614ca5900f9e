/*
 * options.h - what the command line of sluiced asks for.
 */
#ifndef MASTER_OPTIONS_H
#define MASTER_OPTIONS_H

#include <stdbool.h>

#include "common/conf/conf.h"

enum options_what {
	OPTIONS_RUN,
	OPTIONS_SHOW,	 /* -T */
	OPTIONS_TEST,	 /* -t */
	OPTIONS_VERSION, /* -V */
	OPTIONS_HELP,
	OPTIONS_WRONG /* said on stderr; exit 2 */
};

struct options {
	struct conf_request request; /* its strings: argv's, or for ever */
	bool supervised; /* a daemon that does not go to the background */
	/* of -t */
	bool strict;
	bool connect;
	bool json;
};

/*
 * Reads the command line.  A relative FILE is made absolute, because a
 * daemon works in "/" and reads it again at each reload.
 */
enum options_what options_read(int argc, char **argv, struct options *o_r);

void options_print_help(void);

#endif

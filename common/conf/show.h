/*
 * show.h - the settings in force, as sluiced -T prints them.
 *
 * The text is a configuration again, in the long form: sluiced.conf first,
 * then each vhost behind a line with the name of its file.  Behind a setting
 * stands where it was written:
 *
 *	# ---- vhosts.d/shop.conf
 *	host = "shop.example.com";		# vhosts.d/shop.conf:1
 *	limits = {
 *	  body = "10m";				# default
 *	  header = "16k";			# sluiced.conf:9
 *	};
 *
 * What was filled in by ${env:...} and ${file:...} is shown as it was
 * written, so no secret is.
 */
#ifndef COMMON_CONF_SHOW_H
#define COMMON_CONF_SHOW_H

#include "common/conf/build.h"

/*
 * Prints what REQUEST asks for; for a path conf_pattern_init was called.  What
 * it does not find is reported.
 */
void conf_show(struct conf_build *b, const struct conf_request *request);

#endif

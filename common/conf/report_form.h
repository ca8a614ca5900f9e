/*
 * report_form.h - a message and its two forms, for people and for programs.
 *
 * report.c collects messages and has them written by report_text.c or
 * report_json.c.
 */
#ifndef COMMON_CONF_REPORT_FORM_H
#define COMMON_CONF_REPORT_FORM_H

#include "common/conf/report.h"

struct conf_help {
	struct conf_help *next;
	const char *text;
};

struct conf_message {
	struct conf_message *next;
	unsigned order;	 /* of being told */
	unsigned source; /* the order of the first message about its source */
	struct conf_spot spot;
	const char *id; /* of a warning; NULL: an error */
	const char *text;
	bool is_enough; /* no message: those that were left out */
	struct conf_help *help;
	struct conf_help **last_help;
};

void conf_report_text(struct conf_report *r, const struct conf_message *m);

/*
 * One line of an array of JSON; the array is opened before the first.
 *
 *	[
 *	{"file":"/etc/sluice/vhosts.d/shop.conf","line":14,"column":5,
 *	"level":"error","id":null,"text":"unknown setting \"time_out\"",
 *	"help":["did you mean \"timeouts\"?"]},
 *	...
 *	]
 *
 * LINE and COLUMN are null when a whole file or an option is meant; only
 * warnings have an ID.
 */
void conf_report_json(struct conf_report *r, const struct conf_message *m);
void conf_report_json_end(struct conf_report *r);

#endif

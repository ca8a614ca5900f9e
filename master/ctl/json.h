/*
 * json.h - sluicectl --json: messages as an object.
 */
#ifndef MASTER_CTL_JSON_H
#define MASTER_CTL_JSON_H

#include <stdbool.h>

/*
 * Prints TEXT, the lines of an answer, which it cuts up, to stdout:
 *
 *	{"ok":false,"messages":["error: the daemon is draining"]}
 *
 * or if STEPS, and it is OK, what route tells, line by line:
 *
 *	{"ok":true,"steps":[{"step":"vhost","text":"app.example.com",
 *	    "file":"/etc/sluice/vhosts.d/app.conf","line":1}, ...]}
 */
void json_print(bool ok, bool steps, char *text);

#endif

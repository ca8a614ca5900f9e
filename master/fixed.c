/*
 * fixed.c - settings that only a restart can change.
 *
 * The pid file is locked and the control socket bound once.  Everything else
 * takes effect with the generation that brings it.
 */
#include "master/fixed.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/insist.h"

static char *pid_file;
static char *socket_path;
static mode_t mode;
static gid_t gid;

static char *keep(const char *s)
{
	char *copy = s != NULL ? strdup(s) : NULL;

	INSIST(s == NULL || copy != NULL);
	return copy;
}

void fixed_remember(const struct conf *conf)
{
	pid_file = keep(conf->pid_file);
	socket_path = keep(conf->control_socket);
	mode = conf->control_mode;
	gid = conf->control_gid;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void warn(const char *setting, struct out *out)
{
	out_fmt(out, "warning: %s has changed: that needs a restart\n",
	    setting);
}

void fixed_compare(const struct conf *conf, struct out *out)
{
	if (!same(conf->pid_file, pid_file))
		warn("pid_file", out);
	if (!same(conf->control_socket, socket_path) ||
	    conf->control_mode != mode || conf->control_gid != gid)
		warn("control", out);
}

/*
 * conf.h - one configuration: immutable once loaded.
 *
 * conf_load reads sluiced.conf and the vhost files, checks everything and
 * builds one struct conf in an arena of its own, or explains in full why not.
 * The master builds a new one at each reload and forks workers that use it;
 * nobody changes it, so sharing needs no care.  Strings are NUL-terminated
 * and live as long as the conf.
 */
#ifndef COMMON_CONF_CONF_H
#define COMMON_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/str.h"

/* Where a setting was written, for messages: FILE may be "--to". */
struct conf_place {
	const char *file;
	unsigned line;
	unsigned column;
};

/* A socket address and how to say it. */
struct conf_address {
	struct sockaddr_storage addr;
	socklen_t len;
	const char *text; /* "127.0.0.1:3000", "[::]:80", "unix:/run/a.sock" */
};

struct conf_server {
	const char *url; /* as written, with its scheme */
	struct conf_address address;
	const char *host;   /* for a Host field of our own: "127.0.0.1:3000" */
	const char *prefix; /* path prefix without its last slash, or "" */
	unsigned weight;    /* 1 to 1000 */
	struct conf_place place;
};

struct conf_pool {
	const char *name; /* "web"; of proxy = "url": the url */
	unsigned id; /* index in conf.pools: state of a worker hangs on it */
	struct conf_server *servers;
	unsigned server_count; /* at least one */
	struct conf_vhost *vhost;
	struct conf_place place;
};

struct conf_route {
	struct str path; /* normalised, begins with '/', no '/' at its end
			    unless it is "/" */
	struct conf_pool *pool;
	struct conf_place place;
};

struct conf_vhost {
	const char *name; /* the first host: in logs */
	const char **hosts;
	unsigned host_count;
	struct conf_route *routes; /* longest path first, equal lengths by
				      bytes, no path twice */
	unsigned route_count;
	struct conf_place place;
};

/* A host name (lower case, without port) on a listener. */
struct conf_name {
	struct str host;
	struct conf_vhost *vhost;
};

/* One address that is listened on, and the vhosts reachable through it. */
struct conf_listener {
	struct conf_address address;
	bool is_unix;
	struct conf_name *names; /* sorted by str_cmp of host, no doubles */
	unsigned name_count;
	struct conf_vhost *catch_all; /* host = "*", or NULL */
	struct conf_place place;
};

#define CONF_MAGIC 0x434f4e46 /* "CONF" */

struct conf {
	unsigned magic;
	struct arena arena;
	const char *file; /* the main file, even if there is none; NULL: quick
			     mode */

	const char *user; /* NULL: stay who we are (not root) */
	const char *group;
	uid_t uid;
	gid_t gid;
	unsigned workers; /* resolved: 1 to 40 */
	const char *pid_file;	    /* NULL: none */
	const char *control_socket; /* NULL: none */
	mode_t control_mode;
	gid_t control_gid;  /* (gid_t)-1: leave */
	const char *access_log; /* a path, or "-": stderr */
	const char *error_log;
	usec_t drain;
	usec_t drain_websocket;
	usec_t watchdog;

	struct conf_listener *listeners;
	unsigned listener_count;
	struct conf_vhost **vhosts; /* in file name order */
	unsigned vhost_count;
	struct conf_pool **pools; /* all of them; index == pool->id */
	unsigned pool_count;
};

/* What the command line asks for. */
struct conf_request {
	const char *file;	/* -f, or NULL: the default place */
	bool foreground;	/* -d: other defaults for logs, pid, control */
	const char *quick_listen; /* --listen, or NULL */
	const char *quick_to;	  /* --to, or NULL: read files */
};

/*
 * Loads.  Messages (errors and warnings, in the style of the manual) are
 * written to MESSAGES, all that can be found in one run.  Opens files by
 * name, allocates; for the master only.  Returns the configuration, or NULL
 * after at least one error; *errors_r and *warnings_r count them.
 */
struct conf *conf_load(const struct conf_request *request, FILE *messages,
    unsigned *errors_r, unsigned *warnings_r);

void conf_free(struct conf **conf);

/* The vhost for HOST (lower case, without port) on L, or NULL. */
struct conf_vhost *conf_find_vhost(const struct conf_listener *l,
    struct str host);

/* The route for a normalised path: longest whole-segment prefix, or NULL. */
struct conf_route *conf_find_route(const struct conf_vhost *v,
    struct str path);

#endif

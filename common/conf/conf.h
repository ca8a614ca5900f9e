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

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/hash.h"
#include "common/conf/cache_t.h"
#include "common/conf/names.h"
#include "common/conf/pattern.h"
#include "common/conf/pool_t.h"
#include "common/conf/scope_t.h"
#include "common/conf/template.h"
#include "common/conf/tls_t.h"
#include "common/conf/ways.h"

/* What must hold besides the path for a route to be taken. */
enum conf_condition_kind {
	CONF_WHEN_METHOD, /* VALUES: one of them is the method */
	CONF_WHEN_HEADER, /* the field NAME is there, with one of VALUES */
	CONF_WHEN_QUERY,  /* the parameter NAME */
	CONF_WHEN_COOKIE, /* the cookie NAME */
	CONF_WHEN_FROM	  /* the client is in one of NETWORKS */
};

struct conf_condition {
	enum conf_condition_kind kind;
	struct str name;
	const struct str *values; /* none: any value */
	unsigned value_count;
	struct conf_networks networks;
};

/*
 * A split: each visitor gets one of its arms, and keeps it.  Which one follows
 * from KEY, the arms' ids and weights, and what the visitor is known by, alone:
 * so it is the same in all workers, on all machines, and after all restarts.
 */
#define CONF_SPLITS_MAX 8 /* of a route */
#define CONF_ARMS_MAX 32
#define CONF_ARM_WEIGHT_MAX 10000
#define CONF_ARM_NAME_MAX 64

struct conf_arm {
	const char *name;
	struct str label; /* "new-checkout:beta": in logs */
	uint64_t id;	  /* made of both names */
	unsigned number;  /* of ARM_COUNT: state of all workers hangs on it.
			     One, on however many routes it is */
	const struct conf_pool *pool; /* NULL: that of the route */
	unsigned weight; /* 0 to CONF_ARM_WEIGHT_MAX */
	const struct conf_condition *force; /* who gets it anyway, or NULL */
	struct conf_place place;
};

/* What a visitor is known by. */
enum conf_sticky {
	CONF_STICKY_COOKIE, /* of ours, named like the split */
	CONF_STICKY_IP,
	CONF_STICKY_KEY /* the text of KEY_OF */
};

struct conf_split {
	const char *name;
	struct hash_key key;
	enum conf_sticky sticky;
	struct conf_template key_of;
	usec_t ttl; /* of the cookie */
	struct conf_arm *arms;
	unsigned arm_count; /* at least one */
	const struct conf_arm *if_down; /* or NULL */
	struct conf_place place;
};

struct conf_splits {
	const struct conf_split *at;
	unsigned count;
	bool choose; /* the arms of one of them have pools */
};

/* Rewriting: rules are tried in order until one matches that does not go on. */
struct conf_rule {
	const struct conf_pattern *match; /* NULL: whatever the path */
	struct conf_template to;
	unsigned status; /* a redirect with this status; 0: a new path */
	bool goes_on;
	struct conf_place place;
};

struct conf_rules {
	const struct conf_rule *at;
	unsigned count;
};

/* An answer of the operator's own: with a place to go, or with a body. */
struct conf_answer {
	unsigned status;
	bool is_redirect;
	struct conf_template to;   /* of a redirect */
	struct conf_template body; /* else */
	const char *type;	   /* of BODY */
	enum conf_fill fill;	   /* the same */
};

/* Copies of requests go to POOL: so many of a hundred. */
struct conf_mirror {
	const struct conf_pool *pool;
	unsigned percent;
};

struct conf_route {
	struct str path; /* normalised, begins with '/', no '/' at its end
			    unless it is "/" */
	const struct conf_pattern *pattern; /* instead of PATH; or NULL */
	bool is_exact;			    /* not what is below PATH */
	bool is_first;			    /* PATTERN beats paths */
	const struct conf_condition *conditions; /* all must hold */
	unsigned condition_count;
	bool strip; /* PATH is taken off before forwarding */
	struct conf_rules rules;
	struct conf_pool *pool;		  /* one of the two, */
	const struct conf_answer *answer;
	struct conf_splits splits;	  /* or what these choose */
	const struct conf_mirror *mirror; /* or NULL */
	const struct conf_scope *scope;
	struct conf_place place;
};

struct conf_vhost {
	const char *name; /* the first host: in logs */
	unsigned number;  /* index in conf.vhosts */
	const char **hosts;
	unsigned host_count;
	struct conf_route *routes; /* as written */
	unsigned route_count;
	struct conf_ways ways; /* to them */
	struct conf_rules rules;
	struct str *sticky_cookies; /* names: no origin gets them */
	unsigned sticky_cookie_count;
	const char *canonical; /* clients of other names go there, or NULL */
	const struct conf_tls *tls; /* NULL: it speaks none */
	struct str hsts;	    /* a field line of replies over TLS, or "" */
	bool https_redirect;	    /* plain clients are sent to https:// */
	uint16_t https_port;	    /* there */
	bool passthrough; /* what speaks TLS here is its origin */
	bool tcp;	  /* it is for bytes, and no HTTP */
	const struct conf_scope *scope; /* until its route is known */
	struct conf_place place;
};

/* One address that is listened on, and the vhosts reachable through it. */
struct conf_listener {
	struct conf_address address;
	bool is_unix;
	bool tls; /* its clients speak TLS */
	bool h2c; /* and else they may begin with HTTP/2 */
	bool tcp; /* it is for bytes: NAMES has a catch-all, and no more */
	bool passthrough; /* some of its vhosts do, by name */
	usec_t handshake_timeout; /* the longest of its vhosts */
	struct conf_names names;
	/* Until the vhost is known: that of sluiced.conf, but for a head the
	 * most that any vhost or route here grants. */
	const struct conf_scope *scope;
	struct conf_place place;
};

/* The areas of the segment that have a size. */
enum conf_area {
#define AREA(name) CONF_AREA_##name,
#include "common/tbl/areas.h"
#undef AREA
	CONF_AREAS
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
	struct conf_log_file *log_files; /* no path twice */
	unsigned log_file_count;
	struct conf_error_log error_log;
	usec_t drain;
	usec_t drain_websocket;
	usec_t watchdog;
	usec_t certificate_watch; /* 0: never */
	size_t memory;	 /* for bodies in flight, a worker */
	unsigned fibers; /* a worker */
	const char *buffer_dir; /* of bodies too large for memory */
	bool buffers_files;	/* some scope may need it */
	uint64_t shared[CONF_AREAS]; /* their sizes */
	const char *cache_path; /* where the cache outlives us; NULL: nowhere */
	struct conf_networks trusted; /* trusted_proxies */
	struct conf_networks proxy_from; /* proxy_protocol_from */
	const char *resolvers; /* "10.0.0.2:53,[::1]:53"; NULL: resolv.conf's */
	const char *zone; /* where this proxy stands, or NULL */
	const struct conf_scope *scope; /* until a vhost is known */

	struct conf_listener *listeners;
	unsigned listener_count;
	struct conf_vhost **vhosts; /* in file name order */
	unsigned vhost_count;
	const struct conf_tls **tls; /* of all vhosts; index == tls->number */
	unsigned tls_count;
	const struct conf_pair **pairs; /* all; index == pair->number */
	unsigned pair_count;
	struct conf_pool **pools; /* all of them; index == pool->id */
	unsigned pool_count;
	unsigned arm_count; /* above the number of any arm */
	struct conf_pattern *patterns; /* all of them: to be freed */
};

/* What the command line asks for. */
struct conf_request {
	const char *file;	/* -f, or NULL: the default place */
	bool foreground;	/* -d: other defaults for logs, pid, control */
	bool verbose;		/* -v: the error log's level is "debug" */
	const char *quick_listen; /* --listen, or NULL */
	const char *quick_to;	  /* --to, or NULL: read files */
	FILE *show;		  /* gets the settings in force, or NULL */
	const char *show_host;	  /* of this host only, or NULL */
	const char *show_path;	  /* and of this path, or NULL */
	/* The largest object in a cache of SIZE; NULL: that is not asked. */
	uint64_t (*largest_object)(uint64_t size);
};

/*
 * Loads.  Messages (errors and warnings, in the style of the manual) are
 * written to MESSAGES, all that can be found in one run.  Opens files by
 * name, allocates; for the master only.  Returns the configuration, or NULL
 * after at least one error; *errors_r and *warnings_r count them.
 */
struct conf *conf_load(const struct conf_request *request, FILE *messages,
    unsigned *errors_r, unsigned *warnings_r);

/* The same, for who has more to say: REPORT (report.h) has its OUT. */
struct conf_report;
struct conf *conf_load_with(const struct conf_request *request,
    struct conf_report *report);

void conf_free(struct conf **conf);

/* The route without conditions for a normalised path, or NULL. */
const struct conf_route *conf_find_route(const struct conf_vhost *v,
    struct str path);

#endif

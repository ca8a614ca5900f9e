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
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/conf/changes.h"
#include "common/conf/names.h"
#include "common/conf/pattern.h"
#include "common/conf/template.h"
#include "common/conf/ways.h"

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

/* How much of a head is taken; the values of limits.header, .fields, .url. */
struct conf_head_limits {
	size_t header;	 /* bytes, up to CONF_HEADER_MAX */
	unsigned fields; /* up to CONF_FIELDS_MAX */
	size_t url;	 /* bytes of a request target */
};

#define CONF_HEADER_MAX ((size_t)64 * 1024)
#define CONF_FIELDS_MAX 100

/* How slow a peer may be: at least BYTES a second, averaged over OVER. */
struct conf_rate {
	uint32_t bytes;
	usec_t over;
};

struct conf_limits {
	struct conf_head_limits head;
	uint64_t body; /* bytes of a request's body */
	struct conf_rate min_rate;
};

struct conf_timeouts {
	usec_t header;	  /* for a whole head, from its first byte */
	usec_t idle;	  /* between two requests */
	usec_t websocket; /* for a tunnel in which nothing moves */
};

/* How much of a request's body is read before a server is chosen. */
enum conf_buffer {
	CONF_BUFFER_STREAM, /* what fits the window */
	CONF_BUFFER_FULL,   /* all of it, through a file if it is larger */
	CONF_BUFFER_OFF	    /* nothing */
};

struct conf_buffering {
	enum conf_buffer request;
	size_t window; /* bytes of it that are kept in memory */
};

/* What lines are written to, whoever writes them; see log.h. */
struct conf_log_file {
	const char *path; /* "-": stderr */
	bool is_syslog;	  /* PATH is the socket of a syslog daemon */
};

#define CONF_LOG_FILES_MAX 256

enum conf_log_field {
#define LOG_FIELD(name, kind, where, meaning) CONF_LOG_##name,
#define LOG_LATER(name, meaning)
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
#undef LOG_LATER
	CONF_LOG_FIELDS
};

enum conf_log_style { CONF_LOG_LOGFMT, CONF_LOG_JSON, CONF_LOG_TEMPLATE };

struct conf_log_format {
	enum conf_log_style style;
	struct conf_template template; /* its ids are enum conf_log_field */
};

/* An access log. */
struct conf_log {
	unsigned file;	   /* index in conf.log_files */
	unsigned facility; /* of syslog */
	struct conf_log_format format;
	uint32_t sample; /* of those that went well, in millionths */
};

struct conf_error_log {
	unsigned file;
	unsigned facility;
	enum log_level level;
};

/* The Host that an origin gets. */
enum conf_send_host { CONF_HOST_CLIENT, CONF_HOST_SERVER, CONF_HOST_FIXED };

/*
 * What holds for an exchange, whichever way it goes.  Read for each route from
 * its own settings, then its vhost's, then those of sluiced.conf, then the
 * defaults (layers.h); the same object for all that say nothing of their own.
 */
struct conf_scope {
	struct conf_limits limits;
	struct conf_timeouts timeouts;
	struct conf_buffering buffering;
	enum conf_send_host send_host;
	const char *fixed_host; /* of CONF_HOST_FIXED */
	bool forwarded;	 /* the field Forwarded to origins */
	bool websocket;	 /* connections may be upgraded */
	bool half_close; /* a FIN of the client's does not end its exchange */
	const struct conf_cookies *cookies;	/* NULL: left alone */
	const struct conf_error_page *errors;	/* ERROR_COUNT of them */
	unsigned error_count;
	struct conf_fields request_fields;  /* to origins */
	struct conf_fields response_fields; /* to clients */
	const struct conf_log *log; /* NULL: exchanges are not logged */
};

/* What sluiced.conf says of networks: "10.0.0.0/8", "2001:db8::1". */
struct conf_network {
	sa_family_t family; /* AF_INET, AF_INET6, AF_UNIX ("unix") */
	unsigned bits;
	uint8_t addr[16]; /* behind BITS all zero */
};

struct conf_networks {
	const struct conf_network *at;
	unsigned count;
};

struct conf_server {
	const char *url; /* as written, with its scheme */
	struct conf_address address;
	const char *host;   /* for a Host field of our own: "127.0.0.1:3000" */
	const char *prefix; /* path prefix without its last slash, or "" */
	unsigned weight;    /* 1 to 1000 */
	struct conf_place place;
};

struct conf_pool_timeouts {
	usec_t connect;
	usec_t first_byte; /* from the request's end to the reply's head */
	usec_t idle;	   /* between two reads of a reply's body */
	usec_t total;	   /* of an exchange; 0: none */
};

enum conf_health_type { CONF_HEALTH_HTTP, CONF_HEALTH_TCP, CONF_HEALTH_TLS };

#define CONF_EXPECT_LEAST 100
#define CONF_EXPECT_MOST 599

/* How the servers of a pool are checked. */
struct conf_health {
	enum conf_health_type type;
	struct str path; /* with its query */
	struct str host; /* of HTTP, the Host; of TLS, the name; or "" */
	struct str method;
	struct str lines;   /* field lines, with their CR LF */
	uint64_t expect[8]; /* bit N: CONF_EXPECT_LEAST + N */
	const char *expect_text; /* "200-299, 404" */
	const struct conf_pattern *body; /* or NULL */
	unsigned port;			 /* or 0: the server's */
	usec_t every;
	usec_t timeout;
	unsigned rise;
	unsigned fall;
	uint32_t jitter; /* of EVERY, in millionths */
	struct str identity; /* the same bytes: the same check */
	struct conf_place place;
};

/* Is STATUS one of those that a server has that is well? */
static inline bool conf_health_expects(const struct conf_health *h,
    unsigned status)
{
	unsigned bit = status - CONF_EXPECT_LEAST;

	return status >= CONF_EXPECT_LEAST && status <= CONF_EXPECT_MOST &&
	    (h->expect[bit / 64] >> bit % 64 & 1) != 0;
}

/* When a server is taken out for what exchanges with it came to. */
struct conf_outlier {
	unsigned errors; /* in a row; 0: never */
	usec_t within;
	usec_t eject;
	uint32_t max_ejected; /* of the servers, in millionths */
	uint32_t error_rate;  /* in millionths; 0: never */
	unsigned requests;
	usec_t latency; /* what takes longer is an error; 0: nothing */
};

/* When a pool is shut for a while. */
struct conf_breaker {
	uint32_t error_rate; /* in millionths */
	unsigned requests;
	usec_t within;
	usec_t open;
};

struct conf_pool {
	const char *name; /* "web"; of proxy = "url": the url */
	bool is_named;	  /* "web" */
	unsigned id; /* index in conf.pools: state of a worker hangs on it */
	struct conf_server *servers;
	unsigned server_count; /* at least one */
	struct conf_pool_timeouts timeouts;
	size_t header_max; /* limits.header: bytes of a reply's head */
	unsigned idle_max; /* keepalive.idle: connections, a worker */
	usec_t idle_timeout; /* keepalive.timeout, unless the origin says */
	const struct conf_health *health;   /* NULL: no checks */
	const struct conf_outlier *outlier; /* NULL: none is taken out */
	const struct conf_breaker *breaker; /* NULL: never shut */
	struct conf_vhost *vhost;
	struct conf_place place;
};

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
	const struct conf_arm *arms;
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
	const char **hosts;
	unsigned host_count;
	struct conf_route *routes; /* as written */
	unsigned route_count;
	struct conf_ways ways; /* to them */
	struct conf_rules rules;
	const char *canonical; /* clients of other names go there, or NULL */
	const struct conf_scope *scope; /* until its route is known */
	struct conf_place place;
};

/* One address that is listened on, and the vhosts reachable through it. */
struct conf_listener {
	struct conf_address address;
	bool is_unix;
	struct conf_names names;
	/* Until the vhost is known: that of sluiced.conf, but for a head the
	 * most that any vhost or route here grants. */
	const struct conf_scope *scope;
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
	struct conf_log_file *log_files; /* no path twice */
	unsigned log_file_count;
	struct conf_error_log error_log;
	usec_t drain;
	usec_t drain_websocket;
	usec_t watchdog;
	size_t memory;	 /* for bodies in flight, a worker */
	unsigned fibers; /* a worker */
	const char *buffer_dir; /* of bodies too large for memory */
	bool buffers_files;	/* some scope may need it */
	struct conf_networks trusted; /* trusted_proxies */
	const struct conf_scope *scope; /* until a vhost is known */

	struct conf_listener *listeners;
	unsigned listener_count;
	struct conf_vhost **vhosts; /* in file name order */
	unsigned vhost_count;
	struct conf_pool **pools; /* all of them; index == pool->id */
	unsigned pool_count;
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

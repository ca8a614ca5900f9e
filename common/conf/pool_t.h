/*
 * pool_t.h - pools and their servers, as they are configured.
 *
 * A part of conf.h, which says how they live.
 */
#ifndef COMMON_CONF_POOL_T_H
#define COMMON_CONF_POOL_T_H

#include "common/base/hash.h"
#include "common/conf/pattern.h"
#include "common/conf/scope_t.h"
#include "common/conf/tls_t.h"

/*
 * One server, at ADDRESS; or, with a NAME, as many as it has addresses at the
 * moment, and then ADDRESS has no length, and as its text what was written.
 */
struct conf_server {
	const char *url; /* as written, with its scheme */
	struct conf_address address;
	const char *name; /* "app.internal", in lower case; or NULL */
	bool https;
	bool tcp; /* bytes, and no HTTP */
	bool is_service;  /* ports, weights and hosts are NAME's to say */
	uint16_t port;	  /* else, of all addresses of NAME */
	const char *host;   /* for a Host field of our own: "127.0.0.1:3000" */
	const char *prefix; /* path prefix without its last slash, or "" */
	unsigned weight;    /* 1 to 1000 */
	unsigned max_conns; /* exchanges at a time, of all workers; 0: any */
	const char *zone;   /* or NULL */
	unsigned tier;	    /* 0 is asked first: see tier.h */
	bool backup;
	bool down; /* not used until an operator says so */
	struct conf_place place;
};

enum conf_balance {
#define BALANCE(name, meaning) CONF_BALANCE_##name,
#include "common/tbl/balances.h"
#undef BALANCE
	CONF_BALANCES
};

/* "p2c" */
const char *conf_balance_name(enum conf_balance balance);

/* Who waits for a server of the pool to have room. */
struct conf_queue {
	unsigned size; /* of all workers; 0: nobody waits */
	usec_t timeout;
};

struct conf_pool_timeouts {
	usec_t connect;
	usec_t first_byte; /* from the request's end to the reply's head */
	usec_t idle;	   /* between two reads of a reply's body */
	usec_t total;	   /* of an exchange; 0: none */
};

enum conf_health_type {
	CONF_HEALTH_HTTP,
	CONF_HEALTH_TCP,
	CONF_HEALTH_TLS,
	CONF_HEALTH_GRPC
};

#define CONF_SERVICE_MAX 255u /* bytes of the name of a service */

#define CONF_EXPECT_LEAST 200 /* interim replies are no answer */
#define CONF_EXPECT_MOST 599

/* How the servers of a pool are checked. */
struct conf_health {
	enum conf_health_type type;
	struct str path; /* with its query */
	struct str host; /* of HTTP, the Host; of TLS, the name; or "" */
	struct str method;
	struct str service; /* of gRPC, or "": all of the server */
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

/* What the clients of a pool are known by, to stay with their servers. */
enum conf_stay_kind {
	CONF_STAY_COOKIE, /* the cookie COOKIE, which we set and sign */
	CONF_STAY_KEY,	  /* what KEY says of the request */
	CONF_STAY_LEARN	  /* the cookie COOKIE, which their server sets */
};

struct conf_stay {
	enum conf_stay_kind kind;
	struct str cookie;
	struct conf_template key;
	usec_t ttl; /* 0: CONF_STAY_COOKIE, as long as the browser lives */
	bool fails; /* who has no server does not get another */
	bool has_secret;
	struct hash_key secret; /* signs; else the daemon's own */
};

/* When a request is sent to another server: retry of a pool. */
struct conf_retry {
	unsigned attempts; /* at most; 1: never again */
	bool on_connect;   /* no connection: nothing was sent */
	bool on_reset;	   /* it ended before a byte of the reply */
	bool on_timeout;   /* timeouts.first_byte */
	bool on_statuses;  /* STATUSES has some */
	uint64_t statuses[4]; /* bit N: CONF_ERROR_LEAST + N */
	const struct str *methods; /* that may be sent twice; */
	unsigned method_count;	   /* none: all that are idempotent */
	uint32_t budget; /* of requests, in millionths */
};

/* The version of HTTP that servers are spoken to in. */
enum conf_pool_http { CONF_POOL_HTTP_AUTO, CONF_POOL_HTTP_1, CONF_POOL_HTTP_2 };

struct conf_pool {
	const char *name; /* "web"; of proxy = "url": the url */
	bool is_named;	  /* "web" */
	unsigned id; /* index in conf.pools: state of a worker hangs on it */
	struct conf_server *servers;
	unsigned server_count; /* at least one */
	unsigned max_conns;    /* of servers that say nothing of it */
	bool has_max_conns;    /* one of its servers has some */
	enum conf_balance balance;
	struct conf_template key; /* of CONF_BALANCE_hash */
	usec_t slow_start; /* 0: none */
	struct conf_queue queue;
	struct conf_pool_timeouts timeouts;
	size_t header_max; /* limits.header: bytes of a reply's head */
	unsigned idle_max; /* keepalive.idle: connections, a worker */
	usec_t idle_timeout; /* keepalive.timeout, unless the origin says */
	usec_t resolve_every; /* resolve.every; 0: the name server says */
	unsigned resolve_max; /* resolve.max: servers of a name */
	const struct conf_health *health;   /* NULL: no checks */
	const struct conf_outlier *outlier; /* NULL: none is taken out */
	const struct conf_breaker *breaker; /* NULL: never shut */
	const struct conf_stay *sticky; /* NULL: clients stay nowhere */
	struct conf_retry retry;
	struct conf_origin_tls tls; /* to servers with https:// */
	enum conf_pool_http http;
	unsigned proxy_protocol; /* 1 or 2: connections begin with it */
	usec_t hedge; /* a second server is asked after so long; 0: never */
	struct conf_vhost *vhost;
	struct conf_place place;
};

#endif

/*
 * scope_t.h - what holds for an exchange, whichever way it goes: places,
 * addresses, limits, timeouts, logs, fields, pages.
 *
 * A part of conf.h, which says how they live.
 */
#ifndef COMMON_CONF_SCOPE_T_H
#define COMMON_CONF_SCOPE_T_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/conf/changes.h"
#include "common/conf/template.h"

/* Where a setting was written, for messages: FILE may be "--to". */
struct conf_place {
	const char *file;
	unsigned line;
	unsigned column;
};

/* A socket address and how to say it. */
#define CONF_ADDRESS_TEXT_SIZE 56 /* of the longest of IP, with a NUL */

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

/* How much at once, or over a time: COUNT in OVER, and then as many of it as
 * time has passed; COUNT 0: any number. */
struct conf_flood {
	uint32_t count;
	usec_t over;
};

/* Of one connection of HTTP/2. */
struct conf_h2_limits {
	unsigned streams; /* at a time */
	struct conf_flood resets; /* streams that end before their reply */
	struct conf_flood settings;
	struct conf_flood pings;
	struct conf_flood frames; /* that move nothing */
	unsigned continuations; /* of one head */
};

struct conf_limits {
	struct conf_head_limits head;
	uint64_t body; /* bytes of a request's body */
	struct conf_rate min_rate;
	struct conf_h2_limits h2;
	struct conf_flood handshakes; /* of one address; in conf.scope only */
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

/* Certificates of clients. */
enum conf_client_cert {
	CONF_CLIENT_CERT_NONE,
	CONF_CLIENT_CERT_OPTIONAL,
	CONF_CLIENT_CERT_REQUIRE
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
	enum conf_client_cert client_cert; /* who has none gets 403 */
	bool half_close; /* a FIN of the client's does not end its exchange */
	const struct conf_cookies *cookies;	/* NULL: left alone */
	const struct conf_error_page *errors;	/* ERROR_COUNT of them */
	unsigned error_count;
	struct conf_fields request_fields;  /* to origins */
	struct conf_fields response_fields; /* to clients */
	const struct conf_log *log; /* NULL: exchanges are not logged */
	const struct conf_cache *cache; /* NULL: nothing is cached */
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

#endif

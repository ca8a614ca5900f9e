/*
 * log_values.h - what an exchange says of itself: get_NAME for each field of
 * common/tbl/log_fields.h.
 *
 * A WORD, NAME or TEXT is a str, STR_NONE when there is no value; a NUMBER or
 * MSEC is an int64_t, negative when there is none.  The functions are inline,
 * because a line of the usual format asks for almost all of them.  A str may
 * be one that the next call for the same field overwrites.
 */
#ifndef WORKER_PROXY_LOG_VALUES_H
#define WORKER_PROXY_LOG_VALUES_H

#include "common/base/clock.h"
#include "common/base/insist.h"
#include "common/base/out.h"
#include "worker/conn/tls.h"
#include "worker/proxy/cache_tally.h"
#include "worker/proxy/credential.h"
#include "worker/proxy/exchange.h"
#include "worker/proxy/failover.h"
#include "worker/proxy/limits.h"
#include "worker/proxy/split.h"
#include "worker/proxy/waiting.h"

#define LOG_STATUS_CLIENT_LEFT 499
#define LOG_NO_VALUE ((int64_t)-1)

static inline struct str log_if_any(struct str s)
{
	return s.n > 0 ? s : STR_NONE;
}

/* ---- who and what ---- */

static inline struct str get_id(const struct exchange *x)
{
	return log_if_any(x->id);
}

/* Whom a trusted proxy speaks for; the peer when nobody has looked. */
static inline struct str get_client(const struct exchange *x)
{
	static char text[IP_TEXT_MAX];
	struct out out = out_make(text, sizeof(text));

	if (likely(x->identity.address.n > 0))
		return x->identity.address;
	ip_write(&x->client->peer, &out);
	return out_text(&out);
}

/* Who speaks for the client, if somebody does. */
static inline struct str get_peer(const struct exchange *x)
{
	static char text[IP_TEXT_MAX];
	struct out out = out_make(text, sizeof(text));

	if (likely(x->identity.address.n == 0 ||
		   ip_eq(&x->identity.client, &x->client->peer)))
		return STR_NONE;
	ip_write(&x->client->peer, &out);
	return out_text(&out);
}

/* The first line of a head that could not be read has no value at all. */
static inline bool log_has_request(const struct exchange *x)
{
	return x->request.method_text.n > 0;
}

static inline struct str get_method(const struct exchange *x)
{
	return log_if_any(x->request.method_text);
}

static inline struct str get_host(const struct exchange *x)
{
	return log_if_any(x->request.authority);
}

static inline struct str get_target(const struct exchange *x)
{
	return log_if_any(x->request.target);
}

static inline struct str get_protocol(const struct exchange *x)
{
	if (x->passes)
		return x->client->asked != NULL ? STR("TLS") : STR("TCP");
	if (!x->request.version_read)
		return STR_NONE;
	if (x->request.is_h2)
		return STR("HTTP/2.0");
	return x->request.minor == 0 ? STR("HTTP/1.0") : STR("HTTP/1.1");
}

/* ---- TLS ---- */

static inline struct str get_tls(const struct exchange *x)
{
	const SSL *ssl = x->client->conn.tls;

	return ssl != NULL ? str_from(SSL_get_version(ssl)) : STR_NONE;
}

static inline struct str get_sni(const struct exchange *x)
{
	const SSL *ssl = x->client->conn.tls;
	const char *name = ssl != NULL
	    ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : NULL;

	if (name == NULL || str_eq_nocase(str_from(name), x->request.host))
		return STR_NONE;
	return str_from(name);
}

static inline struct str get_subject(const struct exchange *x)
{
	return log_if_any(credential_of(x->client)->subject);
}

/* Of HTTP/2 it is with whichever stream ends first. */
static inline int64_t get_handshake(const struct exchange *x)
{
	usec_t took = x->client->shaking;

	x->client->shaking = 0;
	return took > 0 ? took : LOG_NO_VALUE;
}

static inline struct str get_scheme(const struct exchange *x)
{
	return log_has_request(x) ? log_if_any(x->identity.proto) : STR_NONE;
}

static inline struct str log_request_field(const struct exchange *x,
    enum field_id id)
{
	const struct field *f = message_find(&x->request, id);

	return f != NULL ? field_value(f) : STR_NONE;
}

static inline struct str get_referer(const struct exchange *x)
{
	return log_request_field(x, FIELD_referer);
}

static inline struct str get_agent(const struct exchange *x)
{
	return log_request_field(x, FIELD_user_agent);
}

/* ---- where to ---- */

static inline struct str get_vhost(const struct exchange *x)
{
	return x->vhost != NULL ? str_from(x->vhost->name) : STR_NONE;
}

static inline struct str get_route(const struct exchange *x)
{
	return x->route != NULL ? x->route->path : STR_NONE;
}

static inline struct str get_split(const struct exchange *x)
{
	return split_text(x);
}

static inline struct str get_cache(const struct exchange *x)
{
	if (likely(x->cache == CACHE_UNUSED))
		return STR_NONE;
	return cache_use_name(x->cache);
}

static inline struct str get_pool(const struct exchange *x)
{
	return x->pool != NULL ? str_from(x->pool->name) : STR_NONE;
}

static inline struct str get_server(const struct exchange *x)
{
	return x->server_address;
}

static inline struct str get_sticky(const struct exchange *x)
{
	static const struct str names[] = {[STAY_HIT] = STR("hit"),
	    [STAY_NEW] = STR("new"),
	    [STAY_MOVED] = STR("moved"),
	    [STAY_AWAY] = STR("away")};

	return names[x->stay.state];
}

static inline int64_t get_attempts(const struct exchange *x)
{
	return x->attempts > 0 ? (int64_t)x->attempts : LOG_NO_VALUE;
}

/* ---- what came of it ---- */

static inline int64_t get_status(const struct exchange *x)
{
	if (!x->head_sent && x->end == END_client_closed)
		return LOG_STATUS_CLIENT_LEFT;
	return x->status > 0 ? (int64_t)x->status : LOG_NO_VALUE;
}

static inline int64_t get_bytes(const struct exchange *x)
{
	return (int64_t)x->body_sent;
}

static inline int64_t get_received(const struct exchange *x)
{
	return x->request.framing.kind != FRAMING_NONE || x->passes
	    ? (int64_t)x->body.total : LOG_NO_VALUE;
}

static inline struct str get_end(const struct exchange *x)
{
	return str_from(end_name(x->end));
}

static inline struct str get_fault(const struct exchange *x)
{
	return x->fault != FAULT_NONE ? str_from(fault_name(x->fault))
				      : STR_NONE;
}

static inline struct str get_limit(const struct exchange *x)
{
	return likely(x->end == END_done) ? STR_NONE : limits_text(x);
}

static inline struct str get_waiting_for(const struct exchange *x)
{
	if (likely(x->end != END_client_closed) ||
	    (x->passes && x->connected != 0))
		return STR_NONE;
	return str_from(waiting_name(waiting_of(x)));
}

/* ---- when ---- */

static inline struct str get_time(const struct exchange *x)
{
	static usec_t second = -1;
	static char text[CLOCK_TEXT_SIZE];
	usec_t wall = clock_wall();
	unsigned msec = (unsigned)(wall % USEC_PER_SEC / USEC_PER_MSEC);

	(void)x;
	if (wall / USEC_PER_SEC != second) {
		second = wall / USEC_PER_SEC;
		clock_text(wall, text);
	}
	/* The date changes once a second, these each time. */
	text[20] = (char)('0' + msec / 100);
	text[21] = (char)('0' + msec / 10 % 10);
	text[22] = (char)('0' + msec % 10);
	return str_make(text, CLOCK_TEXT_SIZE - 1);
}

static inline struct str get_time_common(const struct exchange *x)
{
	static usec_t second = -1;
	static char text[CLOCK_COMMON_SIZE];
	usec_t wall = clock_wall();

	(void)x;
	if (wall / USEC_PER_SEC != second) {
		second = wall / USEC_PER_SEC;
		clock_common(wall, text);
	}
	return str_make(text, CLOCK_COMMON_SIZE - 1);
}

/* 0: it never happened. */
static inline int64_t log_since_begin(const struct exchange *x, usec_t at)
{
	if (at == 0)
		return LOG_NO_VALUE;
	return at > x->began ? at - x->began : 0;
}

static inline struct str get_tried(const struct exchange *x)
{
	return failover_tried(x);
}

static inline int64_t get_queue(const struct exchange *x)
{
	return x->queued > 0 ? x->queued : LOG_NO_VALUE;
}

static inline int64_t get_connect(const struct exchange *x)
{
	return log_since_begin(x, x->connected);
}

static inline int64_t get_first_byte(const struct exchange *x)
{
	return log_since_begin(x, x->first_byte);
}

static inline int64_t get_total(const struct exchange *x)
{
	usec_t total = loop_now() - x->began;

	return total > 0 ? total : 0;
}

#endif

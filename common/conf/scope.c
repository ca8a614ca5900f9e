/*
 * scope.c - what holds for an exchange, whichever way it goes.
 *
 * Runs in the master.  One object for sluiced.conf, one for each vhost, and
 * one for each route that says something of its own.
 */
#include "common/conf/scope.h"

#include "common/base/insist.h"
#include "common/base/out.h"
#include "common/conf/buffering.h"
#include "common/conf/cache.h"
#include "common/conf/client_cert.h"
#include "common/conf/log.h"
#include "common/conf/cookies.h"
#include "common/conf/errors.h"
#include "common/conf/forwarding.h"
#include "common/conf/headers.h"

static const enum conf_setting scope_settings[] = {
    SETTING_VHOST_limits,
    SETTING_VHOST_timeouts,
    SETTING_VHOST_buffering,
    SETTING_VHOST_log,
    SETTING_VHOST_cookies,
    SETTING_VHOST_errors,
    SETTING_VHOST_send_host,
    SETTING_VHOST_forwarded,
    SETTING_VHOST_websocket,
    SETTING_VHOST_half_close,
    SETTING_VHOST_headers,
    SETTING_VHOST_tls,
    SETTING_VHOST_client_cert,
    SETTING_VHOST_cache,
};

#define SCOPE_SETTINGS (sizeof(scope_settings) / sizeof(scope_settings[0]))

bool conf_scope_is_written(const config_setting_t *group)
{
	for (size_t i = 0; i < SCOPE_SETTINGS; i++)
		if (conf_setting_given(group, scope_settings[i]))
			return true;
	return false;
}

bool conf_scope_inherits(struct str key)
{
	for (size_t i = 0; i < SCOPE_SETTINGS; i++)
		if (str_eq(str_from(conf_setting_rows[scope_settings[i]].key),
		    key))
			return true;
	return false;
}

const char *conf_scope_list(struct arena *a)
{
	char text[40 * SCOPE_SETTINGS];
	struct out out = out_make(text, sizeof(text));

	for (size_t i = 0; i < SCOPE_SETTINGS; i++) {
		if (i > 0)
			out_lit(&out, ", ");
		out_str(&out,
		    str_from(conf_setting_rows[scope_settings[i]].key));
	}
	INSIST(out_ok(&out));
	return arena_strdup(a, out_text(&out));
}

bool conf_scope_is_of_connection(enum conf_setting id)
{
	return id == SETTING_LIMITS_streams || id == SETTING_LIMITS_resets ||
	    id == SETTING_LIMITS_settings || id == SETTING_LIMITS_pings ||
	    id == SETTING_LIMITS_frames || id == SETTING_LIMITS_continuations;
}

/* What is counted before anybody knows whom a client means. */
static void check_limits(struct conf_build *b,
    const struct conf_layers *layers)
{
	const config_setting_t *nearest = layers->count > 0 ? layers->at[0]
							    : NULL;
	const config_setting_t *limits =
	    conf_setting_get(nearest, SETTING_VHOST_limits);

	if (b->layers.count == 0 || nearest == b->layers.at[0] ||
	    conf_setting_get(limits, SETTING_LIMITS_handshakes) == NULL)
		return;
	conf_report_error(b->report,
	    conf_setting_spot(limits, SETTING_LIMITS_handshakes),
	    "handshakes are counted for all vhosts together");
	conf_report_help(b->report, "write it into limits of sluiced.conf");
}

static struct conf_h2_limits read_h2_limits(const struct conf_layers *in)
{
	return (struct conf_h2_limits){
	    .streams =
		conf_setting_count(CONF_NEAREST(in, SETTING_LIMITS_streams)),
	    .resets =
		conf_setting_flood(CONF_NEAREST(in, SETTING_LIMITS_resets)),
	    .settings =
		conf_setting_flood(CONF_NEAREST(in, SETTING_LIMITS_settings)),
	    .pings =
		conf_setting_flood(CONF_NEAREST(in, SETTING_LIMITS_pings)),
	    .frames =
		conf_setting_flood(CONF_NEAREST(in, SETTING_LIMITS_frames)),
	    .continuations = conf_setting_count(
		CONF_NEAREST(in, SETTING_LIMITS_continuations)),
	};
}

static struct conf_limits read_limits(const struct conf_layers *layers)
{
	struct conf_layers in = conf_layers_in(layers, SETTING_VHOST_limits);

	return (struct conf_limits){
	    .head.header =
		conf_setting_size(CONF_NEAREST(&in, SETTING_LIMITS_header)),
	    .head.fields =
		conf_setting_count(CONF_NEAREST(&in, SETTING_LIMITS_fields)),
	    .head.url =
		conf_setting_size(CONF_NEAREST(&in, SETTING_LIMITS_url)),
	    .body = conf_setting_size(CONF_NEAREST(&in, SETTING_LIMITS_body)),
	    .min_rate =
		conf_setting_rate(CONF_NEAREST(&in, SETTING_LIMITS_min_rate)),
	    .h2 = read_h2_limits(&in),
	    .handshakes = conf_setting_flood(
		CONF_NEAREST(&in, SETTING_LIMITS_handshakes)),
	};
}

static struct conf_timeouts read_timeouts(const struct conf_layers *layers)
{
	struct conf_layers in = conf_layers_in(layers, SETTING_VHOST_timeouts);

	return (struct conf_timeouts){
	    .header = conf_setting_duration(
		CONF_NEAREST(&in, SETTING_TIMEOUTS_header)),
	    .idle = conf_setting_duration(
		CONF_NEAREST(&in, SETTING_TIMEOUTS_idle)),
	    .websocket = conf_setting_duration(
		CONF_NEAREST(&in, SETTING_TIMEOUTS_websocket)),
	};
}

const struct conf_scope *conf_scope_read(struct conf_build *b,
    const struct conf_layers *layers)
{
	struct conf_scope *scope = ARENA_NEW(&b->conf->arena, struct conf_scope);

	check_limits(b, layers);
	scope->limits = read_limits(layers);
	scope->client_cert = conf_client_cert_read(b, layers);
	scope->timeouts = read_timeouts(layers);
	conf_buffering_read(b, layers, scope);
	scope->log = conf_log_read(b, layers);
	conf_forwarding_read(b, layers, scope);
	scope->cookies = conf_cookies_read(b, layers);
	conf_errors_read(b, layers, scope);
	scope->websocket =
	    conf_setting_bool(CONF_NEAREST(layers, SETTING_VHOST_websocket));
	scope->half_close =
	    conf_setting_bool(CONF_NEAREST(layers, SETTING_VHOST_half_close));
	conf_headers_read(b, layers, scope);
	scope->cache = conf_cache_read(b, layers, scope->client_cert);
	return scope;
}

struct conf_scope *conf_scope_narrow(const struct conf_build *b)
{
	struct conf_scope *scope = ARENA_NEW(&b->conf->arena, struct conf_scope);

	*scope = *b->conf->scope;
	scope->limits.head = (struct conf_head_limits){.header = 0};
	scope->limits.h2 = (struct conf_h2_limits){.streams = 0};
	scope->timeouts.header = 0;
	return scope;
}

/* The one with the higher rate; of equal ones that which holds more. */
static void widen_flood(struct conf_flood *f, const struct conf_flood *by)
{
	uint64_t have = (uint64_t)f->count * (uint64_t)by->over;
	uint64_t more = (uint64_t)by->count * (uint64_t)f->over;

	if (f->count == 0)
		return;
	if (by->count == 0 || have < more ||
	    (have == more && f->count < by->count))
		*f = *by;
}

static void widen_h2(struct conf_h2_limits *l, const struct conf_h2_limits *by)
{
	if (l->streams == 0)
		*l = *by;
	if (l->streams < by->streams)
		l->streams = by->streams;
	if (l->continuations < by->continuations)
		l->continuations = by->continuations;
	widen_flood(&l->resets, &by->resets);
	widen_flood(&l->settings, &by->settings);
	widen_flood(&l->pings, &by->pings);
	widen_flood(&l->frames, &by->frames);
}

void conf_scope_widen(struct conf_scope *s, const struct conf_scope *by)
{
	struct conf_head_limits *head = &s->limits.head;
	const struct conf_head_limits *more = &by->limits.head;

	INSIST(more->header <= CONF_HEADER_MAX);
	INSIST(more->fields <= CONF_FIELDS_MAX);
	if (head->header < more->header)
		head->header = more->header;
	if (head->fields < more->fields)
		head->fields = more->fields;
	if (head->url < more->url)
		head->url = more->url;
	if (s->timeouts.header < by->timeouts.header)
		s->timeouts.header = by->timeouts.header;
	widen_h2(&s->limits.h2, &by->limits.h2);
}

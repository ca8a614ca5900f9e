/*
 * settings.h - the settings of common/tbl/settings.h in a group of a file.
 *
 * conf_settings_check first: it reports what is unknown, not built, of a
 * wrong type or out of range, and marks it refused, in the group and in the
 * groups of a known kind in it.  The getters then cannot fail: what is absent
 * or refused has its default.
 */
#ifndef COMMON_CONF_SETTINGS_H
#define COMMON_CONF_SETTINGS_H

#include "common/conf/paths.h"
#include "common/conf/tree.h"
#include "common/conf/units.h"

/* The ciphers of TLS 1.2 that have forward secrecy, and seal what they
 * encrypt. */
#define CONF_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

enum conf_context {
	CONTEXT_GLOBAL,
	CONTEXT_SHARED,
	CONTEXT_CONTROL,
	CONTEXT_LOG,
	CONTEXT_ERROR_LOG,
	CONTEXT_VHOST,
	CONTEXT_POOL,
	CONTEXT_SERVER,
	CONTEXT_ROUTE,
	CONTEXT_MIRROR,
	CONTEXT_RULE,
	CONTEXT_REDIRECT,
	CONTEXT_RESPOND,
	CONTEXT_HEADERS,
	CONTEXT_FIELDS,
	CONTEXT_LIMITS,
	CONTEXT_TIMEOUTS,
	CONTEXT_POOL_LIMITS,
	CONTEXT_POOL_TIMEOUTS,
	CONTEXT_KEEPALIVE,
	CONTEXT_HEALTH,
	CONTEXT_OUTLIER,
	CONTEXT_BREAKER,
	CONTEXT_QUEUE,
	CONTEXT_STICKY,
	CONTEXT_RESOLVE,
	CONTEXT_COOKIES,
	CONTEXT_ERROR,
	CONTEXT_SPLIT,
	CONTEXT_ARM,
	CONTEXT_BUFFERING,
	CONTEXT_RETRY,
	CONTEXT_TLS,
	CONTEXT_CERT,
	CONTEXT_HSTS,
	CONTEXT_POOL_TLS,
	CONTEXT_CACHE,
	CONTEXT_CACHE_STALE,
	CONTEXT_CACHE_KEY
};

enum conf_type {
	TYPE_LATER,    /* not built yet */
	TYPE_TEXT,     /* "string" */
	TYPE_TEMPLATE, /* "${host}/x": see template.h */
	TYPE_TEXTS,    /* one string, or [ ] or ( ) of them */
	TYPE_COUNT,    /* 4 */
	TYPE_DURATION, /* "30s" */
	TYPE_MODE,     /* "0660" */
	TYPE_SIZE,     /* "64k" */
	TYPE_RATE,     /* "256/30s": bytes a second, averaged over a time */
	TYPE_FLOOD,    /* "100/10s": a number over a time; "0": any */
	TYPE_BOOL,     /* true */
	TYPE_SHARE,    /* "1.5%" */
	TYPE_FILE,     /* the name of a log file, or { file = } */
	TYPE_LOG,      /* the same, or false: none */
	TYPE_STATUSES, /* 404, or "500-599", or [ ] or ( ) of them */
	TYPE_BRIEF,    /* a template, or { } */
	TYPE_RULES,    /* a template, or ( { }, { } ) */
	TYPE_FIELDS,   /* { Name = "template"; } */
	TYPE_LISTEN,   /* like TYPE_TEXTS; a bare port may be a number */
	TYPE_SERVERS,  /* like TYPE_TEXTS; groups too */
	TYPE_OFF,      /* "string", or false */
	TYPE_TERM,     /* "180d", or { }, or false */
	TYPE_TLS,      /* { }, or true, false or "passthrough" */
	TYPE_GROUP,    /* { } */
	TYPE_GROUPS,   /* ( { }, { } ) */
	TYPE_FEATURE,  /* { }, or true: { }, or false: not at all */
	TYPE_SPLITS,   /* { }, or ( { }, { } ) */
	TYPE_NAMED     /* { name = { }; } */
};

enum conf_setting {
#define SETTING(context, key, ...) SETTING_##context##_##key,
#define LATER(context, key, help) SETTING_##context##_##key,
#include "common/tbl/settings.h"
#undef SETTING
#undef LATER
	SETTING_END
};

struct conf_setting_row {
	enum conf_context context;
	enum conf_type type;
	const char *key;
	uint64_t least;
	uint64_t most;
	const char *fallback; /* the default as text, or NULL */
	const char *example;
	const char *help;
};

extern const struct conf_setting_row conf_setting_rows[SETTING_END];

void conf_settings_check(struct conf_report *r, const config_setting_t *group,
    enum conf_context context);

/* After reading: insists that the reader has taken all that it may take. */
void conf_settings_done(const config_setting_t *group);

/* Was it written, right or wrong? */
bool conf_setting_given(const config_setting_t *group, enum conf_setting id);

/* As written; NULL: absent or refused.  GROUP may be NULL: all is absent. */
const config_setting_t *conf_setting_get(const config_setting_t *group,
    enum conf_setting id);

const char *conf_setting_text(const config_setting_t *group,
    enum conf_setting id);
unsigned conf_setting_count(const config_setting_t *group,
    enum conf_setting id);
usec_t conf_setting_duration(const config_setting_t *group,
    enum conf_setting id);
mode_t conf_setting_mode(const config_setting_t *group, enum conf_setting id);
uint64_t conf_setting_size(const config_setting_t *group,
    enum conf_setting id);
struct conf_flood conf_setting_flood(const config_setting_t *group,
    enum conf_setting id);
struct conf_rate conf_setting_rate(const config_setting_t *group,
    enum conf_setting id);
bool conf_setting_bool(const config_setting_t *group, enum conf_setting id);
uint32_t conf_setting_share(const config_setting_t *group,
    enum conf_setting id);

/* Is the FEATURE on?  *GROUP_R is its group, or NULL: all its defaults. */
bool conf_setting_feature(const config_setting_t *group, enum conf_setting id,
    const config_setting_t **group_r);

/* The spot of the value, or GROUP's own if it is absent. */
const struct conf_spot *conf_setting_spot(const config_setting_t *group,
    enum conf_setting id);

#endif

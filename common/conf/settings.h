/*
 * settings.h - the settings of common/tbl/settings.h in a group of a file.
 *
 * conf_settings_check first: it reports what is unknown, not built, of a
 * wrong type or out of range, and marks it refused.  The getters then cannot
 * fail: what is absent or refused has its default.
 */
#ifndef COMMON_CONF_SETTINGS_H
#define COMMON_CONF_SETTINGS_H

#include "common/conf/paths.h"
#include "common/conf/tree.h"
#include "common/conf/units.h"

enum conf_context {
	CONTEXT_GLOBAL,
	CONTEXT_CONTROL,
	CONTEXT_LOG,
	CONTEXT_VHOST,
	CONTEXT_POOL,
	CONTEXT_SERVER,
	CONTEXT_ROUTE
};

enum conf_type {
	TYPE_LATER,    /* not built yet */
	TYPE_TEXT,     /* "string" */
	TYPE_TEXTS,    /* one string, or [ ] or ( ) of them */
	TYPE_COUNT,    /* 4 */
	TYPE_DURATION, /* "30s" */
	TYPE_MODE,     /* "0660" */
	TYPE_LISTEN,   /* like TYPE_TEXTS; a bare port may be a number */
	TYPE_SERVERS,  /* like TYPE_TEXTS; groups too */
	TYPE_GROUP,    /* { } */
	TYPE_GROUPS,   /* ( { }, { } ) */
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
	unsigned least;
	unsigned most;
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

/* The spot of the value, or GROUP's own if it is absent. */
const struct conf_spot *conf_setting_spot(const config_setting_t *group,
    enum conf_setting id);

#endif

/*
 * cache_names.c - names in the settings of caching.
 *
 * Runs in the master.  "*" stands for any bytes where a setting is about
 * whatever looks so ("utm_*"), and is refused where it names values that
 * become part of a key.
 */
#include "common/conf/cache_names.h"

/* Bytes that no cookie's name has: RFC 6265bis, 4.1.1. */
#define NOT_IN_COOKIES " \t\r\n\f\v()<>@,;:\\\"/[]?={}"

/* Bytes that end a parameter's name, or cannot be in a URL. */
#define NOT_IN_PARAMETERS " \t\r\n\f\v&=#\""

static void refuse(struct conf_build *b, const config_setting_t *item,
    const char *what, const char *help)
{
	conf_report_error(b->report, conf_tree_spot(item), "\"%s\" %s",
	    conf_tree_text(item), what);
	if (help != NULL)
		conf_report_help(b->report, "%s", help);
	conf_tree_node(item)->refused = true;
}

bool conf_cache_check_field(struct conf_build *b, const config_setting_t *s)
{
	const char *name = conf_tree_text(s);

	if (!str_is_token(str_from(name)) || strchr(name, '*') != NULL) {
		refuse(b, s, "is not the name of a field", NULL);
		return false;
	}
	return true;
}

static bool check_bytes(struct conf_build *b, const config_setting_t *item,
    const char *none_of, const char *what)
{
	const char *name = conf_tree_text(item);

	if (name[strcspn(name, none_of)] == '\0')
		return true;
	refuse(b, item, what, NULL);
	return false;
}

/* Has each client its own? */
static bool is_of_one_client(struct str field)
{
	static const char *const names[] = {"Cookie", "Authorization",
	    "User-Agent", "Referer", "X-Forwarded-For", "X-Request-Id",
	    "traceparent"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_nocase(field, str_from(names[i])))
			return true;
	return false;
}

static bool check_key_field(struct conf_build *b, const config_setting_t *item)
{
	struct str name = str_from(conf_tree_text(item));

	if (!conf_cache_check_field(b, item))
		return false;
	if (str_eq_nocase(name, STR("Host"))) {
		refuse(b, item, "is in every key already", "remove it");
		return false;
	}
	if (is_of_one_client(name)) {
		conf_report_lint(b->report, LINT_cache_key_wide,
		    conf_tree_spot(item), "nearly every client has a \"%s\" "
		    "of its own, and so gets replies of its own",
		    conf_tree_text(item));
		if (str_eq_nocase(name, STR("Cookie")))
			conf_report_help(b->report, "name those that matter: "
			    "key = { cookies = [ \"currency\" ]; };");
	}
	return true;
}

/* What all caches and browsers read is not written as RFC 9213 says. */
static bool check_target(struct conf_build *b, const config_setting_t *item)
{
	static const char *const names[] = {"Cache-Control", "Expires",
	    "Pragma", "Set-Cookie"};
	struct str name = str_from(conf_tree_text(item));

	if (!conf_cache_check_field(b, item))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_eq_nocase(name, str_from(names[i])))
			continue;
		refuse(b, item, "is no field for caches like this one alone",
		    "remove it: Cache-Control and Expires count where no "
		    "target is found");
		return false;
	}
	return true;
}

static bool check(struct conf_build *b, const config_setting_t *item,
    enum conf_cache_kind kind)
{
	switch (kind) {
	case CONF_CACHE_PARAMETERS:
		return check_bytes(b, item, NOT_IN_PARAMETERS,
		    "is not the name of a parameter");
	case CONF_CACHE_COOKIES:
		return check_bytes(b, item, NOT_IN_COOKIES "*",
		    "is not the name of a cookie");
	case CONF_CACHE_BYPASS_COOKIES:
		return check_bytes(b, item, NOT_IN_COOKIES,
		    "is not the name of a cookie");
	case CONF_CACHE_KEY_FIELDS:
		return check_key_field(b, item);
	case CONF_CACHE_TARGETS:
		return check_target(b, item);
	}
	return false;
}

static struct str copy(struct arena *a, struct str text,
    enum conf_cache_kind kind)
{
	char *to = arena_strdup(a, text);

	for (size_t i = 0; kind == CONF_CACHE_KEY_FIELDS && i < text.n; i++)
		to[i] = char_lower(to[i]);
	return str_make(to, text.n);
}

struct conf_cache_names conf_cache_names_read(struct conf_build *b,
    const config_setting_t *setting, enum conf_cache_kind kind)
{
	unsigned count = setting != NULL ? conf_tree_item_count(setting) : 0;
	struct arena *a = &b->conf->arena;
	struct str *at = ARENA_ARRAY(a, struct str, count);
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (!conf_tree_refused(item) && check(b, item, kind))
			at[n++] = copy(a, str_from(conf_tree_text(item)), kind);
	}
	return (struct conf_cache_names){at, n};
}

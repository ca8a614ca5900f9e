/*
 * cookies.c - what is done to the cookies that origins set.
 *
 * Runs in the master.  Values end up inside of Set-Cookie fields, so nothing
 * gets through here that would end an attribute there.
 */
#include "common/conf/cookies.h"

#include "common/conf/name.h"
#include "common/conf/path.h"

/* Bytes that no cookie's name has: RFC 6265bis, 4.1.1. */
#define NOT_IN_NAMES " \t\r\n\f\v()<>@,;:\\\"/[]?={}"

static void refuse(const config_setting_t *setting)
{
	conf_tree_node(setting)->refused = true;
}

/* ---- where cookies go ---- */

static const char *read_domain(struct conf_build *b,
    const struct conf_layers *in)
{
	const config_setting_t *setting = conf_setting_get(
	    CONF_NEAREST(in, SETTING_COOKIES_rewrite_domain));
	struct str text, name;

	if (setting == NULL)
		return NULL;
	name = text = str_from(conf_tree_text(setting));
	if (name.p[0] == '.')
		name = str_behind(name, 1);
	if (conf_name_is_dns(name))
		return arena_strdup(&b->conf->arena, text);
	conf_report_error(b->report, conf_tree_spot(setting),
	    "\"%" PRI_STR "\" is not a domain", ARG_STR(text));
	conf_report_help(b->report, "write rewrite_domain = %s;",
	    conf_setting_rows[SETTING_COOKIES_rewrite_domain].example);
	refuse(setting);
	return NULL;
}

static const char *read_path(struct conf_build *b,
    const struct conf_layers *in)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(in, SETTING_COOKIES_rewrite_path));
	struct str text;

	if (setting == NULL)
		return NULL;
	text = str_from(conf_tree_text(setting));
	if (strchr(text.p, ';') != NULL) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "the path of a cookie can't hold \";\"");
		refuse(setting);
		return NULL;
	}
	if (!conf_path_check(b->report, conf_tree_spot(setting), text)) {
		refuse(setting);
		return NULL;
	}
	text = conf_path_trim(text);
	return text.n > 1 ? arena_strdup(&b->conf->arena, text) : NULL;
}

/* ---- who may use them ---- */

static enum conf_same_site same_site_of(struct str text)
{
	if (str_eq_nocase(text, STR("Lax")))
		return CONF_SAME_SITE_LAX;
	if (str_eq_nocase(text, STR("Strict")))
		return CONF_SAME_SITE_STRICT;
	if (str_eq_nocase(text, STR("None")))
		return CONF_SAME_SITE_NONE;
	return CONF_SAME_SITE_ORIGIN;
}

static enum conf_same_site read_same_site(struct conf_build *b,
    const struct conf_layers *in, bool secure)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(in, SETTING_COOKIES_same_site));
	enum conf_same_site value;

	if (setting == NULL)
		return CONF_SAME_SITE_ORIGIN;
	value = same_site_of(str_from(conf_tree_text(setting)));
	if (value == CONF_SAME_SITE_NONE && !secure) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "browsers refuse cookies with SameSite=None that are not "
		    "secure");
		conf_report_help(b->report, "write secure = true; beside it");
		refuse(setting);
	} else if (value == CONF_SAME_SITE_ORIGIN) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "\"same_site\" is \"Lax\", \"Strict\" or \"None\"");
		refuse(setting);
	}
	return value;
}

/* ---- names ---- */

static bool check_name(struct conf_build *b, const config_setting_t *item)
{
	const char *name = conf_tree_text(item);

	if (name[strcspn(name, NOT_IN_NAMES)] == '\0')
		return true;
	conf_report_error(b->report, conf_tree_spot(item),
	    "\"%s\" is not the name of a cookie", name);
	refuse(item);
	return false;
}

static void read_remove(struct conf_build *b, const struct conf_layers *in,
    struct conf_cookies *cookies)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(in, SETTING_COOKIES_remove));
	struct arena *a = &b->conf->arena;
	unsigned count = setting != NULL ? conf_tree_item_count(setting) : 0;

	cookies->remove = ARENA_ARRAY(a, const char *, count);
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (!conf_tree_refused(item) && check_name(b, item))
			cookies->remove[cookies->remove_count++] =
			    arena_strdup(a, str_from(conf_tree_text(item)));
	}
}

const struct conf_cookies *conf_cookies_read(struct conf_build *b,
    const struct conf_layers *layers)
{
	struct conf_layers in = conf_layers_in(layers, SETTING_VHOST_cookies);
	struct conf_cookies *cookies;

	if (in.count == 0)
		return NULL;
	cookies = ARENA_NEW(&b->conf->arena, struct conf_cookies);
	cookies->domain = read_domain(b, &in);
	cookies->path = read_path(b, &in);
	cookies->secure =
	    conf_setting_bool(CONF_NEAREST(&in, SETTING_COOKIES_secure));
	cookies->http_only =
	    conf_setting_bool(CONF_NEAREST(&in, SETTING_COOKIES_http_only));
	cookies->same_site = read_same_site(b, &in, cookies->secure);
	read_remove(b, &in, cookies);
	return cookies;
}

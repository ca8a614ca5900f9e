/*
 * answer.c - answers of the operator's own.
 *
 * Runs in the master.
 *
 *	redirect = "https://www.example.com${path}";
 *	redirect = { to = "/blog${path_rest}"; status = 307; };
 *	respond  = "ok\n";
 *	respond  = { status = 404; body = "{}"; type = "application/json"; };
 */
#include "common/conf/answer.h"

#include "common/base/insist.h"
#include "common/conf/rules.h"
#include "common/conf/settings.h"
#include "common/conf/value.h"

/* Does it begin with what every path of a request begins with? */
static bool is_path(const struct conf_template *to)
{
	int id = to->count > 0 ? to->parts[0].id : CONF_NAME_END;

	if (id == CONF_PART_TEXT)
		return to->parts[0].text.p[0] == '/' &&
		    !str_starts(to->parts[0].text, STR("//"));
	return id == CONF_NAME_path || id == CONF_NAME_path_rest ||
	    id == CONF_PART_CAPTURE;
}

static bool read_to(struct conf_build *b, const config_setting_t *to,
    const struct conf_pattern *pattern, struct conf_answer *answer)
{
	if (!conf_value_read(b, to, pattern, &answer->to) ||
	    !conf_value_check_url(b, to, &answer->to, "?#"))
		return false;
	if (conf_value_is_url(&answer->to))
		return conf_value_check_authority(b, to, &answer->to);
	if (is_path(&answer->to))
		return true;
	conf_report_error(b->report, conf_tree_spot(to),
	    "a redirect leads to a path or a URL");
	conf_report_help(b->report, "it begins with \"/\", \"https://\" or "
	    "\"http://\": to = \"https://www.example.com${path}\";");
	return false;
}

static bool read_redirect_group(struct conf_build *b,
    const config_setting_t *group, const struct conf_pattern *pattern,
    struct conf_answer *answer)
{
	const config_setting_t *to =
	    conf_setting_get(group, SETTING_REDIRECT_to);
	const struct conf_spot *spot =
	    conf_setting_spot(group, SETTING_REDIRECT_status);

	answer->status = conf_setting_count(group, SETTING_REDIRECT_status);
	if (to != NULL)
		return read_to(b, to, pattern, answer) &&
		    conf_rules_check_status(b->report, spot, answer->status);
	if (!conf_setting_given(group, SETTING_REDIRECT_to)) {
		conf_report_error(b->report, conf_tree_spot(group),
		    "a redirect needs \"to\"");
		conf_report_help(b->report, "write to = %s;",
		    conf_setting_rows[SETTING_REDIRECT_to].example);
	}
	return false;
}

const struct conf_answer *conf_answer_read_redirect(struct conf_build *b,
    const config_setting_t *setting, const struct conf_pattern *pattern)
{
	struct conf_answer *answer =
	    ARENA_NEW(&b->conf->arena, struct conf_answer);
	bool ok;

	answer->is_redirect = true;
	answer->status = conf_setting_count(NULL, SETTING_REDIRECT_status);
	if (config_setting_is_group(setting))
		ok = read_redirect_group(b, setting, pattern, answer);
	else
		ok = read_to(b, setting, pattern, answer);
	return ok ? answer : NULL;
}

static bool is_type(const char *type)
{
	for (const char *p = type; *p != '\0'; p++)
		if (*p < ' ' || *p >= 0x7f)
			return false;
	return strchr(type, '/') != NULL && *type != '/';
}

/* What a browser would take for markup, or a program for more than text, is
 * not for clients to write. */
static enum conf_fill fill_of(const char *type)
{
	if (strcasestr(type, "json") != NULL)
		return CONF_FILL_JSON;
	if (strcasestr(type, "html") != NULL || strcasestr(type, "xml") != NULL)
		return CONF_FILL_HTML;
	return CONF_FILL_TEXT;
}

static bool check_type(struct conf_build *b, const config_setting_t *group,
    const char *type)
{
	if (is_type(type))
		return true;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_RESPOND_type),
	    "this is not a media type");
	conf_report_help(b->report, "write type = %s;",
	    conf_setting_rows[SETTING_RESPOND_type].example);
	return false;
}

static bool check_bodiless(struct conf_build *b, const config_setting_t *group,
    const struct conf_answer *answer)
{
	bool bodiless = answer->status == 204 || answer->status == 205 ||
	    answer->status == 304;

	if (!bodiless || answer->body.count == 0)
		return true;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_RESPOND_body),
	    "a reply with status %u has no body", answer->status);
	return false;
}

static bool read_respond_group(struct conf_build *b,
    const config_setting_t *group, const struct conf_pattern *pattern,
    struct conf_answer *answer)
{
	const config_setting_t *body =
	    conf_setting_get(group, SETTING_RESPOND_body);
	const char *type = conf_setting_text(group, SETTING_RESPOND_type);

	answer->status = conf_setting_count(group, SETTING_RESPOND_status);
	answer->type = arena_strdup(&b->conf->arena, str_from(type));
	answer->fill = fill_of(type);
	if (body != NULL && !conf_value_read(b, body, pattern, &answer->body))
		return false;
	return check_type(b, group, type) && check_bodiless(b, group, answer);
}

const struct conf_answer *conf_answer_read_respond(struct conf_build *b,
    const config_setting_t *setting, const struct conf_pattern *pattern)
{
	struct conf_answer *answer =
	    ARENA_NEW(&b->conf->arena, struct conf_answer);
	bool ok;

	if (config_setting_is_group(setting))
		return read_respond_group(b, setting, pattern, answer)
		    ? answer : NULL;
	answer->status = conf_setting_count(NULL, SETTING_RESPOND_status);
	answer->type = conf_setting_rows[SETTING_RESPOND_type].fallback;
	ok = conf_value_read(b, setting, pattern, &answer->body);
	return ok ? answer : NULL;
}

/*
 * value.c - templates over a request.
 *
 * Runs in the master.  The plain parts are checked here, once; what requests
 * fill in is made to fit by worker/proxy/expand.c.
 */
#include "common/conf/value.h"

#include "common/base/insist.h"
#include "common/conf/split.h"
#include "common/conf/variables.h"

static const char *const names[] = {
#define REQUEST_NAME(id, name, meaning) [CONF_NAME_##id] = name,
#include "common/tbl/request_names.h"
#undef REQUEST_NAME
};

/* What is known when all is read is checked then. */
static void mention(struct conf_build *b, const config_setting_t *setting,
    const struct conf_template *t)
{
	for (unsigned i = 0; i < t->count; i++) {
		struct conf_spot spot;

		if (t->parts[i].id != CONF_NAME_split)
			continue;
		spot = conf_variables_spot(setting, t->parts[i].text);
		conf_split_mention(b, &spot, t->parts[i].text);
	}
}

bool conf_value_compile(struct arena *a, struct str text,
    const struct conf_pattern *pattern, struct conf_template *value_r,
    struct conf_template_fault *fault_r)
{
	struct conf_template_names known = {.at = names,
	    .count = CONF_NAME_END,
	    .captures = pattern != NULL ? pattern->groups : 0,
	    .pattern = pattern};

	*value_r = (struct conf_template){.count = 0};
	if (known.captures > CONF_CAPTURES_MAX)
		known.captures = CONF_CAPTURES_MAX;
	return conf_template_compile(a, text, &known, value_r, fault_r);
}

bool conf_value_read(struct conf_build *b, const config_setting_t *setting,
    const struct conf_pattern *pattern, struct conf_template *value_r)
{
	struct conf_template_fault fault;
	struct conf_spot spot;

	conf_variables_lint(b->report, setting, pattern != NULL);
	if (conf_value_compile(&b->conf->arena,
	    str_from(conf_tree_template(setting)), pattern, value_r, &fault)) {
		mention(b, setting, value_r);
		return true;
	}
	spot = conf_variables_spot(setting, fault.where);
	conf_report_error(b->report, &spot, "%s", fault.text);
	if (fault.help != NULL)
		conf_report_help(b->report, "%s", fault.help);
	return false;
}

/* ---- what the plain parts may hold ---- */

static bool may_stand_in_line(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

bool conf_value_check_line(struct conf_build *b,
    const config_setting_t *setting, const struct conf_template *t)
{
	for (unsigned i = 0; i < t->count; i++) {
		struct str text = t->parts[i].text;

		for (size_t at = 0; at < text.n; at++) {
			if (may_stand_in_line((unsigned char)text.p[at]))
				continue;
			conf_report_error(b->report, conf_tree_spot(setting),
			    "a field can't hold a line end or another control "
			    "character");
			return false;
		}
	}
	return true;
}

/* What RFC 3986 has in paths and queries, and what browsers send there. */
static bool may_stand_in_url(char c, const char *delimiters)
{
	if (c == '?' || c == '#')
		return strchr(delimiters, c) != NULL;
	return c > ' ' && c < 0x7f && strchr("\"<>\\", c) == NULL;
}

static void report_url_byte(struct conf_build *b,
    const config_setting_t *setting, char c)
{
	if (c == '#') {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "a \"#\" is for browsers: no request has it");
		return;
	}
	conf_report_error(b->report, conf_tree_spot(setting),
	    "a byte that a URL cannot hold");
	conf_report_help(b->report, "write it as %%%02X", (unsigned char)c);
}

bool conf_value_check_url(struct conf_build *b,
    const config_setting_t *setting, const struct conf_template *t,
    const char *delimiters)
{
	for (unsigned i = 0; i < t->count; i++) {
		const struct conf_template_part *part = &t->parts[i];
		size_t n = part->id == CONF_PART_TEXT ? part->text.n : 0;

		for (size_t at = 0; at < n; at++) {
			char c = part->text.p[at];

			if (may_stand_in_url(c, delimiters))
				continue;
			report_url_byte(b, setting, c);
			return false;
		}
	}
	return true;
}

/* ---- places ---- */

/* The plain text that T begins with, behind a ${scheme}. */
static struct str first_text(const struct conf_template *t, unsigned *part_r)
{
	*part_r = t->count > 0 && t->parts[0].id == CONF_NAME_scheme;
	if (*part_r >= t->count || t->parts[*part_r].id != CONF_PART_TEXT)
		return STR("");
	return t->parts[*part_r].text;
}

/* The bytes of "https://", or of "://" behind a ${scheme}; 0: neither. */
static size_t scheme_length(const struct conf_template *t)
{
	static const struct str schemes[] = {STR("https://"), STR("http://")};
	unsigned part;
	struct str text = first_text(t, &part);

	if (part == 1)
		return str_starts(text, STR("://")) ? 3 : 0;
	for (size_t i = 0; i < 2; i++)
		if (str_starts(text, schemes[i]))
			return schemes[i].n;
	return 0;
}

bool conf_value_is_url(const struct conf_template *t)
{
	return scheme_length(t) > 0;
}

static bool ends_authority(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '/' || text.p[i] == '?' || text.p[i] == '#')
			return true;
	return false;
}

static bool is_path(int id)
{
	return id == CONF_NAME_path || id == CONF_NAME_path_rest;
}

/* Is there something before the first "/" behind the scheme? */
static bool has_authority(const struct conf_template *t, unsigned part,
    struct str text)
{
	if (text.n > 0)
		return strchr("/?#", text.p[0]) == NULL;
	return part + 1 < t->count &&
	    t->parts[part + 1].id == CONF_NAME_host;
}

bool conf_value_check_authority(struct conf_build *b,
    const config_setting_t *setting, const struct conf_template *t)
{
	size_t scheme = scheme_length(t);
	unsigned part;
	struct str text = first_text(t, &part);
	bool good;

	INSIST(scheme > 0);
	text = str_make(text.p + scheme, text.n - scheme);
	good = has_authority(t, part, text);
	while (good && !ends_authority(text) && ++part < t->count) {
		const struct conf_template_part *next = &t->parts[part];

		if (is_path(next->id))
			return true;
		good = next->id == CONF_NAME_host ||
		    next->id == CONF_PART_TEXT;
		text = next->id == CONF_PART_TEXT ? next->text : STR("");
	}
	if (good)
		return true;
	conf_report_error(b->report, conf_tree_spot(setting),
	    "the host of a URL is written out here, or ${host}");
	conf_report_help(b->report, "end it with \"/\" before what else is "
	    "filled in: \"https://www.example.com/${1}\"");
	return false;
}

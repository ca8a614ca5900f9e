/*
 * log_format.c - what a line of an access log looks like, read once.
 *
 * Runs in the master, so that nothing is parsed when a line is written.
 */
#include "common/conf/log_format.h"

#include "common/base/insist.h"
#include "common/conf/suggest.h"
#include "common/conf/variables.h"

/* As Apache and nginx write it; who the user is nobody knows yet. */
#define COMBINED                                                               \
	"${client} - - [${time_common}] \"${method} ${target} ${protocol}\" "  \
	"${status} ${bytes} \"${referer}\" \"${agent}\""

static const char *const field_names[] = {
#define LOG_FIELD(name, kind, where, meaning) #name,
#define LOG_LATER(name, meaning)
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
#undef LOG_LATER
};

static const char *const later_names[] = {
#define LOG_FIELD(name, kind, where, meaning)
#define LOG_LATER(name, meaning) "${" #name "}",
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
#undef LOG_LATER
};

static const char *const format_names[] = {"logfmt", "combined", "json"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct conf_template_names names = {
    .at = field_names, .count = CONF_LOG_FIELDS};

static const struct conf_log_format usual = {.style = CONF_LOG_LOGFMT};

_Static_assert(COUNT(field_names) == CONF_LOG_FIELDS, "an id is an index");

static bool is_later(struct str name)
{
	for (size_t i = 0; i < COUNT(later_names); i++)
		if (str_eq(str_from(later_names[i]), name))
			return true;
	return false;
}

static void refuse(struct conf_report *r, const config_setting_t *setting,
    const struct conf_template_fault *fault)
{
	struct conf_spot spot = conf_variables_spot(setting, fault->where);

	if (is_later(fault->where)) {
		conf_report_error(r, &spot, "%" PRI_STR " is not built yet",
		    ARG_STR(fault->where));
		conf_report_help(r,
		    "remove it, or wait for the version that has it");
		return;
	}
	conf_report_error(r, &spot, "%s", fault->text);
	if (fault->help != NULL)
		conf_report_help(r, "%s", fault->help);
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t')
			return true;
	return false;
}

static struct conf_log_format read_template(struct conf_build *b,
    const config_setting_t *setting, struct str text)
{
	const struct conf_spot *spot = conf_tree_spot(setting);
	struct conf_log_format format = {.style = CONF_LOG_TEMPLATE};
	struct conf_template_fault fault;

	if (text.n > CONF_LOG_TEXT_MAX || has_control(text)) {
		conf_report_error(b->report, spot,
		    "a format is one line of at most %d bytes",
		    CONF_LOG_TEXT_MAX);
		return usual;
	}
	if (!conf_template_compile(&b->conf->arena, text, &names,
		&format.template, &fault)) {
		refuse(b->report, setting, &fault);
		return usual;
	}
	if (format.template.count <= CONF_LOG_PARTS_MAX)
		return format;
	conf_report_error(b->report, spot,
	    "a format has at most %d fields and texts between them",
	    CONF_LOG_PARTS_MAX);
	return usual;
}

/* Without a field it is a misspelt name, not a template. */
static void refuse_name(struct conf_report *r, const config_setting_t *setting,
    const char *text)
{
	struct conf_suggest suggest = conf_suggest_make(str_from(text));

	conf_report_error(r, conf_tree_spot(setting), "\"%s\" is not a format",
	    text);
	for (size_t i = 0; i < COUNT(format_names); i++)
		conf_suggest_offer(&suggest, format_names[i]);
	if (!conf_suggest_help(&suggest, r))
		conf_report_help(r,
		    "it is \"logfmt\", \"combined\", \"json\", "
		    "or a text with fields: \"${client} ${status}\"");
}

struct conf_log_format conf_log_format_read(struct conf_build *b,
    const config_setting_t *setting)
{
	const char *text =
	    setting != NULL ? conf_tree_template(setting) : "logfmt";

	if (strcmp(text, "combined") == 0)
		return read_template(b, setting, STR(COMBINED));
	if (strcmp(text, "json") == 0)
		return (struct conf_log_format){.style = CONF_LOG_JSON};
	if (strstr(text, "${") != NULL)
		return read_template(b, setting, str_from(text));
	if (strcmp(text, "logfmt") != 0)
		refuse_name(b->report, setting, text);
	return usual;
}

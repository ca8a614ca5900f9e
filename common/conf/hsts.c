/*
 * hsts.c - Strict-Transport-Security: RFC 6797.
 *
 * Runs in the master.  The short form is a time:
 *
 *	hsts = "180d";
 *	hsts = { max_age = "365d"; include_subdomains = true; preload = true; };
 */
#include "common/conf/hsts.h"

#include "common/base/insist.h"
#include "common/base/out.h"

#define YEAR (365 * USEC_PER_DAY)

struct hsts {
	usec_t max_age;
	bool include_subdomains;
	bool preload;
};

static struct str make_line(struct arena *a, const struct hsts *hsts)
{
	char text[128];
	struct out out = out_make(text, sizeof(text));

	out_lit(&out, "Strict-Transport-Security: max-age=");
	out_u64(&out, (uint64_t)(hsts->max_age / USEC_PER_SEC));
	if (hsts->include_subdomains)
		out_lit(&out, "; includeSubDomains");
	if (hsts->preload)
		out_lit(&out, "; preload");
	out_lit(&out, "\r\n");
	INSIST(out_ok(&out));
	return str_make(arena_strdup(a, out_text(&out)), out.n);
}

/* What the browsers' list asks for: hstspreload.org. */
static void check_preload(struct conf_build *b, const config_setting_t *group,
    const struct hsts *hsts)
{
	if (!hsts->preload ||
	    (hsts->include_subdomains && hsts->max_age >= YEAR))
		return;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_HSTS_preload),
	    "who is preloaded needs a \"max_age\" of a year, and "
	    "\"include_subdomains\"");
	conf_report_help(b->report, "write { max_age = \"365d\"; "
	    "include_subdomains = true; preload = true; }");
}

struct str conf_hsts_read(struct conf_build *b,
    const struct conf_layers *layers)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(layers, SETTING_TLS_hsts));
	struct hsts hsts = {.max_age = 0};
	bool ok = true;

	if (setting == NULL || setting->type == CONFIG_TYPE_BOOL)
		return STR("");
	if (config_setting_is_group(setting)) {
		hsts.max_age =
		    conf_setting_duration(setting, SETTING_HSTS_max_age);
		hsts.include_subdomains = conf_setting_bool(setting,
		    SETTING_HSTS_include_subdomains);
		hsts.preload = conf_setting_bool(setting, SETTING_HSTS_preload);
		check_preload(b, setting, &hsts);
	} else {
		ok = conf_units_duration(str_from(conf_tree_text(setting)),
		    &hsts.max_age);
	}
	INSIST(ok);
	return make_line(&b->conf->arena, &hsts);
}

/*
 * key.c - what a request is known by.
 *
 * Runs in the master.  A key is a template of one name.
 */
#include "common/conf/key.h"

#include <stdio.h>

#include "common/base/insist.h"

#define KEY_MAX 128

static void report_unknown(struct conf_build *b,
    const config_setting_t *setting, struct str key)
{
	conf_report_error(b->report, conf_tree_spot(setting),
	    "\"%" PRI_STR "\" is nothing that a request is known by",
	    ARG_STR(key));
	conf_report_help(b->report, "write \"client_ip\", \"uri\", \"path\", "
	    "\"host\", \"header:NAME\" or \"cookie:NAME\"");
}

bool conf_key_read(struct conf_build *b, const config_setting_t *setting,
    struct str key, struct conf_template *key_r)
{
	struct conf_template_fault fault;
	char text[KEY_MAX + 4];

	if (str_eq(key, STR("uri")))
		return conf_value_compile(&b->conf->arena,
		    STR("${path}?${query}"), NULL, key_r, &fault);
	if (key.n > 0 && key.n <= KEY_MAX &&
	    !str_starts(key, STR("split:")) && /* nobody would be told apart */
	    memchr(key.p, '}', key.n) == NULL) {
		snprintf(text, sizeof(text), "${%" PRI_STR "}", ARG_STR(key));
		if (conf_value_compile(&b->conf->arena, str_from(text), NULL,
			key_r, &fault))
			return true;
	}
	*key_r = (struct conf_template){.count = 0};
	report_unknown(b, setting, key);
	return false;
}

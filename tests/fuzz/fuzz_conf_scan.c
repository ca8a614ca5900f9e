/*
 * fuzz_conf_scan.c - any bytes as a configuration file.
 *
 * What the scan finds clean, libconfig must read, and as the same tree.  What
 * is refused must be explained, in text that is harmless to a terminal.
 */
#include "tests/fuzz/fuzz_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the loader says when libconfig does not agree with the scan. */
static bool blames_libconfig(const char *messages)
{
	static const char blame[] = "fuzz.conf: error: libconfig ";
	const char *found = strstr(messages, blame);

	return found != NULL && (found == messages || found[-1] == '\n');
}

/* Every string is either plain or known to hold a template. */
static void check_strings(const config_setting_t *s)
{
	int count = config_setting_length(s);
	const struct conf_node *node = conf_tree_node(s);

	for (int i = 0; i < count; i++)
		check_strings(config_setting_get_elem(s, (unsigned)i));
	if (s->type != CONFIG_TYPE_STRING)
		return;
	INSIST(!node->variables || strstr(conf_tree_text(s), "${") != NULL);
	INSIST((node->written != NULL) == (node->template != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct conf_scan_input input;
	struct outcome o;
	config_t config;

	if (size == 0 || size > CONF_SOURCE_MAX)
		return 0;
	outcome_begin(&o, "fuzz.conf", text);
	input = conf_build_input(&o.build, &o.source);
	if (conf_tree_read(&config, &input))
		check_strings(config_root_setting(&config));
	conf_report_flush(&o.report);
	fflush(o.report.out);
	INSIST(!blames_libconfig(o.messages));
	config_destroy(&config);
	outcome_end(&o);
	return 0;
}

/*
 * statuses.c - which statuses are meant.
 *
 * Runs in the master.
 */
#include "common/conf/statuses.h"

#include "common/conf/check.h"

static bool add(const struct conf_statuses *set, uint64_t first, uint64_t last)
{
	if (first > last || first < set->least || last > set->most)
		return false;
	for (uint64_t s = first - set->least; s <= last - set->least; s++)
		set->bits[s / 64] |= UINT64_C(1) << s % 64;
	return true;
}

bool conf_statuses_add(const struct conf_statuses *set, struct str text)
{
	const char *dash = memchr(text.p, '-', text.n);
	size_t n = dash != NULL ? (size_t)(dash - text.p) : text.n;
	struct str end =
	    dash != NULL ? str_make(dash + 1, text.n - n - 1) : text;
	uint64_t first, last;

	return str_to_u64(str_make(text.p, n), set->most, &first) &&
	    str_to_u64(end, set->most, &last) && add(set, first, last);
}

static bool add_item(const config_setting_t *item,
    const struct conf_statuses *set)
{
	long long value;

	if (item->type == CONFIG_TYPE_STRING)
		return conf_statuses_add(set, str_from(conf_tree_text(item)));
	value = conf_check_integer(item);
	return value > 0 && add(set, (uint64_t)value, (uint64_t)value);
}

void conf_statuses_read(struct conf_build *b, const config_setting_t *setting,
    enum conf_setting id, const struct conf_statuses *set)
{
	for (unsigned i = 0; i < conf_tree_item_count(setting); i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (conf_tree_refused(item) || add_item(item, set))
			continue;
		conf_report_error(b->report, conf_tree_spot(item),
		    "this is not a status, or a range of them, from %u to %u",
		    set->least, set->most);
		conf_report_help(b->report, "write %s = %s;",
		    conf_setting_rows[id].key, conf_setting_rows[id].example);
	}
}

/*
 * foreign.c - what settings of other proxies are called here.
 *
 * Runs in the master.  The table is common/tbl/foreign.h.
 */
#include "common/conf/foreign.h"

static const struct {
	const char *name;
	const char *help;
} foreign[] = {
#define FOREIGN(name, whose, help) {name, "a word of " whose "; here: " help},
#include "common/tbl/foreign.h"
#undef FOREIGN
};

const char *conf_foreign_help(struct str name)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (str_eq_nocase(str_from(foreign[i].name), name))
			return foreign[i].help;
	return NULL;
}

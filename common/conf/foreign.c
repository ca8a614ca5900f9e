/*
 * foreign.c - what settings of other proxies are called here.
 *
 * Runs in the master.  The table is common/tbl/foreign.h; what is not built
 * yet is known from the settings table.
 */
#include "common/conf/foreign.h"

#include "common/conf/settings.h"
#include "common/conf/suggest.h"

#define SETTING_NONE SETTING_END

static const struct foreign {
	const char *name;
	const char *whose;
	enum conf_setting setting; /* SETTING_NONE: of no one */
	const char *help;
} words[] = {
#define FOREIGN(name, whose, setting, help)                                   \
	{name, whose, SETTING_##setting, help},
#include "common/tbl/foreign.h"
#undef FOREIGN
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static bool is_our_key(struct str name)
{
	for (int i = 0; i < SETTING_END; i++)
		if (str_eq(str_from(conf_setting_rows[i].key), name))
			return true;
	return false;
}

/* "Header" is Apache's, but "header" is ours. */
static const struct foreign *find(struct str name)
{
	const struct foreign *found = NULL;

	for (size_t i = 0; i < WORDS; i++) {
		if (str_eq(str_from(words[i].name), name))
			return &words[i];
		if (str_eq_nocase(str_from(words[i].name), name))
			found = &words[i];
	}
	return found != NULL && !is_our_key(name) ? found : NULL;
}

static const struct foreign *find_near(struct str name)
{
	struct conf_suggest suggest = conf_suggest_make(name);

	for (size_t i = 0; i < WORDS; i++)
		conf_suggest_offer(&suggest, words[i].name);
	return suggest.best != NULL ? find(str_from(suggest.best)) : NULL;
}

static const char *not_built(const struct foreign *word)
{
	return word->setting != SETTING_NONE &&
	    conf_setting_rows[word->setting].type == TYPE_LATER
	    ? " (not built yet)" : "";
}

bool conf_foreign_help(struct conf_report *r, struct str name, bool near)
{
	const struct foreign *word = find(name);

	if (word != NULL) {
		conf_report_help(r, "a word of %s; here: %s%s", word->whose,
		    word->help, not_built(word));
		return true;
	}
	word = near ? find_near(name) : NULL;
	if (word == NULL)
		return false;
	conf_report_help(r, "\"%s\" is a word of %s; here: %s%s", word->name,
	    word->whose, word->help, not_built(word));
	return true;
}

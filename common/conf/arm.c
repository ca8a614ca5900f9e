/*
 * arm.c - the arms of a split.
 *
 * Runs in the master.  An arm is known by its name alone, whatever the order:
 * its id is made of that and of the split's, so that changing pools, weights or
 * places moves no visitor who need not move.
 */
#include "common/conf/arm.h"

#include "common/base/insist.h"
#include "common/conf/pool.h"

/* ---- names ---- */

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = char_lower(name.p[i]);
		bool letter = char_is_digit(c) || (c >= 'a' && c <= 'z');

		if (!letter && (i == 0 || strchr("-_.", c) == NULL))
			return false;
	}
	return name.n > 0 && name.n <= CONF_ARM_NAME_MAX;
}

bool conf_arm_check_name(struct conf_build *b, const struct conf_spot *spot,
    const char *what, struct str name)
{
	if (is_name(name))
		return true;
	conf_report_error(b->report, spot, "this can't be the name of %s",
	    what);
	conf_report_help(b->report, "it is made of letters, digits, \"-\", "
	    "\"_\" and \".\", begins with a letter or digit, and has at most "
	    "%d of them", CONF_ARM_NAME_MAX);
	return false;
}

/* The name that GROUP says, or that of its pool; NULL: reported. */
static const char *read_name(struct conf_build *b,
    const config_setting_t *group, const char *pool)
{
	const char *name = conf_setting_text(group, SETTING_ARM_name);
	enum conf_setting from =
	    name != NULL ? SETTING_ARM_name : SETTING_ARM_pool;

	if (name == NULL)
		name = pool;
	if (name != NULL)
		return conf_arm_check_name(b, conf_setting_spot(group, from),
		    "an arm", str_from(name))
		    ? arena_strdup(&b->conf->arena, str_from(name)) : NULL;
	if (conf_setting_given(group, SETTING_ARM_name) ||
	    conf_setting_given(group, SETTING_ARM_pool))
		return NULL;
	conf_report_error(b->report, conf_tree_spot(group),
	    "an arm needs \"pool\" or \"name\"");
	conf_report_help(b->report, "write { pool = %s; weight = %s; }",
	    conf_setting_rows[SETTING_ARM_pool].example,
	    conf_setting_rows[SETTING_ARM_weight].example);
	return NULL;
}

static struct str make_label(struct conf_build *b,
    const struct conf_split *split, const char *name)
{
	char text[2 * CONF_ARM_NAME_MAX + 2];
	struct out o = out_make(text, sizeof(text));

	out_str(&o, str_from(split->name));
	out_char(&o, ':');
	out_str(&o, str_from(name));
	INSIST(out_ok(&o));
	return str_make(arena_strdup(&b->conf->arena, out_text(&o)), o.n);
}

/* ---- force ---- */

/* What a text that forces begins with. */
static const struct {
	const char *text;
	enum conf_condition_kind kind;
} kinds[] = {
    {"?", CONF_WHEN_QUERY},
    {"header:", CONF_WHEN_HEADER},
    {"cookie:", CONF_WHEN_COOKIE},
};

/* "name=value", or "name" alone for any value.  False: neither. */
static bool read_pair(struct conf_build *b, struct str text,
    struct conf_condition *c)
{
	const char *equals = memchr(text.p, '=', text.n);
	size_t n = equals != NULL ? (size_t)(equals - text.p) : text.n;
	struct arena *a = &b->conf->arena;
	struct str *value;

	if (!str_is_token(str_make(text.p, n)))
		return false;
	c->name = str_make(arena_strdup(a, str_make(text.p, n)), n);
	if (equals == NULL)
		return true;
	value = ARENA_NEW(a, struct str);
	n = text.n - n - 1;
	*value = str_make(arena_strdup(a, str_make(equals + 1, n)), n);
	c->values = value;
	c->value_count = 1;
	return true;
}

/* NULL: nothing forces it, or it is reported. */
static const struct conf_condition *read_force(struct conf_build *b,
    const config_setting_t *group)
{
	const char *text = conf_setting_text(group, SETTING_ARM_force);
	struct conf_condition *c =
	    ARENA_NEW(&b->conf->arena, struct conf_condition);

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].text);

		if (strncmp(text, kinds[i].text, n) != 0)
			continue;
		c->kind = kinds[i].kind;
		if (read_pair(b, str_from(text + n), c))
			return c;
	}
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_ARM_force),
	    "this is neither \"?name=value\" nor \"header:Name=value\" nor "
	    "\"cookie:name=value\"");
	conf_report_help(b->report, "write force = %s;",
	    conf_setting_rows[SETTING_ARM_force].example);
	return NULL;
}

/* ---- arms ---- */

/* False: reported. */
static bool read_arm(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, const struct conf_split *split,
    struct conf_arm *arm)
{
	const config_setting_t *pool;

	conf_settings_check(b->report, group, CONTEXT_ARM);
	pool = conf_setting_get(group, SETTING_ARM_pool);
	arm->name = read_name(b, group,
	    pool != NULL ? conf_tree_text(pool) : NULL);
	arm->weight = conf_setting_count(group, SETTING_ARM_weight);
	arm->force = read_force(b, group);
	if (pool != NULL)
		arm->pool = conf_pool_find(b, draft, pool);
	arm->place = conf_spot_place(conf_tree_spot(group));
	conf_settings_done(group);
	if (arm->name == NULL || (pool != NULL && arm->pool == NULL))
		return false;
	arm->label = make_label(b, split, arm->name);
	arm->id = hash_bytes(&split->key, arm->name, strlen(arm->name));
	return true;
}

static bool check_twice(struct conf_build *b, const struct conf_split *split,
    const struct conf_arm *arm, const config_setting_t *group)
{
	const struct conf_arm *before =
	    conf_arm_find(split, str_from(arm->name));

	if (before == NULL)
		return true;
	conf_report_error(b->report, conf_tree_spot(group),
	    "line %u has an arm \"%s\", too", before->place.line, arm->name);
	conf_report_help(b->report,
	    "give one of them another name = \"...\";");
	return false;
}

/* All of them have pools, or none. */
static bool check_pools(struct conf_build *b, const config_setting_t *setting,
    const struct conf_split *split)
{
	unsigned pools = 0;

	for (unsigned i = 0; i < split->arm_count; i++)
		pools += split->arms[i].pool != NULL;
	if (pools == 0 || pools == split->arm_count)
		return true;
	conf_report_error(b->report, conf_tree_spot(setting),
	    "some of these arms have a pool, and some have none");
	conf_report_help(b->report, "give each a pool; or none of them, and "
	    "the route the pool of all");
	return false;
}

bool conf_arms_read(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct conf_split *split)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_SPLIT_arms);
	unsigned count = setting != NULL ? conf_tree_item_count(setting) : 0;
	struct conf_arm *arms =
	    ARENA_ARRAY(&b->conf->arena, struct conf_arm, count);
	bool ok = true;

	split->arms = arms;
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);
		struct conf_arm *arm = &arms[split->arm_count];

		*arm = (struct conf_arm){0}; /* one refused stood there */
		if (conf_tree_refused(item) ||
		    !read_arm(b, draft, item, split, arm) ||
		    !check_twice(b, split, arm, item))
			ok = false;
		else
			split->arm_count++;
	}
	if (count > 0)
		return ok && check_pools(b, setting, split);
	if (!conf_setting_given(group, SETTING_SPLIT_arms)) {
		conf_report_error(b->report, conf_tree_spot(group),
		    "a split needs \"arms\"");
		conf_report_help(b->report, "write arms = %s;",
		    conf_setting_rows[SETTING_SPLIT_arms].example);
	}
	return false;
}

const struct conf_arm *conf_arm_find(const struct conf_split *split,
    struct str name)
{
	for (unsigned i = 0; i < split->arm_count; i++)
		if (str_eq(str_from(split->arms[i].name), name))
			return &split->arms[i];
	return NULL;
}

/*
 * split_lint.c - what is odd about a split.
 *
 * Runs in the master.
 */
#include "common/conf/split_lint.h"

#include "common/base/insist.h"
#include "common/conf/arm.h"

static bool key_eq(const struct conf_split *a, const struct conf_split *b)
{
	const struct conf_template_part *p = a->key_of.parts;
	const struct conf_template_part *q = b->key_of.parts;

	if (a->sticky != b->sticky || a->key_of.count != b->key_of.count)
		return false;
	for (unsigned i = 0; i < a->key_of.count; i++)
		if (p[i].id != q[i].id || !str_eq(p[i].text, q[i].text))
			return false;
	return true;
}

bool conf_split_eq(const struct conf_split *a, const struct conf_split *b)
{
	if (a->arm_count != b->arm_count || !key_eq(a, b))
		return false;
	for (unsigned i = 0; i < a->arm_count; i++) {
		const struct conf_arm *arm = &a->arms[i];
		const struct conf_arm *other =
		    conf_arm_find(b, str_from(arm->name));

		if (other == NULL || other->weight != arm->weight)
			return false;
	}
	return true;
}

static bool force_eq(const struct conf_condition *a,
    const struct conf_condition *b)
{
	if (a->kind != b->kind || !str_eq(a->name, b->name) ||
	    a->value_count != b->value_count)
		return false;
	return a->value_count == 0 || str_eq(a->values[0], b->values[0]);
}

/* The arm before ARM that takes all that force it, or NULL. */
static const struct conf_arm *find_before(const struct conf_split *split,
    const struct conf_arm *arm)
{
	for (const struct conf_arm *a = split->arms; a < arm; a++)
		if (a->force != NULL && force_eq(a->force, arm->force))
			return a;
	return NULL;
}

static void lint_arm(struct conf_build *b, const struct conf_spot *spot,
    const struct conf_split *split, const struct conf_arm *arm)
{
	const struct conf_arm *before =
	    arm->force != NULL ? find_before(split, arm) : NULL;

	if (before != NULL) {
		conf_report_lint(b->report, LINT_arm_unreachable, spot,
		    "what forces this arm forces \"%s\" before it",
		    before->name);
	} else if (arm->weight == 0 && arm->force == NULL &&
	    arm != split->if_down) {
		conf_report_lint(b->report, LINT_arm_unreachable, spot,
		    "nobody gets this arm: its weight is 0");
		conf_report_help(b->report, "testers would by "
		    "force = \"?%s=%s\";", split->name, arm->name);
	}
}

static unsigned count_weights(const struct conf_split *split)
{
	unsigned count = 0;

	for (unsigned i = 0; i < split->arm_count; i++)
		count += split->arms[i].weight > 0;
	return count;
}

/* Is IF_DOWN the only arm that anybody gets? */
static bool is_idle(const struct conf_split *split)
{
	for (unsigned i = 0; i < split->arm_count; i++)
		if (&split->arms[i] != split->if_down &&
		    split->arms[i].weight > 0)
			return false;
	return split->if_down != NULL;
}

void conf_split_lint(struct conf_build *b, const config_setting_t *group,
    const struct conf_split *split)
{
	const config_setting_t *arms =
	    conf_setting_get(group, SETTING_SPLIT_arms);
	unsigned weights = count_weights(split);

	INSIST(split->arm_count == conf_tree_item_count(arms));
	if (split->arm_count == 1)
		conf_report_lint(b->report, LINT_split_alone,
		    conf_tree_spot(arms), "a split with one arm splits "
		    "nothing");
	if (weights == 0) {
		conf_report_lint(b->report, LINT_split_weightless,
		    conf_tree_spot(arms),
		    "all weights are 0: everybody gets the first arm");
		return;
	}
	for (unsigned i = 0; i < split->arm_count; i++)
		lint_arm(b, conf_tree_spot(conf_tree_item(arms, i)), split,
		    &split->arms[i]);
	if (split->arm_count > 1 && is_idle(split))
		conf_report_lint(b->report, LINT_if_down_idle,
		    conf_setting_spot(group, SETTING_SPLIT_if_down),
		    "this is the arm that everybody has anyway");
}

/*
 * split.c - visitors divided among arms: A/B and multivariate tests.
 *
 * Runs in the master.  A route may have several splits, which know nothing of
 * each other; the arms of one of them may be pools.  A split may stand on
 * several routes of a vhost, and is then one: its arms have the same names and
 * weights everywhere, but perhaps other pools.
 */
#include "common/conf/split.h"

#include "common/base/insist.h"
#include "common/conf/arm.h"
#include "common/conf/key.h"
#include "common/conf/suggest.h"
#include "common/conf/split_lint.h"

/* Whatever the machine: who is known by the same gets the same arm. */
static const struct hash_key key_of_names = {{UINT64_C(0x536c756963652053),
    UINT64_C(0x706c69742d2d2d31)}};

/* ---- name and key ---- */

/* False: reported. */
static bool read_name(struct conf_build *b, const config_setting_t *group,
    struct conf_split *split)
{
	const char *name = conf_setting_text(group, SETTING_SPLIT_name);

	split->name = "";
	if (name != NULL) {
		if (!conf_arm_check_name(b,
			conf_setting_spot(group, SETTING_SPLIT_name),
			"a split", str_from(name)))
			return false;
		split->name = arena_strdup(&b->conf->arena, str_from(name));
		split->key = (struct hash_key){{hash_bytes(&key_of_names, name,
		    strlen(name)), key_of_names.k[1]}};
		return true;
	}
	if (!conf_setting_given(group, SETTING_SPLIT_name)) {
		conf_report_error(b->report, conf_tree_spot(group),
		    "a split needs \"name\"");
		conf_report_help(b->report, "write name = %s;",
		    conf_setting_rows[SETTING_SPLIT_name].example);
	}
	return false;
}

/* False: reported. */
static bool read_sticky(struct conf_build *b, const config_setting_t *group,
    struct conf_split *split)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_SPLIT_sticky);
	struct str text =
	    str_from(conf_setting_text(group, SETTING_SPLIT_sticky));

	split->sticky = CONF_STICKY_COOKIE;
	if (str_eq(text, STR("cookie")))
		return true;
	split->sticky = CONF_STICKY_IP;
	if (str_eq(text, STR("ip")))
		return true;
	split->sticky = CONF_STICKY_KEY;
	if (conf_key_read(b, setting, text, &split->key_of))
		return true;
	conf_report_help(b->report, "or \"cookie\", one of our own, or \"ip\"");
	return false;
}

/* Both would set it, in turns. */
static bool check_cookie(struct conf_build *b, const struct conf_draft *draft,
    const config_setting_t *group, const struct conf_split *split)
{
	const struct conf_vhost *v = draft->vhost;

	if (split->sticky != CONF_STICKY_COOKIE)
		return true;
	for (unsigned i = 0; i < v->sticky_cookie_count; i++) {
		if (!str_eq(v->sticky_cookies[i], str_from(split->name)))
			continue;
		conf_report_error(b->report,
		    conf_setting_spot(group, SETTING_SPLIT_name),
		    "a pool of this vhost has a \"sticky\" cookie of this "
		    "name");
		conf_report_help(b->report, "call one of them otherwise");
		return false;
	}
	return true;
}

/* False: reported. */
static bool read_if_down(struct conf_build *b, const config_setting_t *group,
    struct conf_split *split)
{
	const char *name = conf_setting_text(group, SETTING_SPLIT_if_down);
	const struct conf_spot *spot =
	    conf_setting_spot(group, SETTING_SPLIT_if_down);
	struct conf_suggest suggest;

	if (name == NULL)
		return true;
	if (split->arms[0].pool == NULL) {
		conf_report_error(b->report, spot,
		    "\"if_down\" is for arms with pools: these can't be down");
		return false;
	}
	split->if_down = conf_arm_find(split, str_from(name));
	if (split->if_down != NULL)
		return true;
	suggest = conf_suggest_make(str_from(name));
	for (unsigned i = 0; i < split->arm_count; i++)
		conf_suggest_offer(&suggest, split->arms[i].name);
	conf_report_error(b->report, spot, "there is no arm \"%s\"", name);
	(void)conf_suggest_help(&suggest, b->report);
	return false;
}

/* ---- splits ---- */

static bool read_split(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct conf_split *split)
{
	bool ok;

	conf_settings_check(b->report, group, CONTEXT_SPLIT);
	ok = read_name(b, group, split);
	ok &= read_sticky(b, group, split);
	ok &= check_cookie(b, draft, group, split);
	split->ttl = conf_setting_duration(group, SETTING_SPLIT_ttl);
	ok &= conf_arms_read(b, draft, group, split);
	if (split->arm_count > 0)
		ok &= read_if_down(b, group, split);
	else
		(void)conf_setting_text(group, SETTING_SPLIT_if_down);
	split->place =
	    conf_spot_place(conf_setting_spot(group, SETTING_SPLIT_name));
	conf_settings_done(group);
	if (ok)
		conf_split_lint(b, group, split);
	return ok;
}

static bool check_one_chooses(struct conf_build *b,
    const config_setting_t *item, const struct conf_split *split,
    const struct conf_splits *splits)
{
	if (split->arms[0].pool == NULL || !splits->choose)
		return true;
	conf_report_error(b->report, conf_tree_spot(item),
	    "a request goes to one pool, and a split before this one chooses "
	    "it");
	conf_report_help(b->report, "give the arms here names instead of "
	    "pools; ${split:%s} tells origins which it is", split->name);
	return false;
}

/* An earlier split of that name, of this route or another one. */
static const struct conf_split *find_in(const struct conf_splits *splits,
    const char *name)
{
	for (unsigned i = 0; i < splits->count; i++)
		if (strcmp(splits->at[i].name, name) == 0)
			return &splits->at[i];
	return NULL;
}

static bool check_same(struct conf_build *b, const struct conf_draft *draft,
    const config_setting_t *item, const struct conf_split *split)
{
	const struct conf_vhost *v = draft->vhost;

	for (unsigned i = 0; i < v->route_count; i++) {
		const struct conf_split *other =
		    find_in(&v->routes[i].splits, split->name);

		if (other == NULL || conf_split_eq(split, other))
			continue;
		conf_report_error(b->report,
		    conf_setting_spot(item, SETTING_SPLIT_name),
		    "line %u has a split \"%s\" with other arms, weights or "
		    "\"sticky\"", other->place.line, split->name);
		conf_report_help(b->report, "one split is the same on all its "
		    "routes, but for the pools: or is this another one?");
		return false;
	}
	return true;
}

static bool check_twice(struct conf_build *b, const config_setting_t *item,
    const struct conf_split *split, const struct conf_splits *splits)
{
	const struct conf_split *other = find_in(splits, split->name);

	if (other == NULL)
		return true;
	conf_report_error(b->report,
	    conf_setting_spot(item, SETTING_SPLIT_name),
	    "line %u has a split of this name, too", other->place.line);
	conf_report_help(b->report, "splits of one route have names of their "
	    "own");
	return false;
}

/* An arm has one number, on however many routes it is. */
static void number_arms(struct conf_build *b, const struct conf_draft *draft,
    struct conf_split *split)
{
	const struct conf_vhost *v = draft->vhost;
	const struct conf_split *other = NULL;

	for (unsigned i = 0; i < v->route_count && other == NULL; i++)
		other = find_in(&v->routes[i].splits, split->name);
	for (unsigned i = 0; i < split->arm_count; i++) {
		struct conf_arm *arm = &split->arms[i];

		arm->number = other != NULL
		    ? conf_arm_find(other, str_from(arm->name))->number
		    : b->conf->arm_count++;
	}
}

bool conf_splits_read(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct conf_route *route)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_ROUTE_split);
	unsigned count = setting != NULL ? conf_tree_item_count(setting) : 0;
	struct conf_split *at =
	    ARENA_ARRAY(&b->conf->arena, struct conf_split, count);
	struct conf_splits *splits = &route->splits;
	bool ok = setting != NULL ||
	    !conf_setting_given(group, SETTING_ROUTE_split);

	*splits = (struct conf_splits){.at = at};
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);
		struct conf_split *split = &at[splits->count];

		*split = (struct conf_split){0}; /* one refused stood there */
		if (conf_tree_refused(item) ||
		    !read_split(b, draft, item, split) ||
		    !check_one_chooses(b, item, split, splits) ||
		    !check_twice(b, item, split, splits) ||
		    !check_same(b, draft, item, split)) {
			ok = false;
			continue;
		}
		number_arms(b, draft, split);
		splits->choose |= split->arms[0].pool != NULL;
		splits->count++;
	}
	return ok;
}

/* ---- templates that speak of splits ---- */

struct conf_mention {
	struct conf_mention *next;
	struct conf_spot spot;
	struct str name;
};

void conf_split_mention(struct conf_build *b, const struct conf_spot *spot,
    struct str name)
{
	struct conf_mention *m = ARENA_NEW(b->scratch, struct conf_mention);

	*m = (struct conf_mention){b->mentions, *spot, name};
	b->mentions = m;
}

/* Offers the names of all splits; true: one of them is that of SUGGEST. */
static bool offer_all(const struct conf_build *b, struct conf_suggest *suggest)
{
	for (struct conf_draft *d = b->drafts; d != NULL; d = d->next)
		for (unsigned i = 0; i < d->vhost->route_count; i++) {
			const struct conf_splits *s =
			    &d->vhost->routes[i].splits;

			for (unsigned k = 0; k < s->count; k++) {
				struct str name = str_from(s->at[k].name);

				if (str_eq(name, suggest->word))
					return true;
				conf_suggest_offer(suggest, s->at[k].name);
			}
		}
	return false;
}

void conf_split_check_mentioned(struct conf_build *b)
{
	for (struct conf_mention *m = b->mentions; m != NULL; m = m->next) {
		struct conf_suggest suggest = conf_suggest_make(m->name);

		if (offer_all(b, &suggest))
			continue;
		conf_report_error(b->report, &m->spot,
		    "no route has a split \"%" PRI_STR "\"", ARG_STR(m->name));
		(void)conf_suggest_help(&suggest, b->report);
	}
}

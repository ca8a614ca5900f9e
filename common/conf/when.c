/*
 * when.c - what must hold besides the path for a route to be taken.
 *
 * Runs in the master.  Each entry of a list is "name=value", or "name" alone
 * for any value.  Entries with one name are one condition with several
 * values, of which one must be there; all conditions must hold:
 *
 *	header = [ "X-Env=test", "X-Env=stage", "X-Key" ]   two conditions
 */
#include "common/conf/when.h"

#include "common/base/insist.h"
#include "common/conf/network.h"
#include "common/conf/settings.h"

/* The three kinds with names, and how their names are compared. */
static const struct kind {
	enum conf_condition_kind kind;
	enum conf_setting setting;
	bool any_case;
} kinds[] = {
    {CONF_WHEN_HEADER, SETTING_ROUTE_header, true},
    {CONF_WHEN_QUERY, SETTING_ROUTE_query, false},
    {CONF_WHEN_COOKIE, SETTING_ROUTE_cookie, false},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* The conditions of a route in the making. */
struct draft {
	struct conf_build *b;
	struct conf_condition *at;
	unsigned count;
};

static struct str keep(struct draft *d, struct str text)
{
	return str_make(arena_strdup(&d->b->conf->arena, text), text.n);
}

/* Room for one value more, in a condition that will have MOST at most. */
static void add_value(struct draft *d, struct conf_condition *c,
    struct str value, unsigned most)
{
	struct str *values = (struct str *)c->values;

	if (values == NULL)
		values = ARENA_ARRAY(&d->b->conf->arena, struct str, most);
	INSIST(c->value_count < most);
	values[c->value_count++] = keep(d, value);
	c->values = values;
}

/* ---- methods ---- */

bool conf_when_is_method(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < 'A' || text.p[i] > 'Z') &&
		    (text.p[i] != '-' || i == 0))
			return false;
	return text.n > 0;
}

/* False: reported. */
static bool check_method(struct draft *d, const config_setting_t *item)
{
	struct str text = str_from(conf_tree_text(item));

	if (!conf_when_is_method(text)) {
		conf_report_error(d->b->report, conf_tree_spot(item),
		    "this is not a method");
		conf_report_help(d->b->report, "methods are written in "
		    "capitals: method = [ \"GET\", \"HEAD\" ];");
		return false;
	}
	if (!str_eq(text, STR("CONNECT")) && !str_eq(text, STR("TRACE")))
		return true;
	conf_report_error(d->b->report, conf_tree_spot(item),
	    "no route gets a request with %" PRI_STR ": it is answered 405",
	    ARG_STR(text));
	conf_report_help(d->b->report, "leave it out");
	return false;
}

static void read_methods(struct draft *d, const config_setting_t *setting)
{
	unsigned items = conf_tree_item_count(setting);
	struct conf_condition *c = &d->at[d->count++];

	c->kind = CONF_WHEN_METHOD;
	for (unsigned i = 0; i < items; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (!conf_tree_refused(item) && check_method(d, item))
			add_value(d, c, str_from(conf_tree_text(item)), items);
	}
}

/* ---- names and values ---- */

static struct conf_condition *find(struct draft *d, const struct kind *kind,
    struct str name)
{
	struct conf_condition *c = d->at;

	for (; c < d->at + d->count; c++)
		if (c->kind == kind->kind &&
		    (kind->any_case ? str_eq_nocase(c->name, name)
				    : str_eq(c->name, name)))
			return c;
	*c = (struct conf_condition){.kind = kind->kind, .name = keep(d, name)};
	d->count++;
	return c;
}

static void read_pair(struct draft *d, const struct kind *kind,
    const config_setting_t *item, unsigned most)
{
	struct str text = str_from(conf_tree_text(item));
	const char *equals = memchr(text.p, '=', text.n);
	size_t n = equals != NULL ? (size_t)(equals - text.p) : text.n;
	struct conf_condition *c;

	if (!str_is_token(str_make(text.p, n))) {
		conf_report_error(d->b->report, conf_tree_spot(item),
		    "this is neither \"name=value\" nor \"name\"");
		conf_report_help(d->b->report, "write %s = %s;",
		    conf_setting_rows[kind->setting].key,
		    conf_setting_rows[kind->setting].example);
		return;
	}
	c = find(d, kind, str_make(text.p, n));
	if (equals != NULL)
		add_value(d, c, str_make(equals + 1, text.n - n - 1), most);
}

static void read_pairs(struct draft *d, const struct kind *kind,
    const config_setting_t *setting)
{
	unsigned items = conf_tree_item_count(setting);

	for (unsigned i = 0; i < items; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (!conf_tree_refused(item))
			read_pair(d, kind, item, items);
	}
}

/* ---- all of them ---- */

static unsigned count_items(const config_setting_t *group)
{
	unsigned count = 2; /* method, from */

	for (size_t i = 0; i < KIND_COUNT; i++) {
		const config_setting_t *setting =
		    conf_setting_get(group, kinds[i].setting);

		if (setting != NULL)
			count += conf_tree_item_count(setting);
	}
	return count;
}

void conf_when_read(struct conf_build *b, const config_setting_t *group,
    struct conf_route *route)
{
	const config_setting_t *method =
	    conf_setting_get(group, SETTING_ROUTE_method);
	const config_setting_t *from =
	    conf_setting_get(group, SETTING_ROUTE_from);
	struct draft d = {.b = b};

	d.at = ARENA_ARRAY(&b->conf->arena, struct conf_condition,
	    count_items(group));
	if (method != NULL)
		read_methods(&d, method);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const config_setting_t *setting =
		    conf_setting_get(group, kinds[i].setting);

		if (setting != NULL)
			read_pairs(&d, &kinds[i], setting);
	}
	if (from != NULL)
		d.at[d.count++] = (struct conf_condition){
		    .kind = CONF_WHEN_FROM,
		    .networks = conf_networks_read(b, from)};
	route->conditions = d.at;
	route->condition_count = d.count;
}

static bool condition_eq(const struct conf_condition *a,
    const struct conf_condition *b)
{
	if (a->kind != b->kind || !str_eq(a->name, b->name) ||
	    a->value_count != b->value_count || a->kind == CONF_WHEN_FROM)
		return false;
	for (unsigned i = 0; i < a->value_count; i++)
		if (!str_eq(a->values[i], b->values[i]))
			return false;
	return true;
}

bool conf_when_eq(const struct conf_route *a, const struct conf_route *b)
{
	if (a->condition_count != b->condition_count)
		return false;
	for (unsigned i = 0; i < a->condition_count; i++)
		if (!condition_eq(&a->conditions[i], &b->conditions[i]))
			return false;
	return true;
}

/*
 * headers.c - fields that the operator sets, adds and removes.
 *
 * Runs in the master.  Inheritance merges name by name: a route that sets one
 * field keeps what its vhost says of all others, and what it says of a name
 * replaces what is said of it farther away.
 *
 *	headers = { request  = { set    = { X-Env = "prod"; };
 *	                         remove = [ "X-Debug" ]; };
 *	            response = { add    = { Link = "</a.css>"; }; }; };
 */
#include "common/conf/headers.h"

#include "common/base/insist.h"
#include "common/conf/settings.h"
#include "common/conf/value.h"

#define FIELDS_MAX 200

/* Fields that say how a message is framed, or are ours to write. */
static const char *const ours[] = {"Connection", "Content-Length", "Date",
    "Host", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
    "Transfer-Encoding", "Upgrade"};

struct draft {
	struct conf_build *b;
	struct conf_field *at;
	unsigned count;
	unsigned room;
	bool of_requests;
	unsigned nearer; /* those of nearer groups: the first of AT */
};

static bool is_ours(struct str name)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (str_eq_nocase(name, str_from(ours[i])))
			return true;
	return false;
}

bool conf_headers_check_name(struct conf_build *b,
    const struct conf_spot *spot, struct str name, bool of_requests)
{
	struct conf_report *report = b->report;
	bool is_via = of_requests && str_eq_nocase(name, STR("Via"));

	if (!str_is_token(name)) {
		conf_report_error(report, spot,
		    "this is not the name of a field");
		return false;
	}
	if (!is_ours(name) && !is_via)
		return true;
	conf_report_error(report, spot,
	    "\"%" PRI_STR "\" is written by the proxy itself", ARG_STR(name));
	if (str_eq_nocase(name, STR("Host")))
		conf_report_help(report,
		    "write send_host = \"name\"; for the Host of requests");
	else if (is_via)
		conf_report_help(report,
		    "a request that comes back to the proxy is known by it");
	return false;
}

static bool has_nearer(const struct draft *d, struct str name)
{
	for (unsigned i = 0; i < d->nearer; i++)
		if (str_eq_nocase(d->at[i].name, name))
			return true;
	return false;
}

/* In one group; what is said of it nearer or farther is another matter. */
static bool is_set(const struct draft *d, struct str name)
{
	for (unsigned i = d->nearer; i < d->count; i++)
		if (str_eq_nocase(d->at[i].name, name))
			return true;
	return false;
}

static struct conf_field *add(struct draft *d, const struct conf_spot *spot,
    struct str name)
{
	struct conf_field *f = &d->at[d->count];

	INSIST(d->count < d->room);
	if (d->count == FIELDS_MAX) {
		conf_report_error(d->b->report, spot,
		    "there are more than %d fields here", FIELDS_MAX);
		return NULL;
	}
	if (!conf_headers_check_name(d->b, spot, name, d->of_requests) ||
	    has_nearer(d, name))
		return NULL;
	*f = (struct conf_field){
	    .name = str_make(arena_strdup(&d->b->conf->arena, name), name.n)};
	d->count++;
	return f;
}

static void read_values(struct draft *d, const config_setting_t *group,
    enum conf_setting id)
{
	const config_setting_t *setting = conf_setting_get(group, id);
	int count = setting != NULL ? config_setting_length(setting) : 0;

	for (int i = 0; i < count; i++) {
		const config_setting_t *member =
		    config_setting_get_elem(setting, (unsigned)i);
		struct conf_field *f;

		if (conf_tree_refused(member))
			continue;
		f = add(d, &conf_tree_node(member)->name,
		    str_from(member->name));
		if (f == NULL)
			continue;
		f->added = id == SETTING_FIELDS_add;
		if (conf_value_read(d->b, member, NULL, &f->value))
			(void)conf_value_check_line(d->b, member, &f->value);
	}
}

static void read_removed(struct draft *d, const config_setting_t *group)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_FIELDS_remove);
	unsigned items = setting ? conf_tree_item_count(setting) : 0;

	for (unsigned i = 0; i < items; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);
		struct conf_field *f;
		struct str name;

		if (conf_tree_refused(item))
			continue;
		name = str_from(conf_tree_text(item));
		if (is_set(d, name)) {
			conf_report_error(d->b->report, conf_tree_spot(item),
			    "\"%" PRI_STR "\" is both set and removed here",
			    ARG_STR(name));
			continue;
		}
		f = add(d, conf_tree_spot(item), name);
		if (f != NULL)
			f->removed = true;
	}
}

static unsigned count_fields(const struct conf_layers *in)
{
	static const enum conf_setting all[] = {SETTING_FIELDS_set,
	    SETTING_FIELDS_add, SETTING_FIELDS_remove};
	unsigned count = 0;

	for (unsigned i = 0; i < in->count; i++)
		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
			const config_setting_t *s =
			    conf_setting_get(in->at[i], all[k]);

			if (s != NULL && config_setting_is_group(s))
				count += (unsigned)config_setting_length(s);
			else if (s != NULL)
				count += conf_tree_item_count(s);
		}
	return count;
}

static struct conf_fields read_side(struct conf_build *b,
    const struct conf_layers *headers, enum conf_setting side)
{
	struct conf_layers in = conf_layers_in(headers, side);
	struct draft d = {.b = b,
	    .of_requests = side == SETTING_HEADERS_request};
	struct conf_field *kept;

	if (in.count == 0)
		return (struct conf_fields){.count = 0};
	d.room = count_fields(&in) + 1;
	d.at = ARENA_ARRAY(b->scratch, struct conf_field, d.room);
	for (unsigned i = 0; i < in.count; i++) {
		d.nearer = d.count;
		read_values(&d, in.at[i], SETTING_FIELDS_set);
		read_values(&d, in.at[i], SETTING_FIELDS_add);
		read_removed(&d, in.at[i]);
	}
	kept = ARENA_ARRAY(&b->conf->arena, struct conf_field, d.count);
	if (d.count > 0)
		memcpy(kept, d.at, sizeof(*kept) * d.count);
	return (struct conf_fields){kept, d.count};
}

void conf_headers_read(struct conf_build *b, const struct conf_layers *layers,
    struct conf_scope *scope)
{
	struct conf_layers headers =
	    conf_layers_in(layers, SETTING_VHOST_headers);

	scope->request_fields =
	    read_side(b, &headers, SETTING_HEADERS_request);
	scope->response_fields =
	    read_side(b, &headers, SETTING_HEADERS_response);
}

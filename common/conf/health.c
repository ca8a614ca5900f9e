/*
 * health.c - how the servers of a pool are checked.
 *
 * Runs in the master.  Whatever can be made ready is made ready here: the
 * fields of the request as they go onto the wire, the set of statuses, the
 * pattern.
 *
 *	health = { path = "/healthz"; every = "5s"; fall = 3; };
 *	health = { type = "tcp"; port = 8081; };
 *	health = { type = "grpc"; service = "shop.Cart"; };
 *	health = true;		# GET / must be answered with a 2xx
 *
 * All that makes one check another is in its identity: checks that are the
 * same are made once, whichever pools they belong to.
 */
#include "common/conf/health.h"

#include <inttypes.h>

#include "common/conf/forwarding.h"
#include "common/conf/headers.h"
#include "common/conf/regex.h"
#include "common/conf/settings.h"
#include "common/conf/statuses.h"
#include "common/conf/value.h"
#include "common/conf/variables.h"
#include "common/conf/when.h"

#define AGENT "User-Agent: sluice-health\r\n"
#define METHOD_MAX 32

static struct str keep(struct conf_build *b, struct str text)
{
	return str_make(arena_strdup(&b->conf->arena, text), text.n);
}

/* ---- what is tried ---- */

static const char *const type_names[] = {
    [CONF_HEALTH_HTTP] = "http",
    [CONF_HEALTH_TCP] = "tcp",
    [CONF_HEALTH_TLS] = "tls",
    [CONF_HEALTH_GRPC] = "grpc",
};

#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

static enum conf_health_type read_type(struct conf_build *b,
    const config_setting_t *group)
{
	const char *text = conf_setting_text(group, SETTING_HEALTH_type);

	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(text, type_names[i]) == 0)
			return (enum conf_health_type)i;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_HEALTH_type),
	    "\"type\" is \"http\", \"tcp\", \"tls\" or \"grpc\"");
	return CONF_HEALTH_HTTP;
}

#define HTTP (1u << CONF_HEALTH_HTTP)
#define TLS (1u << CONF_HEALTH_TLS)
#define GRPC (1u << CONF_HEALTH_GRPC)

/* What not every type has; the host of TLS is a name. */
static const struct {
	enum conf_setting id;
	unsigned types;
} of_some[] = {
    {SETTING_HEALTH_path, HTTP},
    {SETTING_HEALTH_method, HTTP},
    {SETTING_HEALTH_headers, HTTP | GRPC},
    {SETTING_HEALTH_expect, HTTP},
    {SETTING_HEALTH_body, HTTP},
    {SETTING_HEALTH_host, HTTP | TLS | GRPC},
    {SETTING_HEALTH_service, GRPC},
};

#define OF_SOME (sizeof(of_some) / sizeof(of_some[0]))

/* A TYPE that there is not has nothing of these. */
static unsigned bit_of(const char *type)
{
	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(type, type_names[i]) == 0)
			return 1u << i;
	return 0;
}

static bool type_has(unsigned type, enum conf_setting id)
{
	for (size_t i = 0; i < OF_SOME; i++)
		if (of_some[i].id == id)
			return of_some[i].types & type;
	return true;
}

bool conf_health_has(const config_setting_t *group, enum conf_setting id)
{
	return type_has(bit_of(conf_setting_text(group, SETTING_HEALTH_type)),
	    id);
}

static void refuse_unfit(struct conf_build *b, const config_setting_t *group,
    enum conf_health_type type)
{
	for (size_t i = 0; i < OF_SOME; i++) {
		enum conf_setting id = of_some[i].id;

		if (type_has(1u << type, id) || !conf_setting_given(group, id))
			continue;
		conf_report_error(b->report, conf_setting_spot(group, id),
		    "a check of type = \"%s\" has no \"%s\"",
		    type_names[type], conf_setting_rows[id].key);
		conf_report_help(b->report, "remove it, or write type = "
		    "\"%s\";", of_some[i].types & HTTP ? "http" : "grpc");
	}
}

/* ---- the request ---- */

static struct conf_template plain(const struct conf_template_part *part)
{
	return (struct conf_template){.parts = part, .count = 1};
}

static struct str read_path(struct conf_build *b,
    const config_setting_t *group)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_HEALTH_path);
	struct conf_template_part part = {.id = CONF_PART_TEXT};
	struct conf_template t = plain(&part);

	part.text = str_from(conf_setting_text(group, SETTING_HEALTH_path));
	if (setting != NULL && part.text.p[0] != '/') {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "a path begins with \"/\"");
		conf_report_help(b->report, "write path = \"/%" PRI_STR "\";",
		    ARG_STR(part.text));
	} else if (setting != NULL) {
		(void)conf_value_check_url(b, setting, &t, "?");
	}
	return keep(b, part.text);
}

static struct str read_method(struct conf_build *b,
    const config_setting_t *group)
{
	struct str text =
	    str_from(conf_setting_text(group, SETTING_HEALTH_method));

	if (conf_when_is_method(text) && text.n <= METHOD_MAX &&
	    !str_eq(text, STR("CONNECT")) && !str_eq(text, STR("TRACE")))
		return keep(b, text);
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_HEALTH_method),
	    "\"%" PRI_STR "\" is not a method to check with", ARG_STR(text));
	conf_report_help(b->report, "write method = \"GET\"; or \"HEAD\"");
	return text;
}

/* NULL: *fault_r says why. */
static const char *host_of(struct conf_build *b, struct str text,
    enum conf_health_type type, struct conf_name_fault *fault_r)
{
	if (type != CONF_HEALTH_TLS)
		return conf_forwarding_host(&b->conf->arena, text, fault_r);
	fault_r->text = "this is not a name that TLS can ask for";
	return conf_name_is_dns(text) ? text.p : NULL;
}

static struct str read_host(struct conf_build *b,
    const config_setting_t *group, enum conf_health_type type)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_HEALTH_host);
	struct conf_name_fault fault;
	const char *host;

	if (setting == NULL)
		return STR("");
	host = host_of(b, str_from(conf_tree_text(setting)), type, &fault);
	if (host != NULL)
		return keep(b, str_from(host));
	conf_report_error(b->report, conf_tree_spot(setting), "%s",
	    fault.text);
	conf_report_help(b->report, "write host = %s;",
	    conf_setting_rows[SETTING_HEALTH_host].example);
	return STR("");
}

/* Of package and service, or whatever the server calls itself. */
static struct str read_service(struct conf_build *b,
    const config_setting_t *group)
{
	const char *text = conf_setting_text(group, SETTING_HEALTH_service);

	if (strlen(text) <= CONF_SERVICE_MAX)
		return keep(b, str_from(text));
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_HEALTH_service),
	    "the name of a service has at most %u bytes", CONF_SERVICE_MAX);
	return STR("");
}

static bool is_host(struct conf_build *b, const config_setting_t *member)
{
	if (!str_eq_nocase(str_from(member->name), STR("Host")))
		return false;
	conf_report_error(b->report, &conf_tree_node(member)->name,
	    "the Host of a check has a setting of its own");
	conf_report_help(b->report, "write host = %s;",
	    conf_setting_rows[SETTING_HEALTH_host].example);
	return true;
}

static bool check_field(struct conf_build *b, const config_setting_t *member)
{
	struct conf_template_part part = {.id = CONF_PART_TEXT};
	struct conf_template t = plain(&part);

	if (conf_tree_refused(member) ||
	    conf_variables_refuse(b->report, member, "headers") ||
	    is_host(b, member))
		return false;
	part.text = str_from(conf_tree_text(member));
	return conf_headers_check_name(b, &conf_tree_node(member)->name,
		str_from(member->name), true) &&
	    conf_value_check_line(b, member, &t);
}

/* Their lines, ours before them. */
static struct str read_lines(struct conf_build *b,
    const config_setting_t *group)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_HEALTH_headers);
	int count = setting != NULL ? config_setting_length(setting) : 0;
	struct str lines = STR(AGENT);

	for (int i = 0; i < count; i++) {
		const config_setting_t *member =
		    config_setting_get_elem(setting, (unsigned)i);
		struct str name = str_from(member->name);
		struct str value;
		struct out out;

		if (!check_field(b, member))
			continue;
		value = str_trim(str_from(conf_tree_text(member)));
		if (str_eq_nocase(name, STR("User-Agent")))
			lines = str_behind(lines, sizeof(AGENT) - 1);
		out = out_make(NULL, lines.n + name.n + value.n + 4);
		out.p = arena_alloc(&b->conf->arena, out.cap);
		out_str(&out, lines);
		out_str(&out, name);
		out_lit(&out, ": ");
		out_str(&out, value);
		out_lit(&out, "\r\n");
		lines = out_text(&out);
	}
	return lines;
}

void conf_health_request(struct out *o, const struct conf_health *h,
    struct str prefix, struct str host)
{
	out_str(o, h->method);
	out_char(o, ' ');
	out_str(o, prefix);
	out_str(o, h->path);
	out_lit(o, " HTTP/1.1\r\nHost: ");
	out_str(o, h->host.n > 0 ? h->host : host);
	out_lit(o, "\r\n");
	out_str(o, h->lines);
	out_lit(o, "Connection: close\r\n\r\n");
}

/* ---- the reply ---- */

/* As it is to be said: "200-299, 404". */
static const char *list_statuses(struct conf_build *b,
    const config_setting_t *setting)
{
	unsigned count = setting != NULL ? conf_tree_item_count(setting) : 0;
	char text[120];
	struct out out = out_make(text, sizeof(text));

	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (conf_tree_refused(item))
			continue;
		if (i > 0)
			out_lit(&out, ", ");
		if (item->type == CONFIG_TYPE_STRING)
			out_str(&out, str_from(conf_tree_text(item)));
		else
			out_str(&out, conf_spot_text(conf_tree_spot(item)));
	}
	if (!out_ok(&out))
		return "another";
	return count > 0 ? arena_strdup(&b->conf->arena, out_text(&out))
	    : conf_setting_rows[SETTING_HEALTH_expect].fallback;
}

static void read_expect(struct conf_build *b, const config_setting_t *group,
    struct conf_health *h)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_HEALTH_expect);
	struct conf_statuses set = {CONF_EXPECT_LEAST, CONF_EXPECT_MOST,
	    h->expect};

	if (setting != NULL)
		conf_statuses_read(b, setting, SETTING_HEALTH_expect, &set);
	else
		(void)conf_statuses_add(&set, str_from(
		    conf_setting_rows[SETTING_HEALTH_expect].fallback));
	h->expect_text = list_statuses(b, setting);
}

static const struct conf_pattern *read_body(struct conf_build *b,
    const config_setting_t *group, struct str method)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_HEALTH_body);

	if (setting == NULL)
		return NULL;
	if (str_eq(method, STR("HEAD"))) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "the reply to a HEAD has no body");
		conf_report_help(b->report, "write method = \"GET\";");
	}
	return conf_regex_read_search(b, conf_tree_spot(setting),
	    str_from(conf_tree_text(setting)));
}

/* ---- all of it ---- */

static void make_identity(struct conf_build *b, struct conf_health *h)
{
	struct str body = h->body != NULL ? h->body->text : STR("");
	size_t room = 400 + h->path.n + h->host.n + h->method.n +
	    h->service.n + h->lines.n + body.n;
	struct out out = out_make(arena_alloc(&b->conf->arena, room), room);

	out_fmt(&out, "%u %u %" PRId64 " %" PRId64 " %u %u %u ",
	    (unsigned)h->type, h->port, h->every, h->timeout, h->rise, h->fall,
	    h->jitter);
	for (size_t i = 0; i < sizeof(h->expect) / sizeof(h->expect[0]); i++) {
		out_hex(&out, h->expect[i]);
		out_char(&out, ' ');
	}
	out_str(&out, h->method);
	out_char(&out, ' ');
	out_str(&out, h->path);
	out_char(&out, ' ');
	out_str(&out, h->host);
	out_char(&out, ' ');
	out_str(&out, h->service);
	out_lit(&out, "\r\n");
	out_str(&out, h->lines);
	out_lit(&out, "\r\n");
	out_str(&out, body);
	h->identity = out_text(&out);
}

const struct conf_health *conf_health_read(struct conf_build *b,
    const config_setting_t *pool)
{
	const config_setting_t *group;
	struct conf_health *h;

	if (!conf_setting_feature(pool, SETTING_POOL_health, &group))
		return NULL;
	h = ARENA_NEW(&b->conf->arena, struct conf_health);
	h->place = conf_spot_place(conf_setting_spot(
	    group != NULL ? group : pool, group != NULL ? SETTING_HEALTH_path
		: SETTING_POOL_health));
	h->type = read_type(b, group);
	refuse_unfit(b, group, h->type);
	h->path = read_path(b, group);
	h->host = read_host(b, group, h->type);
	h->method = read_method(b, group);
	h->service = read_service(b, group);
	h->lines = read_lines(b, group);
	read_expect(b, group, h);
	h->body = read_body(b, group, h->method);
	h->port = conf_setting_count(group, SETTING_HEALTH_port);
	h->every = conf_setting_duration(group, SETTING_HEALTH_every);
	h->timeout = conf_setting_duration(group, SETTING_HEALTH_timeout);
	h->rise = conf_setting_count(group, SETTING_HEALTH_rise);
	h->fall = conf_setting_count(group, SETTING_HEALTH_fall);
	h->jitter = conf_setting_share(group, SETTING_HEALTH_jitter);
	make_identity(b, h);
	return h;
}

void conf_health_check_servers(struct conf_build *b,
    const struct conf_pool *pool, const config_setting_t *group)
{
	const config_setting_t *health;

	if (pool->health == NULL || pool->health->port == 0)
		return;
	(void)conf_setting_feature(group, SETTING_POOL_health, &health);
	for (unsigned i = 0; i < pool->server_count; i++) {
		if (pool->servers[i].address.addr.ss_family != AF_UNIX)
			continue;
		conf_report_error(b->report,
		    conf_setting_spot(health, SETTING_HEALTH_port),
		    "%s has no port that could be another",
		    pool->servers[i].url);
		return;
	}
}

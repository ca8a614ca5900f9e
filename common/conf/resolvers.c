/*
 * resolvers.c - the name servers of sluiced.conf.
 *
 * Runs in the master.  Addresses only: who would say what the name of a name
 * server is?
 */
#include "common/conf/resolvers.h"

#include "common/base/insist.h"
#include "common/base/ip.h"
#include "common/conf/address.h"
#include "common/conf/settings.h"

#define DNS_PORT 53
#define RESOLVERS_MAX 8 /* as settings.h says */
#define ADDRESS_SIZE 64

/* "::1" needs no brackets when it has no port. */
static bool split(struct str text, struct conf_hostport *parts_r)
{
	struct ip ip;

	if (!ip_parse(text, &ip) || ip.family != AF_INET6)
		return conf_address_split(text, parts_r);
	*parts_r = (struct conf_hostport){.host = text, .brackets = true};
	return true;
}

static bool read_one(struct arena *a, struct str text,
    struct conf_address *address_r)
{
	struct conf_hostport parts;
	uint16_t port = DNS_PORT;

	return split(text, &parts) &&
	    (parts.port.p == NULL || conf_address_port(parts.port, &port)) &&
	    conf_address_ip(a, &parts, port, address_r);
}

static void refuse(struct conf_build *b, const config_setting_t *item,
    struct str text)
{
	conf_report_error(b->report, conf_tree_spot(item),
	    "\"%" PRI_STR "\" is not the address of a name server",
	    ARG_STR(text));
	conf_report_help(b->report, "write it like \"10.0.0.2\", "
	    "\"127.0.0.1:5353\" or \"[2001:db8::53]:53\"");
}

void conf_resolvers_read(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *setting =
	    conf_setting_get(root, SETTING_GLOBAL_resolvers);
	unsigned count = setting != NULL ? conf_tree_item_count(setting) : 0;
	char list[RESOLVERS_MAX * ADDRESS_SIZE];
	struct out o = out_make(list, sizeof(list));

	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);
		struct conf_address address;
		struct str text;

		if (conf_tree_refused(item))
			continue;
		text = str_from(conf_tree_text(item));
		if (!read_one(b->scratch, text, &address)) {
			refuse(b, item, text);
			continue;
		}
		if (o.n > 0)
			out_char(&o, ',');
		out_str(&o, str_from(address.text));
	}
	INSIST(out_ok(&o));
	if (o.n > 0)
		b->conf->resolvers =
		    arena_strdup(&b->conf->arena, out_text(&o));
}

/*
 * network.c - networks of addresses.
 *
 * Reading runs in the master, asking in workers.  A network is the bits that
 * its addresses begin with, and the bits behind them must be zero: who writes
 * 10.1.2.3/8 means either 10.0.0.0/8 or one address, and we do not guess.
 * IPv6 spellings of IPv4 are refused here, because ip.h makes IPv4 of such a
 * peer and no address would ever be in them.
 */
#include "common/conf/network.h"

#include "common/base/insist.h"

#define EXAMPLES "\"10.0.0.0/8\", \"192.0.2.1\", \"2001:db8::/32\" or \"unix\""

static unsigned width(const struct conf_network *network)
{
	return network->family == AF_INET ? 32 : 128;
}

/* Sets all behind BITS to zero. True: it was so. */
static bool clear_behind(struct conf_network *network)
{
	bool clear = true;

	for (unsigned i = 0; i < sizeof(network->addr); i++) {
		unsigned kept =
		    network->bits < 8 * i ? 0 : network->bits - 8 * i;
		uint8_t mask = kept >= 8 ? 0 : (uint8_t)(0xff >> kept);

		clear = clear && (network->addr[i] & mask) == 0;
		network->addr[i] &= (uint8_t)~mask;
	}
	return clear;
}

/* ---- reading ---- */

struct reading {
	struct conf_report *report;
	const struct conf_spot *spot;
	struct conf_network *network;
};

static bool refuse(struct reading *r, const char *text)
{
	conf_report_error(r->report, r->spot, "%s", text);
	conf_report_help(r->report, "write " EXAMPLES);
	return false;
}

static bool read_bits(struct reading *r, struct str bits)
{
	unsigned most = width(r->network);
	uint64_t value;

	if (str_to_u64(bits, most, &value) &&
	    (value == 0 || bits.p[0] != '0')) {
		r->network->bits = (unsigned)value;
		return true;
	}
	conf_report_error(r->report, r->spot,
	    "the length of a prefix of IPv%u is a number from 0 to %u",
	    most == 32 ? 4U : 6U, most);
	conf_report_help(r->report, "write " EXAMPLES);
	return false;
}

static void refuse_bits_behind(struct reading *r, struct str address)
{
	char text[IP_TEXT_MAX + 1];
	struct out out = out_make(text, sizeof(text));
	struct ip ip = {.family = r->network->family};

	memcpy(ip.bytes, r->network->addr, sizeof(ip.bytes));
	ip_write(&ip, &out);
	conf_report_error(r->report, r->spot,
	    "the address has bits behind its prefix of %u", r->network->bits);
	conf_report_help(r->report, "write \"%s/%u\" for the network, or "
	    "\"%" PRI_STR "\" for the one address", out_cstr(&out),
	    r->network->bits, ARG_STR(address));
}

static bool read_address(struct reading *r, struct str address)
{
	struct ip ip;

	if (!ip_parse(address, &ip))
		return refuse(r, "this is not an address or a network");
	if (ip.family == AF_INET && memchr(address.p, ':', address.n) != NULL)
		return refuse(r, "this is an address of IPv4: write it as one");
	r->network->family = ip.family;
	r->network->bits = width(r->network);
	memcpy(r->network->addr, ip.bytes, sizeof(ip.bytes));
	return true;
}

static bool read_one(struct reading *r, struct str text)
{
	const char *slash = memchr(text.p, '/', text.n);
	struct str address = text;

	*r->network = (struct conf_network){.family = AF_UNIX};
	if (str_eq(text, STR("unix")))
		return true;
	if (slash != NULL)
		address.n = (size_t)(slash - text.p);
	if (!read_address(r, address))
		return false;
	if (slash == NULL)
		return true;
	if (!read_bits(r, str_make(slash + 1, text.n - address.n - 1)))
		return false;
	if (clear_behind(r->network))
		return true;
	refuse_bits_behind(r, address);
	return false;
}

struct conf_networks conf_networks_read(struct conf_build *b,
    const config_setting_t *setting)
{
	unsigned items = conf_tree_item_count(setting);
	struct conf_network *at =
	    ARENA_ARRAY(&b->conf->arena, struct conf_network, items);
	unsigned count = 0;

	for (unsigned i = 0; i < items; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);
		struct reading r = {.report = b->report,
		    .spot = conf_tree_spot(item),
		    .network = &at[count]};

		if (conf_tree_refused(item))
			continue;
		if (read_one(&r, str_from(conf_tree_text(item))))
			count++;
		else
			conf_tree_node(item)->refused = true;
	}
	INSIST(count <= items);
	return (struct conf_networks){at, count};
}

/* ---- asking ---- */

static bool holds(const struct conf_network *network, const struct ip *ip)
{
	unsigned whole = network->bits / 8;
	unsigned rest = network->bits % 8;

	if (network->family != ip->family)
		return false;
	if (memcmp(network->addr, ip->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    (network->addr[whole] ^ ip->bytes[whole]) >> (8 - rest) == 0;
}

bool conf_networks_hold(const struct conf_networks *networks,
    const struct ip *ip)
{
	for (unsigned i = 0; i < networks->count; i++)
		if (holds(&networks->at[i], ip))
			return true;
	return false;
}

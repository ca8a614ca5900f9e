/*
 * proxy_header_write.c - the header of the PROXY protocol, for an origin.
 *
 * Pure.  proxy-protocol.txt of HAProxy, 2.1 and 2.2; drawn in proxy_header.c.
 * A client over IPv4 at a listener of IPv6, or the other way round, is told in
 * IPv6: the header has one family for both ends.
 */
#include "common/base/insist.h"
#include "worker/conn/proxy_header.h"

#define SIGNATURE STR("\r\n\r\n\0\r\nQUIT\n")
#define VERSION 0x20
#define LOCAL 0
#define PROXY 1
#define STREAM 1 /* of all transports */
#define FAMILY_IP4 0x10
#define FAMILY_IP6 0x20

static bool is_ip(const struct proxy_header *h)
{
	return h->tells && h->from.family != AF_UNIX &&
	    h->to.family != AF_UNIX;
}

static bool is_ip4(const struct proxy_header *h)
{
	return h->from.family == AF_INET && h->to.family == AF_INET;
}

/* ---- version 1 ---- */

static void write_address(struct out *o, const struct ip *ip, bool ip6)
{
	if (ip6 && ip->family == AF_INET)
		out_lit(o, "::ffff:");
	ip_write(ip, o);
	out_char(o, ' ');
}

static void write_v1(struct out *o, const struct proxy_header *h)
{
	bool ip6 = !is_ip4(h);

	if (!is_ip(h)) {
		out_lit(o, "PROXY UNKNOWN\r\n");
		return;
	}
	out_str(o, ip6 ? STR("PROXY TCP6 ") : STR("PROXY TCP4 "));
	write_address(o, &h->from, ip6);
	write_address(o, &h->to, ip6);
	out_u64(o, h->from_port);
	out_char(o, ' ');
	out_u64(o, h->to_port);
	out_lit(o, "\r\n");
}

/* ---- version 2 ---- */

static void put16(struct out *o, unsigned value)
{
	out_char(o, (char)(value >> 8));
	out_char(o, (char)value);
}

static void put_address(struct out *o, const struct ip *ip, bool ip6)
{
	static const char mapped[12] = {[10] = '\xff', [11] = '\xff'};

	if (ip6 && ip->family == AF_INET)
		out_bytes(o, mapped, sizeof(mapped));
	out_bytes(o, (const char *)ip->bytes, ip->family == AF_INET ? 4 : 16);
}

static void write_v2(struct out *o, const struct proxy_header *h)
{
	bool ip6 = !is_ip4(h);

	out_str(o, SIGNATURE);
	out_char(o, h->tells ? VERSION | PROXY : VERSION | LOCAL);
	if (!is_ip(h)) {
		out_char(o, 0); /* of no family */
		put16(o, 0);
		return;
	}
	out_char(o, (ip6 ? FAMILY_IP6 : FAMILY_IP4) | STREAM);
	put16(o, ip6 ? 2 * 16 + 4 : 2 * 4 + 4);
	put_address(o, &h->from, ip6);
	put_address(o, &h->to, ip6);
	put16(o, h->from_port);
	put16(o, h->to_port);
}

void proxy_header_write(struct out *o, unsigned version,
    const struct proxy_header *h)
{
	INSIST(version == 1 || version == 2);
	if (version == 1)
		write_v1(o, h);
	else
		write_v2(o, h);
}

/*
 * ip.c - an address of IP, as bytes and as text.
 *
 * IPv4 is written here, because a worker does it for each request; the other
 * ways between bytes and text are the C library's, which is strict: four
 * numbers without leading zeros, no zone.
 */
#include "common/base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

/* IPv4 within IPv6 becomes IPv4. */
static void unmap(struct ip *ip)
{
	if (memcmp(ip->bytes, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return;
	ip->family = AF_INET;
	memcpy(ip->bytes, ip->bytes + sizeof(mapped_prefix), 4);
	memset(ip->bytes + 4, 0, sizeof(ip->bytes) - 4);
}

struct ip ip_of_bytes(sa_family_t family, const void *bytes)
{
	struct ip ip = {.family = family};

	if (family == AF_INET) {
		memcpy(ip.bytes, bytes, 4);
	} else if (family == AF_INET6) {
		memcpy(ip.bytes, bytes, 16);
		unmap(&ip);
	}
	return ip;
}

struct ip ip_of(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;

	if (addr->ss_family == AF_INET6)
		return ip_of_bytes(AF_INET6, &v6->sin6_addr);
	return ip_of_bytes(addr->ss_family, &v4->sin_addr);
}

bool ip_parse(struct str text, struct ip *ip_r)
{
	char literal[IP_TEXT_MAX + 1];

	*ip_r = (struct ip){.family = AF_INET};
	if (text.n == 0 || text.n > IP_TEXT_MAX ||
	    memchr(text.p, '\0', text.n) != NULL)
		return false;
	memcpy(literal, text.p, text.n);
	literal[text.n] = '\0';
	if (inet_pton(AF_INET, literal, ip_r->bytes) == 1)
		return true;
	if (inet_pton(AF_INET6, literal, ip_r->bytes) != 1)
		return false;
	ip_r->family = AF_INET6;
	unmap(ip_r);
	return true;
}

static char *write_byte(char *p, unsigned value)
{
	if (value >= 100)
		*p++ = (char)('0' + value / 100);
	if (value >= 10)
		*p++ = (char)('0' + value / 10 % 10);
	*p++ = (char)('0' + value % 10);
	return p;
}

static void write_ip4(const uint8_t *bytes, struct out *o)
{
	char text[sizeof("255.255.255.255")];
	char *p = text;

	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*p++ = '.';
		p = write_byte(p, bytes[i]);
	}
	out_bytes(o, text, (size_t)(p - text));
}

void ip_write(const struct ip *ip, struct out *o)
{
	char text[INET6_ADDRSTRLEN];

	if (ip->family == AF_INET)
		write_ip4(ip->bytes, o);
	else if (ip->family == AF_INET6 &&
		 inet_ntop(AF_INET6, ip->bytes, text, sizeof(text)) != NULL)
		out_str(o, str_from(text));
	else
		out_lit(o, "unix");
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family &&
	    memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

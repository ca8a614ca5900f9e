/*
 * address.c - socket addresses as text: literals only, no names.
 *
 * Runs in the master.  The text of an address is made from its bytes, so one
 * address has one text, however it was written.
 */
#include "common/conf/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "common/base/insist.h"

#define LITERAL_MAX (INET6_ADDRSTRLEN - 1)
#define TEXT_SIZE (INET6_ADDRSTRLEN + sizeof("[]:65535"))

static bool split_brackets(struct str text, struct conf_hostport *parts)
{
	const char *end = memchr(text.p, ']', text.n);
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - text.p) + 1;
	parts->brackets = true;
	parts->host = str_make(text.p + 1, n - 2);
	if (n < text.n)
		parts->port = str_make(end + 2, text.n - n - 1);
	return n == text.n || end[1] == ':';
}

bool conf_address_split(struct str text, struct conf_hostport *parts_r)
{
	const char *colon;

	INSIST(text.p != NULL);
	*parts_r = (struct conf_hostport){.host = text};
	if (text.n > 0 && text.p[0] == '[')
		return split_brackets(text, parts_r);
	colon = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
	if (colon == NULL)
		return true;
	parts_r->host.n = (size_t)(colon - text.p);
	parts_r->port = str_make(colon + 1, text.n - parts_r->host.n - 1);
	return parts_r->port.n == 0 ||
	    memchr(parts_r->port.p, ':', parts_r->port.n) == NULL;
}

bool conf_address_port(struct str text, uint16_t *port_r)
{
	uint64_t value;

	if (text.n == 0 || text.p[0] == '0' ||
	    !str_to_u64(text, UINT16_MAX, &value))
		return false;
	*port_r = (uint16_t)value;
	return true;
}

struct str conf_address_port_in(struct str text)
{
	struct conf_hostport parts;
	uint16_t ignored;

	if (text.n > 0 && conf_address_split(text, &parts) &&
	    conf_address_port(parts.port, &ignored))
		return parts.port;
	return STR("");
}

static void set_ip4(struct arena *a, struct conf_address *address,
    struct in_addr ip, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address->addr;
	char literal[INET_ADDRSTRLEN];
	char text[TEXT_SIZE];
	int n;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	in->sin_addr = ip;
	address->len = sizeof(*in);
	inet_ntop(AF_INET, &ip, literal, sizeof(literal));
	n = snprintf(text, sizeof(text), "%s:%u", literal, port);
	INSIST(n > 0 && (size_t)n < sizeof(text));
	address->text = arena_strdup(a, str_make(text, (size_t)n));
}

static void set_ip6(struct arena *a, struct conf_address *address,
    const struct in6_addr *ip, uint16_t port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->addr;
	char literal[INET6_ADDRSTRLEN];
	char text[TEXT_SIZE];
	int n;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_addr = *ip;
	address->len = sizeof(*in6);
	inet_ntop(AF_INET6, ip, literal, sizeof(literal));
	n = snprintf(text, sizeof(text), "[%s]:%u", literal, port);
	INSIST(n > 0 && (size_t)n < sizeof(text));
	address->text = arena_strdup(a, str_make(text, (size_t)n));
}

bool conf_address_ip(struct arena *a, const struct conf_hostport *parts,
    uint16_t port, struct conf_address *address_r)
{
	char literal[LITERAL_MAX + 1];
	struct in6_addr ip6;
	struct in_addr ip4;

	if (parts->host.n == 0 || parts->host.n > LITERAL_MAX ||
	    memchr(parts->host.p, '\0', parts->host.n) != NULL)
		return false;
	memcpy(literal, parts->host.p, parts->host.n);
	literal[parts->host.n] = '\0';
	*address_r = (struct conf_address){0};
	if (parts->brackets && inet_pton(AF_INET6, literal, &ip6) == 1)
		set_ip6(a, address_r, &ip6, port);
	else if (!parts->brackets && inet_pton(AF_INET, literal, &ip4) == 1)
		set_ip4(a, address_r, ip4, port);
	return address_r->len > 0;
}

const char *conf_address_unix(struct arena *a, struct str path,
    struct conf_address *address_r)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&address_r->addr;
	char *text;

	*address_r = (struct conf_address){0};
	if (path.n == 0 || path.p[0] != '/')
		return "the path of a unix socket must begin with \"/\"";
	if (path.n >= sizeof(un->sun_path))
		return "the path of a unix socket has at most 107 bytes";
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.p, path.n);
	address_r->len = sizeof(*un);
	text = arena_alloc(a, sizeof("unix:") + path.n);
	memcpy(text, "unix:", sizeof("unix:") - 1);
	memcpy(text + sizeof("unix:") - 1, un->sun_path, path.n + 1);
	address_r->text = text;
	return NULL;
}

bool conf_address_eq(const struct conf_address *a,
    const struct conf_address *b)
{
	INSIST(a->len > 0 && b->len > 0);
	return a->len == b->len && memcmp(&a->addr, &b->addr, a->len) == 0;
}

uint16_t conf_address_port_of(const struct conf_address *a)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a->addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&a->addr;

	if (a->addr.ss_family == AF_INET6)
		return ntohs(in6->sin6_port);
	return a->addr.ss_family == AF_INET ? ntohs(in->sin_port) : 0;
}

/*
 * tcp.c - making TCP sockets, and saying why not.
 *
 * With SO_REUSEPORT two daemons of one user could share a port by accident
 * and each would get half of the connections.  So a new address is first
 * bound without it, as a probe: that fails if anybody listens there, even
 * with SO_REUSEPORT.  SO_REUSEADDR is set, because connections in TIME_WAIT
 * are no reason to refuse.
 */
#include "master/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "master/holder.h"

static const struct sockaddr_in *v4(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in *)a;
}

static const struct sockaddr_in6 *v6(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in6 *)a;
}

static unsigned port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6 ? v6(a)->sin6_port
					      : v4(a)->sin_port);
}

static bool is_wildcard(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&v6(a)->sin6_addr);
	return v4(a)->sin_addr.s_addr == htonl(INADDR_ANY);
}

static bool same_host(const struct sockaddr_storage *a,
    const struct sockaddr_storage *b)
{
	if (a->ss_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&v6(a)->sin6_addr,
		    &v6(b)->sin6_addr);
	return v4(a)->sin_addr.s_addr == v4(b)->sin_addr.s_addr;
}

bool tcp_overlaps(const struct sockaddr_storage *a,
    const struct sockaddr_storage *b)
{
	return a->ss_family == b->ss_family && port_of(a) == port_of(b) &&
	    (is_wildcard(a) || is_wildcard(b) || same_host(a, b));
}

/* ---- why not ---- */

/* A port that is likely to be free and needs no privilege. */
static unsigned other_port(unsigned port)
{
	if (port == 443)
		return 8443;
	if (port < 1024)
		return 8000 + port;
	return port < 65535 ? port + 1 : 8080;
}

static void write_help(const struct conf_listener *l, const char *first,
    struct out *why)
{
	unsigned port = other_port(port_of(&l->address.addr));

	if (l->place.line == 0)
		out_fmt(why, "help: %s--listen %u\n", first, port);
	else
		out_fmt(why, "help: %slisten = [ \"%u\" ];\n", first, port);
}

static void write_taken(const struct conf_listener *l, struct out *why)
{
	out_fmt(why, "%s is taken", l->address.text);
	if (why->full)
		return;
	out_lit(why, " by ");
	if (!holder_write((const struct sockaddr *)&l->address.addr, why))
		out_lit(why, "another program");
	out_char(why, '\n');
	write_help(l, "stop it, or ", why);
}

static void write_reason(const struct conf_listener *l, int error,
    struct out *why)
{
	const struct conf_place *place = &l->place;

	out_fmt(why, "%s:", place->file);
	if (place->line > 0)
		out_fmt(why, "%u:%u:", place->line, place->column);
	out_lit(why, " error: ");
	if (error == EADDRINUSE) {
		write_taken(l, why);
	} else if (error == EACCES) {
		out_fmt(why, "%s may not be bound without root\n",
		    l->address.text);
		write_help(l, "run it as root, or ", why);
	} else {
		out_fmt(why, "%s: %s\n", l->address.text, strerror(error));
	}
}

/* ---- sockets ---- */

static bool set_option(int fd, int level, int option)
{
	int one = 1;

	return setsockopt(fd, level, option, &one, sizeof(one)) == 0;
}

static bool set_options(int fd, int family, bool shared_port)
{
	return set_option(fd, SOL_SOCKET, SO_REUSEADDR) &&
	    (!shared_port || set_option(fd, SOL_SOCKET, SO_REUSEPORT)) &&
	    (family != AF_INET6 ||
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY));
}

/* A bound socket, or -errno. */
static int open_bound(const struct conf_address *a, bool shared_port)
{
	int family = a->addr.ss_family;
	int fd, error;

	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (set_options(fd, family, shared_port) &&
	    bind(fd, (const struct sockaddr *)&a->addr, a->len) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

int tcp_bind(const struct conf_listener *l, bool probe, struct out *why)
{
	int fd = 0;

	INSIST(!l->is_unix);
	if (probe) {
		fd = open_bound(&l->address, false);
		if (fd >= 0)
			close(fd);
	}
	if (fd >= 0)
		fd = open_bound(&l->address, true);
	if (fd < 0)
		write_reason(l, -fd, why);
	return fd;
}

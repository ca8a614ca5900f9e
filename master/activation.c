/*
 * activation.c - listening sockets that were handed to us: sd_listen_fds(3).
 *
 * Runs in the master.  The protocol is three variables: LISTEN_PID says who is
 * meant, LISTEN_FDS how many descriptors there are from 3 on, LISTEN_FDNAMES
 * what they are called.  A socket is known by the address that it is bound to:
 * the configuration says what happens there, and names are for messages only.
 *
 * The set never changes.  Which of them are used may, with each reload.
 */
#include "master/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/ip.h"
#include "common/base/log.h"
#include "common/conf/address.h"

#define FIRST 3
#define HANDED_MAX 128

struct handed {
	int fd;
	struct conf_address address; /* its text: NAME and where it is bound */
	char text[200];
};

static struct handed all[HANDED_MAX];
static unsigned handed_count;

/* ---- what it is ---- */

static const char *unix_path(const struct conf_address *a)
{
	const struct sockaddr_un *addr = (const struct sockaddr_un *)&a->addr;

	return addr->sun_path;
}

static void write_port(const struct conf_address *a, struct out *o)
{
	bool v6 = a->addr.ss_family == AF_INET6;
	struct ip ip = ip_of(&a->addr);
	uint16_t port = v6
	    ? ((const struct sockaddr_in6 *)&a->addr)->sin6_port
	    : ((const struct sockaddr_in *)&a->addr)->sin_port;

	out_str(o, v6 ? STR("[") : STR(""));
	ip_write(&ip, o);
	out_fmt(o, "%s:%u", v6 ? "]" : "", ntohs(port));
}

/* "the socket [::]:80 (http.socket)" */
static void describe(struct handed *h, struct str name)
{
	struct out o = out_make(h->text, sizeof(h->text));

	out_lit(&o, "the socket ");
	if (h->address.addr.ss_family == AF_UNIX)
		out_fmt(&o, "unix:%.120s", unix_path(&h->address));
	else
		write_port(&h->address, &o);
	if (name.n > 0 && name.n < 60)
		out_fmt(&o, " (%" PRI_STR ")", ARG_STR(name));
	h->address.text = out_cstr(&o);
}

static int get_option(int fd, int level, int option)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, level, option, &value, &n) == 0 ? value : -1;
}

static bool is_listener(int fd, const struct conf_address *a)
{
	int family = a->addr.ss_family;

	return get_option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 &&
	    get_option(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM &&
	    (family == AF_INET || family == AF_INET6 || family == AF_UNIX);
}

/* IPv4 too would be taken for another address of the configuration. */
static bool takes_both(int fd, const struct conf_address *a)
{
	const struct sockaddr_in6 *addr = (const struct sockaddr_in6 *)&a->addr;

	return a->addr.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&addr->sin6_addr) &&
	    get_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
}

/* ---- taking ---- */

static int take_one(int fd, struct str name, struct out *why)
{
	struct handed *h = &all[handed_count];
	struct conf_address *a = &h->address;

	*h = (struct handed){.fd = fd};
	a->len = sizeof(a->addr);
	if (getsockname(fd, (struct sockaddr *)&a->addr, &a->len) < 0 ||
	    !is_listener(fd, a)) {
		out_fmt(why, "error: descriptor %d, which was handed over, is "
			     "no listening stream socket\n", fd);
		return -1;
	}
	describe(h, name);
	if (takes_both(fd, a)) {
		out_fmt(why, "error: %s was handed over for IPv4, too\n"
			     "help: BindIPv6Only=ipv6-only in [Socket], and a "
			     "ListenStream= for each\n", a->text);
		return -1;
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
		out_fmt(why, "error: %s: %s\n", a->text, strerror(errno));
		return -1;
	}
	handed_count++;
	return 0;
}

/* The next of LISTEN_FDNAMES. */
static struct str next_name(struct str *rest)
{
	const char *colon = memchr(rest->p, ':', rest->n);
	size_t n = colon != NULL ? (size_t)(colon - rest->p) : rest->n;
	struct str name = str_make(rest->p, n);

	*rest = str_behind(*rest, n + (colon != NULL));
	return name;
}

/* A decimal number in the environment; 0: there is none. */
static unsigned long read_number(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long n;

	if (text == NULL || !char_is_digit(text[0]))
		return 0;
	n = strtoul(text, &end, 10);
	return *end == '\0' ? n : 0;
}

int activation_take(struct out *why)
{
	unsigned long count = read_number("LISTEN_FDS");
	const char *text = getenv("LISTEN_FDNAMES");
	struct str names = str_from(text != NULL ? text : "");

	INSIST(handed_count == 0);
	if (read_number("LISTEN_PID") != (unsigned long)getpid())
		return 0;
	if (count > HANDED_MAX) {
		out_fmt(why, "error: more than %d sockets were handed over\n",
		    HANDED_MAX);
		return -1;
	}
	for (unsigned i = 0; i < count; i++)
		if (take_one(FIRST + (int)i, next_name(&names), why) < 0)
			return -1;
	return 0;
}

/* ---- using ---- */

/* The length of a unix address is anybody's. */
static bool is_at(const struct handed *h, const struct conf_address *a)
{
	if (a->addr.ss_family != AF_UNIX)
		return conf_address_eq(&h->address, a);
	return h->address.addr.ss_family == AF_UNIX &&
	    strcmp(unix_path(&h->address), unix_path(a)) == 0;
}

int activation_find(const struct conf_address *address)
{
	for (unsigned i = 0; i < handed_count; i++)
		if (is_at(&all[i], address))
			return all[i].fd;
	return -1;
}

static bool is_wanted(const struct handed *h, const struct conf *conf)
{
	for (unsigned i = 0; i < conf->listener_count; i++)
		if (is_at(h, &conf->listeners[i].address))
			return true;
	return false;
}

void activation_warn_unused(const struct conf *conf)
{
	for (unsigned i = 0; i < handed_count; i++)
		if (!is_wanted(&all[i], conf))
			log_warning("%s was handed over, and no vhost listens "
				    "there: who connects is left waiting",
			    all[i].address.text);
}

static bool is_seen(int fd, const struct worker_listener *view, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (view[i].handed && view[i].fds[0] == fd)
			return true;
	return false;
}

void activation_forget_others(const struct worker_listener *view,
    unsigned count)
{
	for (unsigned i = 0; i < handed_count; i++)
		if (!is_seen(all[i].fd, view, count))
			close(all[i].fd);
}

/*
 * lookup.c - addresses of a name, for who may wait: sluiced -t.
 *
 * Runs in the process of -t, on the same library as the workers, which knows
 * the hosts file and resolv.conf; here it may open them.
 */
#include "master/lookup.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>

#define FIRST_TRY_MSEC 1000
#define TRIES 2

struct asking {
	ares_channel channel;
	struct lookup *lookup;
	uint16_t port;
	struct ares_srv_reply *services;
	int status;
};

static void add(struct asking *a, const struct ares_addrinfo_node *node)
{
	struct sockaddr_storage *to = &a->lookup->at[a->lookup->count];

	if (a->lookup->count == LOOKUP_MAX || node->ai_addr == NULL ||
	    node->ai_addrlen > sizeof(*to))
		return;
	memset(to, 0, sizeof(*to));
	memcpy(to, node->ai_addr, node->ai_addrlen);
	if (to->ss_family == AF_INET6)
		((struct sockaddr_in6 *)to)->sin6_port = htons(a->port);
	else
		((struct sockaddr_in *)to)->sin_port = htons(a->port);
	a->lookup->count++;
}

static void have_addresses(void *arg, int status, int timeouts,
    struct ares_addrinfo *info)
{
	struct asking *a = arg;
	const struct ares_addrinfo_node *node = info ? info->nodes : NULL;

	(void)timeouts;
	a->status = status;
	for (; node != NULL; node = node->ai_next)
		add(a, node);
	if (info != NULL)
		ares_freeaddrinfo(info);
}

static void have_services(void *arg, int status, int timeouts,
    unsigned char *message, int n)
{
	struct asking *a = arg;

	(void)timeouts;
	a->status = status;
	if (status == ARES_SUCCESS)
		a->status = ares_parse_srv_reply(message, n, &a->services);
}

/* Until nothing is under way any more. */
static void wait_for_answers(struct asking *a)
{
	for (;;) {
		fd_set to_read, to_write;
		struct timeval tv;
		int n;

		FD_ZERO(&to_read);
		FD_ZERO(&to_write);
		n = ares_fds(a->channel, &to_read, &to_write);
		if (n == 0)
			return;
		if (select(n, &to_read, &to_write, NULL,
			ares_timeout(a->channel, NULL, &tv)) < 0)
			return;
		ares_process(a->channel, &to_read, &to_write);
	}
}

static void ask_addresses(struct asking *a, const char *name, uint16_t port)
{
	static const struct ares_addrinfo_hints hints = {
	    .ai_flags = ARES_AI_NOSORT,
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	};

	a->port = port;
	ares_getaddrinfo(a->channel, name, NULL, &hints, have_addresses, a);
	wait_for_answers(a);
}

static void ask_service(struct asking *a, const char *name)
{
	ares_query(a->channel, name, ns_c_in, ns_t_srv, have_services, a);
	wait_for_answers(a);
	for (struct ares_srv_reply *s = a->services; s != NULL; s = s->next)
		ask_addresses(a, s->host, s->port);
	if (a->services != NULL)
		ares_free_data(a->services);
}

static int open_channel(struct asking *a, const struct conf *conf)
{
	struct ares_options options = {.timeout = FIRST_TRY_MSEC,
	    .tries = TRIES};
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	if (status == ARES_SUCCESS)
		status = ares_init_options(&a->channel, &options,
		    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (status == ARES_SUCCESS && conf->resolvers != NULL)
		status = ares_set_servers_ports_csv(a->channel,
		    conf->resolvers);
	return status;
}

void lookup_server(const struct conf *conf, const struct conf_server *s,
    struct lookup *l_r)
{
	struct asking a = {.lookup = l_r};

	*l_r = (struct lookup){.count = 0};
	a.status = open_channel(&a, conf);
	if (a.status == ARES_SUCCESS && s->is_service)
		ask_service(&a, s->name);
	else if (a.status == ARES_SUCCESS)
		ask_addresses(&a, s->name, s->port);
	if (a.channel != NULL)
		ares_destroy(a.channel);
	l_r->why_none = a.status == ARES_SUCCESS ? "it has no address"
						 : ares_strerror(a.status);
}

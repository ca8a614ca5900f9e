/*
 * dns.c - questions to name servers: c-ares on the loop.
 *
 * Runs in workers, in the loop itself.  The library says which of its sockets
 * matter for what (on_socket); it reads and writes them itself, and may leave
 * a rest, so they are watched level-triggered.  One timer stands for whatever
 * it waits for.
 *
 *	dns_ask -> library -> on_socket: watches      on_ready, on_timer
 *	                         ^                         |
 *	                         +------ library <---------+
 *	                                    |
 *	                                    +-> have_addresses, have_services
 *
 * What the library would open by itself is forbidden to it: the hosts file
 * (lookups), aliases (NOALIASES), services (numbers only).
 */
#include "worker/origin/dns.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/insist.h"
#include "worker/fiber/loop.h"
#include "worker/origin/dns_message.h"

/* Of the first try with each name server; the second may take twice as long. */
#define FIRST_TRY_MSEC 1000
#define TRIES 2

/* Records of a service that are looked at; others would hardly fit into a
 * message. */
#define SERVICES_MAX 1024

struct dns_socket {
	struct list link;
	struct watch watch;
};

struct question {
	dns_done *done;
	void *arg;
};

static ares_channel channel; /* NULL: not open */
static struct list sockets = {&sockets, &sockets};
static struct timer timer;
static struct names_outcome outcome; /* too large for a stack */

/* ---- the library on the loop ---- */

static void set_timer(void)
{
	struct timeval tv;

	if (ares_timeout(channel, NULL, &tv) == NULL)
		timer_clear(&timer);
	else
		timer_set(&timer, loop_now() + USEC_PER_MSEC +
		    tv.tv_sec * USEC_PER_SEC + tv.tv_usec);
}

static void on_timer(struct timer *t)
{
	(void)t;
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer();
}

/* What the library makes of it may close any socket, this one too. */
static void on_ready(struct watch *w, unsigned events)
{
	int fd = w->fd;

	ares_process_fd(channel, events & WATCH_READ ? fd : ARES_SOCKET_BAD,
	    events & WATCH_WRITE ? fd : ARES_SOCKET_BAD);
	set_timer();
}

static struct dns_socket *find_socket(int fd)
{
	LIST_FOREACH(at, &sockets) {
		struct dns_socket *s =
		    container_of(at, struct dns_socket, link);

		if (s->watch.fd == fd)
			return s;
	}
	return NULL;
}

static void forget_socket(struct dns_socket *s)
{
	watch_remove(&s->watch);
	list_del(&s->link);
	free(s);
}

/* Without memory the answer is not seen, and the question times out. */
static void add_socket(int fd, unsigned what)
{
	struct dns_socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return;
	if (watch_add_level(&s->watch, fd, what, on_ready) < 0)
		free(s);
	else
		list_add_tail(&sockets, &s->link);
}

/* FD matters for this from now on; before it is closed: for nothing. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns_socket *s = find_socket(fd);
	unsigned what =
	    (readable ? WATCH_READ : 0U) | (writable ? WATCH_WRITE : 0U);

	(void)arg;
	if (s == NULL && what != 0)
		add_socket(fd, what);
	else if (s != NULL && what == 0)
		forget_socket(s);
	else if (s != NULL)
		(void)watch_set_level(&s->watch, what);
}

/* ---- answers ---- */

static enum names_fault fault_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return NAMES_FINE;
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
	case ARES_ENONAME:
		return NAMES_no_name;
	case ARES_ENODATA:
		return NAMES_no_address;
	case ARES_EREFUSED:
		return NAMES_refused;
	case ARES_ESERVFAIL:
	case ARES_ENOTIMP:
	case ARES_EFORMERR:
		return NAMES_server_failed;
	case ARES_EBADRESP:
	case ARES_EBADSTR:
		return NAMES_malformed;
	case ARES_ENOMEM:
		return NAMES_no_memory;
	default:
		return NAMES_silence;
	}
}

static void finish(struct question *q, int status)
{
	struct question done = *q;

	free(q);
	if (status == ARES_EDESTRUCTION)
		return;
	outcome.fault = fault_of(status);
	if (outcome.fault == NAMES_FINE && outcome.answers.count == 0)
		outcome.fault = NAMES_no_address;
	if (outcome.fault == NAMES_FINE)
		names_sort(&outcome.answers);
	done.done(done.arg, &outcome);
}

static void add_node(const struct ares_addrinfo_node *node)
{
	struct sockaddr_storage addr = {0};
	struct ip ip;

	if (node->ai_addr == NULL || node->ai_addrlen > sizeof(addr))
		return;
	memcpy(&addr, node->ai_addr, node->ai_addrlen);
	ip = ip_of(&addr);
	if (ip.family == AF_INET || ip.family == AF_INET6)
		(void)names_add_address(&outcome.answers, &ip);
}

static void have_addresses(void *arg, int status, int timeouts,
    struct ares_addrinfo *info)
{
	const struct ares_addrinfo_cname *alias = info ? info->cnames : NULL;
	const struct ares_addrinfo_node *node = info ? info->nodes : NULL;
	int ttl = INT32_MAX;

	(void)timeouts;
	outcome = (struct names_outcome){0};
	for (; alias != NULL; alias = alias->next)
		if (alias->ttl < ttl)
			ttl = alias->ttl;
	for (; node != NULL; node = node->ai_next) {
		add_node(node);
		if (node->ai_ttl < ttl)
			ttl = node->ai_ttl;
	}
	outcome.ttl = (ttl > 0 ? ttl : 0) * USEC_PER_SEC;
	if (info != NULL)
		ares_freeaddrinfo(info);
	finish(arg, status);
}

static int compare_services(const void *x, const void *y)
{
	const struct ares_srv_reply *a = *(struct ares_srv_reply *const *)x;
	const struct ares_srv_reply *b = *(struct ares_srv_reply *const *)y;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return strcasecmp(a->host, b->host);
}

/* In their order: if there are too many, the same are taken each time.  Nobody
 * can be connected to at port 0. */
static void add_services(struct ares_srv_reply *reply)
{
	static struct ares_srv_reply *at[SERVICES_MAX];
	size_t count = 0;

	for (; reply != NULL && count < SERVICES_MAX; reply = reply->next)
		if (reply->port != 0)
			at[count++] = reply;
	qsort(at, count, sizeof(at[0]), compare_services);
	for (size_t i = 0; i < count; i++)
		(void)names_add_service(&outcome.answers,
		    str_from(at[i]->host), at[i]->port, at[i]->priority,
		    at[i]->weight);
}

static void have_services(void *arg, int status, int timeouts,
    unsigned char *message, int n)
{
	struct ares_srv_reply *reply = NULL;
	uint32_t ttl = 0;

	(void)timeouts;
	outcome = (struct names_outcome){0};
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(message, n, &reply);
	if (status == ARES_SUCCESS &&
	    !dns_least_ttl(message, (size_t)n, &ttl))
		status = ARES_EBADRESP;
	outcome.ttl = ttl * USEC_PER_SEC;
	add_services(reply);
	if (reply != NULL)
		ares_free_data(reply);
	finish(arg, status);
}

/* ---- from the outside ---- */

void dns_ask(enum names_type type, struct str name, dns_done *done, void *arg)
{
	static const struct ares_addrinfo_hints hints = {
	    .ai_flags = ARES_AI_NOSORT | ARES_AI_NUMERICSERV,
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	};
	struct question *q = malloc(sizeof(*q));
	char text[NAMES_LENGTH_MAX + 1];

	INSIST(name.n <= NAMES_LENGTH_MAX && channel != NULL);
	if (q == NULL) {
		outcome = (struct names_outcome){.fault = NAMES_no_memory};
		done(arg, &outcome);
		return;
	}
	*q = (struct question){done, arg};
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (type == NAMES_ADDRESS)
		ares_getaddrinfo(channel, text, NULL, &hints, have_addresses,
		    q);
	else
		ares_query(channel, text, ns_c_in, ns_t_srv, have_services, q);
	set_timer();
}

int dns_init(const struct conf *conf)
{
	struct ares_options options = {
	    .flags = ARES_FLAG_NOALIASES,
	    .timeout = FIRST_TRY_MSEC,
	    .tries = TRIES,
	    .lookups = (char *)"b",
	    .sock_state_cb = on_socket,
	};
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	timer_init(&timer, on_timer);
	if (status == ARES_SUCCESS)
		status = ares_init_options(&channel, &options,
		    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
			ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
	if (status == ARES_SUCCESS)
		status = conf->resolvers == NULL ? ARES_SUCCESS :
		    ares_set_servers_ports_csv(channel, conf->resolvers);
	if (status == ARES_SUCCESS)
		return 0;
	dns_free();
	return -ENOMEM;
}

void dns_free(void)
{
	timer_clear(&timer);
	if (channel != NULL)
		ares_destroy(channel);
	channel = NULL;
}

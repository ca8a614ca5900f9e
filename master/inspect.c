/*
 * inspect.c - what sluiced -t asks of the world about a configuration.
 *
 * Runs in the process of -t, which is alone and may wait.  Ports are looked
 * up in /proc.  Origins are dialled, and asked what their health checks ask,
 * many at a time:
 *
 *	start     a batch of connects that do not block
 *	poll      until each has ended, or the patience of all has
 *	report    in the order of the configuration
 */
#include "master/inspect.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/ip.h"
#include "common/conf/health.h"
#include "common/conf/source.h"
#include "master/holder.h"
#include "master/lookup.h"

/* ---- ports ---- */

/* A sluiced that runs holds what the next one is to have, and a service
 * manager what it will hand over (activation.h). */
static bool is_ours(const struct out *holder)
{
	return str_starts(out_text(holder), STR("sluiced ")) ||
	    str_eq(out_text(holder), STR("systemd (pid 1)"));
}

static void warn_taken(const struct conf_listener *l, struct str holder,
    struct conf_report *r)
{
	struct arena arena;
	struct conf_spot spot;

	arena_init(&arena);
	spot = conf_source_spot(&arena, &l->place);
	conf_report_lint(r, LINT_port_taken, &spot,
	    "%s is taken by %" PRI_STR, l->address.text, ARG_STR(holder));
	conf_report_help(r, "stop that, or listen elsewhere");
	conf_report_flush(r);
	arena_free(&arena);
}

static bool same_place(const struct conf_place *a, const struct conf_place *b)
{
	return a->line == b->line && a->column == b->column &&
	    strcmp(a->file, b->file) == 0;
}

void inspect_ports(const struct conf *conf, struct conf_report *r)
{
	const struct conf_listener *last = NULL; /* that was reported */

	for (unsigned i = 0; i < conf->listener_count; i++) {
		const struct conf_listener *l = &conf->listeners[i];
		char text[128];
		struct out holder = out_make(text, sizeof(text));

		/* a bare port is two addresses, but one mistake */
		if (l->is_unix ||
		    (last != NULL && same_place(&last->place, &l->place)))
			continue;
		if (!holder_write((const struct sockaddr *)&l->address.addr,
			&holder) || is_ours(&holder))
			continue;
		warn_taken(l, out_text(&holder), r);
		last = l;
	}
}

/* ---- origins ---- */

#define BATCH 64
#define DIAL_TEXT_SIZE 320

struct dial {
	const struct conf_server *server;
	char text[DIAL_TEXT_SIZE]; /* what is dialled */
	const struct conf_health *health; /* to be asked for; or NULL */
	usec_t deadline;
	int error; /* errno, 0: it answers, or it is not known yet */
	unsigned status; /* of the answer to HEALTH; 0: there was none */
};

struct dials {
	struct dial at[BATCH];
	struct pollfd fds[BATCH]; /* fd -1: over */
	unsigned count;
};

/* Can what a health check says be found out here?  Only of who is spoken to
 * plainly, in HTTP/1.1. */
static bool is_asked(const struct conf_pool *pool, const struct conf_server *s)
{
	const struct conf_health *h = pool->health;

	return h != NULL && h->type == CONF_HEALTH_HTTP && h->port == 0 &&
	    !s->https && pool->proxy_protocol == 0 &&
	    pool->http != CONF_POOL_HTTP_2;
}

/* "10.0.0.11:80", or "app.internal:80 (10.0.0.11)" */
static void write_target(struct dial *dial, const struct conf_server *server,
    const struct sockaddr_storage *addr)
{
	struct out o = out_make(dial->text, sizeof(dial->text));
	struct ip ip = ip_of(addr);

	out_str(&o, str_from(server->address.text));
	if (server->name != NULL) {
		out_lit(&o, " (");
		ip_write(&ip, &o);
		out_char(&o, ')');
	}
	(void)out_cstr(&o);
}

static void start_dial(struct dials *d, const struct conf_pool *pool,
    const struct conf_server *server, const struct sockaddr_storage *addr,
    socklen_t len)
{
	struct dial *dial = &d->at[d->count];
	struct pollfd *p = &d->fds[d->count++];
	usec_t patience = pool->timeouts.connect;

	if (patience > INSPECT_PATIENCE)
		patience = INSPECT_PATIENCE;
	*dial = (struct dial){.server = server,
	    .deadline = clock_mono() + patience,
	    .health = is_asked(pool, server) ? pool->health : NULL};
	write_target(dial, server, addr);
	*p = (struct pollfd){.fd = socket(addr->ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .events = POLLOUT};
	if (p->fd >= 0 &&
	    connect(p->fd, (const struct sockaddr *)addr, len) == 0)
		errno = 0;
	if (errno == EINPROGRESS || errno == 0)
		return;
	dial->error = errno;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

/* Asks for what a check asks for.  False: it could not be sent at once. */
static bool ask(struct dial *dial, struct pollfd *p)
{
	char text[4096];
	struct out out = out_make(text, sizeof(text));

	conf_health_request(&out, dial->health, str_from(dial->server->prefix),
	    str_from(dial->server->host));
	p->events = POLLIN;
	return out_ok(&out) &&
	    send(p->fd, out.p, out.n, MSG_NOSIGNAL) == (ssize_t)out.n;
}

/* "HTTP/1.1 200": what else comes does not matter. */
static unsigned read_status(int fd)
{
	char text[12];
	uint64_t status;

	if (recv(fd, text, sizeof(text), 0) != sizeof(text) ||
	    memcmp(text, "HTTP/1.", 7) != 0 ||
	    !str_to_u64(str_make(text + 9, 3), 999, &status))
		return 0;
	return (unsigned)status;
}

static void end_dial(struct dial *dial, struct pollfd *p, usec_t now)
{
	socklen_t n = sizeof(dial->error);

	if (p->fd < 0 || (p->revents == 0 && now < dial->deadline))
		return;
	if (p->revents == 0 && p->events == POLLOUT)
		dial->error = ETIMEDOUT;
	else if (p->events == POLLOUT)
		getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &dial->error, &n);
	else if (p->revents != 0)
		dial->status = read_status(p->fd);
	if (p->events == POLLOUT && dial->error == 0 && dial->health != NULL &&
	    ask(dial, p))
		return;
	close(p->fd);
	p->fd = -1;
}

/* Until none is under way. */
static void wait_for_dials(struct dials *d)
{
	unsigned left;

	do {
		usec_t now = clock_mono();
		usec_t first = now + INSPECT_PATIENCE;

		left = 0;
		for (unsigned i = 0; i < d->count; i++) {
			if (d->fds[i].fd < 0)
				continue;
			left++;
			if (d->at[i].deadline < first)
				first = d->at[i].deadline;
		}
		if (left == 0)
			break;
		poll(d->fds, d->count, first > now
			? (int)((first - now) / USEC_PER_MSEC) + 1 : 0);
		now = clock_mono();
		for (unsigned i = 0; i < d->count; i++)
			end_dial(&d->at[i], &d->fds[i], now);
	} while (left > 0);
}

static void warn_refuses(const struct dial *d, struct conf_report *r,
    struct arena *arena)
{
	struct conf_spot spot = conf_source_spot(arena, &d->server->place);

	conf_report_lint(r, LINT_origin_refuses, &spot,
	    "%s takes no connection: %s", d->text,
	    strerror(d->error));
}

static void warn_fails(const struct dial *d, struct conf_report *r,
    struct arena *arena)
{
	struct conf_spot spot = conf_source_spot(arena, &d->health->place);

	conf_report_lint(r, LINT_health_fails, &spot,
	    "%s answers this health check with status %u", d->server->url,
	    d->status);
	if (d->status >= 300 && d->status <= 399)
		conf_report_help(r, "redirects are not followed: give \"path\" "
		    "what it leads to, or write expect = %u;", d->status);
	else
		conf_report_help(r, "%s is expected",
		    d->health->expect_text);
}

static void report_dials(struct dials *d, struct conf_report *r)
{
	struct arena arena;

	wait_for_dials(d);
	for (unsigned i = 0; i < d->count; i++) {
		const struct dial *dial = &d->at[i];

		arena_init(&arena);
		if (dial->error != 0)
			warn_refuses(dial, r, &arena);
		else if (dial->status != 0 &&
		    !conf_health_expects(dial->health, dial->status))
			warn_fails(dial, r, &arena);
		conf_report_flush(r);
		arena_free(&arena);
	}
	d->count = 0;
}

static void add_dial(struct dials *d, const struct conf_pool *pool,
    const struct conf_server *server, const struct sockaddr_storage *addr,
    socklen_t len, struct conf_report *r)
{
	start_dial(d, pool, server, addr, len);
	if (d->count == BATCH)
		report_dials(d, r);
}

static void warn_unknown(const struct conf_server *server, const char *why,
    struct conf_report *r)
{
	struct arena arena;
	struct conf_spot spot;

	arena_init(&arena);
	spot = conf_source_spot(&arena, &server->place);
	conf_report_lint(r, LINT_name_unknown, &spot,
	    "%s does not resolve now: %s", server->name, why);
	conf_report_flush(r);
	arena_free(&arena);
}

/* All addresses that it has. */
static void dial_name(struct dials *d, const struct conf *conf,
    const struct conf_pool *pool, const struct conf_server *server,
    struct conf_report *r)
{
	struct lookup found;

	lookup_server(conf, server, &found);
	if (found.count == 0)
		warn_unknown(server, found.why_none, r);
	for (unsigned i = 0; i < found.count; i++)
		add_dial(d, pool, server, &found.at[i],
		    found.at[i].ss_family == AF_INET
			? sizeof(struct sockaddr_in)
			: sizeof(struct sockaddr_in6), r);
}

void inspect_origins(const struct conf *conf, struct conf_report *r)
{
	static struct dials dials;

	for (unsigned i = 0; i < conf->pool_count; i++) {
		const struct conf_pool *pool = conf->pools[i];

		for (unsigned j = 0; j < pool->server_count; j++) {
			const struct conf_server *s = &pool->servers[j];

			if (s->name != NULL)
				dial_name(&dials, conf, pool, s, r);
			else
				add_dial(&dials, pool, s, &s->address.addr,
				    s->address.len, r);
		}
	}
	report_dials(&dials, r);
}

/*
 * members.c - servers that come and go with the addresses of their names.
 *
 * Runs in workers, in the loop.
 *
 *	conf_server -- named -- root: follower of its name
 *	                 |
 *	                 +-- of a service: targets, followers of its hosts
 *	                 |
 *	                 +-- changed: what it is to stand for, and what of it the
 *	                     pool lacks or has no more
 *
 * Whenever one of these followers learns something, all that the server is to
 * stand for is put together anew and compared with what the pool has: it is
 * short, and changes seldom.  As long as nothing is known, or a host of a
 * service is still being asked for, nobody is sent away.
 */
#include "worker/origin/members.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "worker/origin/lookup.h"
#include "worker/origin/resolve.h"

#define WANTED_MAX 256 /* resolve.max, at most */
#define WEIGHT_MAX 1000u

struct named {
	struct pool *pool;
	const struct conf_server *conf;
	struct follower *root;
	struct follower *targets[NAMES_ANSWERS_MAX];
	unsigned target_count;
};

/* A server that a pool is to have. */
struct wanted {
	struct server_place place;
	char text[CONF_ADDRESS_TEXT_SIZE]; /* of its address */
	bool found;
};

static struct named *named;
static unsigned named_count;
static struct wanted wanted[WANTED_MAX];
static unsigned wanted_count;
static bool wants_all; /* those to which there is no way, too */

/* ---- what there is to be ---- */

static void set_address(struct wanted *w, const struct ip *ip, uint16_t port)
{
	struct conf_address *a = &w->place.address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->addr;
	struct out o = out_make(w->text, sizeof(w->text));

	if (ip->family == AF_INET) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, ip->bytes, sizeof(v4->sin_addr));
		a->len = sizeof(*v4);
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, ip->bytes, sizeof(v6->sin6_addr));
		a->len = sizeof(*v6);
		out_char(&o, '[');
	}
	ip_write(ip, &o);
	if (ip->family == AF_INET6)
		out_char(&o, ']');
	out_char(&o, ':');
	out_u64(&o, port);
	a->text = out_cstr(&o);
}

static struct wanted *find_wanted(const struct conf_address *address)
{
	for (unsigned i = 0; i < wanted_count; i++)
		if (strcmp(wanted[i].text, address->text) == 0)
			return &wanted[i];
	return NULL;
}

/* Is there a way to it from here?  Without IPv6, say, half of the addresses of
 * many names are of no use.  Nothing is sent. */
static bool has_way(const struct conf_address *a)
{
	int fd = socket(a->addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&a->addr, a->len) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* All addresses of F, on one port. */
static void want(const struct named *n, const struct follower *f,
    uint16_t port, unsigned weight, unsigned rank)
{
	const struct names_answers *a = &f->record.answers;

	for (unsigned i = 0; i < a->count; i++) {
		struct wanted *w = &wanted[wanted_count];

		if (wanted_count == n->pool->conf->resolve_max ||
		    a->at[i].host_n > 0)
			return;
		*w = (struct wanted){.place = {.weight = weight, .rank = rank}};
		set_address(w, &a->at[i].ip, port);
		if (find_wanted(&w->place.address) == NULL &&
		    (wants_all || has_way(&w->place.address)))
			wanted_count++;
	}
}

static bool is_target(const struct follower *f, struct str host)
{
	size_t n = strlen(f->name);

	return n == host.n + 1 && memcmp(f->name, host.p, host.n) == 0;
}

static struct follower *find_target(const struct named *n, struct str host)
{
	for (unsigned i = 0; i < n->target_count; i++)
		if (is_target(n->targets[i], host))
			return n->targets[i];
	return NULL;
}

/* Weights of services go to 65535, ours to WEIGHT_MAX: in proportion.  0 is a
 * little (RFC 2782). */
static unsigned weight_of(const struct names_answers *services, unsigned i)
{
	unsigned most = 0;
	unsigned weight = services->at[i].weight;

	for (unsigned k = 0; k < services->count; k++)
		if (services->at[k].weight > most)
			most = services->at[k].weight;
	if (most > WEIGHT_MAX)
		weight = weight * WEIGHT_MAX / most;
	return weight > 0 ? weight : 1;
}

static void want_services(const struct named *n)
{
	const struct names_answers *a = &n->root->record.answers;
	unsigned rank = 0;

	for (unsigned i = 0; i < a->count; i++) {
		const struct follower *f =
		    find_target(n, names_host(a, i));

		if (i > 0 && a->at[i].priority != a->at[i - 1].priority)
			rank++;
		if (f != NULL)
			want(n, f, a->at[i].port, weight_of(a, i), rank);
	}
}

static void want_now(const struct named *n, bool all)
{
	wanted_count = 0;
	wants_all = all;
	if (n->conf->is_service)
		want_services(n);
	else
		want(n, n->root, n->conf->port, n->conf->weight, 0);
}

/* ---- what there is ---- */

static bool targets_are_settled(const struct named *n)
{
	for (unsigned i = 0; i < n->target_count; i++)
		if (!resolve_is_settled(n->targets[i]))
			return false;
	return true;
}

/* Those that are wanted are marked as found, the others go. */
static void compare(const struct named *n)
{
	bool settled = targets_are_settled(n);

	for (unsigned i = n->pool->count; i-- > 0;) {
		struct server *s = n->pool->at[i];
		struct wanted *w;

		if (s->conf != n->conf)
			continue;
		w = find_wanted(&s->address);
		if (w != NULL && (s->tier & 0xffff) == w->place.rank) {
			w->found = true;
			s->weight = w->place.weight;
		} else if (w != NULL || settled) {
			pool_retire_server(s);
		}
	}
}

static void change(const struct named *n)
{
	want_now(n, false);
	if (wanted_count == 0)
		want_now(n, true);
	if (wanted_count == 0)
		return;
	compare(n);
	for (unsigned i = 0; i < wanted_count; i++)
		if (!wanted[i].found)
			(void)pool_add_server(n->pool, n->conf,
			    &wanted[i].place);
}

/* ---- followers ---- */

static void target_changed(struct follower *f)
{
	change(f->arg);
}

/* With a dot at its end: hosts of services are whole names. */
static struct follower *follow_target(struct named *n, struct str host)
{
	char name[NAMES_LENGTH_MAX + 1];

	if (host.n >= NAMES_LENGTH_MAX)
		return NULL;
	memcpy(name, host.p, host.n);
	name[host.n] = '.';
	return resolve_follow(NAMES_ADDRESS, str_make(name, host.n + 1),
	    n->pool->conf->resolve_every, target_changed, n);
}

static bool is_host_of(const struct names_answers *a, const struct follower *f)
{
	for (unsigned i = 0; i < a->count; i++)
		if (is_target(f, names_host(a, i)))
			return true;
	return false;
}

static void set_targets(struct named *n)
{
	const struct names_answers *a = &n->root->record.answers;

	for (unsigned i = n->target_count; i-- > 0;) {
		if (is_host_of(a, n->targets[i]))
			continue;
		resolve_end(&n->targets[i]);
		n->targets[i] = n->targets[--n->target_count];
	}
	for (unsigned i = 0; i < a->count; i++) {
		struct str host = names_host(a, i);

		if (find_target(n, host) != NULL)
			continue;
		n->targets[n->target_count] = follow_target(n, host);
		n->target_count += n->targets[n->target_count] != NULL;
	}
}

static void root_changed(struct follower *f)
{
	struct named *n = f->arg;

	if (n->conf->is_service)
		set_targets(n);
	change(n);
}

static int begin(struct pool *p, const struct conf_server *conf)
{
	struct named *n = &named[named_count];

	*n = (struct named){.pool = p, .conf = conf};
	n->root = resolve_follow(
	    conf->is_service ? NAMES_SERVICE : NAMES_ADDRESS,
	    str_from(conf->name), p->conf->resolve_every, root_changed, n);
	if (n->root == NULL)
		return -ENOMEM;
	named_count++;
	change(n);
	return 0;
}

/* ---- from the outside ---- */

static unsigned count_names(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->pool_count; i++)
		for (unsigned k = 0; k < conf->pools[i]->server_count; k++)
			n += conf->pools[i]->servers[k].name != NULL;
	return n;
}

int members_init(const struct conf *conf)
{
	unsigned names = count_names(conf);
	int err;

	if (names == 0)
		return 0;
	named = calloc(names, sizeof(*named));
	err = named != NULL ? lookup_init(conf) : -ENOMEM;
	for (unsigned i = 0; i < conf->pool_count && err == 0; i++) {
		const struct conf_pool *p = conf->pools[i];

		for (unsigned k = 0; k < p->server_count && err == 0; k++)
			if (p->servers[k].name != NULL)
				err = begin(pool_find(p), &p->servers[k]);
	}
	return err;
}

void members_free(void)
{
	lookup_free();
	for (unsigned i = 0; i < named_count; i++) {
		for (unsigned k = 0; k < named[i].target_count; k++)
			resolve_end(&named[i].targets[k]);
		resolve_end(&named[i].root);
	}
	free(named);
	named = NULL;
	named_count = 0;
}

bool members_are_settled(void)
{
	for (unsigned i = 0; i < named_count; i++)
		if (!resolve_is_settled(named[i].root) ||
		    !targets_are_settled(&named[i]))
			return false;
	return true;
}

static const struct named *find_named(const struct conf_server *s)
{
	for (unsigned i = 0; i < named_count; i++)
		if (named[i].conf == s)
			return &named[i];
	return NULL;
}

const char *members_why_none(const struct conf_server *s)
{
	const struct named *n = find_named(s);

	if (n == NULL)
		return "nobody asks for it here";
	if (n->root->record.answers.count == 0)
		return resolve_why_none(n->root);
	for (unsigned i = 0; i < n->target_count; i++)
		if (n->targets[i]->record.answers.count > 0)
			return "";
	return n->target_count > 0 ? resolve_why_none(n->targets[0]) : "";
}

void members_write(const struct conf_server *s, struct out *o)
{
	const struct named *n = find_named(s);
	const char *why = members_why_none(s);
	bool more = false;

	if (*why != '\0') {
		out_lit(o, "none: ");
		out_str(o, str_from(why));
		return;
	}
	for (unsigned i = 0; i < n->pool->count; i++) {
		if (n->pool->at[i]->conf != s)
			continue;
		if (more)
			out_lit(o, ", ");
		out_str(o, str_from(n->pool->at[i]->address.text));
		more = true;
	}
}

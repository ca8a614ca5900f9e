/*
 * idle.c - parked clients, until their patience is over.
 *
 * Runs in workers.  There may be many thousands of them, so none has a timer
 * of its own: there is one list for each patience that the configuration
 * knows, in which the longest stands first, and one timer for each list.
 */
#include "worker/proxy/idle.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"

struct idle {
	usec_t patience;
	struct list clients;
	struct timer timer; /* when the first is due, or earlier */
};

static struct idle *idles; /* by patience, each once */
static size_t idle_count;

static struct client *first_of(struct idle *idle)
{
	if (list_empty(&idle->clients))
		return NULL;
	return container_of(idle->clients.next, struct client, link);
}

static void expire(struct timer *t)
{
	struct idle *idle = container_of(t, struct idle, timer);
	struct client *longest;

	while ((longest = first_of(idle)) != NULL) {
		usec_t due = longest->idle_since + idle->patience;

		if (due > loop_now()) {
			timer_set(t, due);
			return;
		}
		count(idle_closed);
		client_close(longest);
	}
}

/* PATIENCE comes first in an element: it is a key, too. */
static int compare_patience(const void *key, const void *element)
{
	usec_t a = *(const usec_t *)key;
	usec_t b = ((const struct idle *)element)->patience;

	return (a > b) - (a < b);
}

void idle_add(struct client *c, usec_t patience)
{
	struct idle *idle = bsearch(&patience, idles, idle_count,
	    sizeof(*idles), compare_patience);

	INSIST(idle != NULL);
	c->idle_since = loop_now();
	list_del(&c->link);
	list_add_tail(&idle->clients, &c->link);
	if (!timer_is_set(&idle->timer))
		timer_set(&idle->timer, c->idle_since + patience);
}

struct client *idle_longest(void)
{
	struct client *longest = NULL;

	for (size_t i = 0; i < idle_count; i++) {
		struct client *c = first_of(&idles[i]);

		if (c != NULL && (longest == NULL ||
		    c->idle_since < longest->idle_since))
			longest = c;
	}
	return longest;
}

void idle_for_each(void (*fn)(struct client *c))
{
	for (size_t i = 0; i < idle_count; i++)
		LIST_FOREACH(link, &idles[i].clients)
			fn(container_of(link, struct client, link));
}

/* ---- the configuration ---- */

/* How many patiences CONF has, some of them perhaps more than once. */
static size_t count_all(const struct conf *conf)
{
	size_t n = 1 + conf->listener_count + conf->vhost_count;

	for (unsigned i = 0; i < conf->vhost_count; i++)
		n += conf->vhosts[i]->route_count;
	return n;
}

static void gather_one(const struct conf_scope *scope)
{
	idles[idle_count++].patience = scope->timeouts.idle;
}

static void gather(const struct conf *conf)
{
	gather_one(conf->scope);
	for (unsigned i = 0; i < conf->listener_count; i++)
		idles[idle_count++].patience =
		    conf->listeners[i].handshake_timeout;
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		const struct conf_vhost *v = conf->vhosts[i];

		gather_one(v->scope);
		for (unsigned k = 0; k < v->route_count; k++)
			gather_one(v->routes[k].scope);
	}
}

static void drop_doubles(void)
{
	size_t kept = 1;

	for (size_t i = 1; i < idle_count; i++)
		if (idles[i].patience != idles[kept - 1].patience)
			idles[kept++] = idles[i];
	idle_count = kept;
}

int idle_init(const struct conf *conf)
{
	free(idles);
	idle_count = 0;
	idles = calloc(count_all(conf), sizeof(*idles));
	if (idles == NULL)
		return -ENOMEM;
	gather(conf);
	qsort(idles, idle_count, sizeof(*idles), compare_patience);
	drop_doubles();
	for (size_t i = 0; i < idle_count; i++) {
		list_init(&idles[i].clients);
		timer_init(&idles[i].timer, expire);
	}
	return 0;
}

/*
 * cache_tally.c - what the cache did, counted: in all, and for each vhost.
 *
 * Runs in workers, at the end of each exchange.  A vhost has a row in the
 * health table, by its name, so its figures are those of all workers and stay
 * over reloads.
 */
#include "worker/proxy/cache_tally.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/health.h"
#include "common/shm/seat.h"

_Static_assert(CACHE_USES <= HEALTH_USES, "a row has room for each use");

static struct health_row **rows; /* by the vhosts' numbers; NULL: no cache */

static bool has_cache(const struct conf_vhost *v)
{
	for (unsigned i = 0; i < v->route_count; i++)
		if (v->routes[i].scope->cache != NULL)
			return true;
	return false;
}

static struct hash_id row_id(const struct conf_vhost *v)
{
	return hash_id_add((struct hash_id){{HEALTH_VHOST, 0}},
	    str_from(v->name));
}

int cache_tally_init(const struct conf *conf)
{
	INSIST(rows == NULL);
	rows = calloc(conf->vhost_count + 1, sizeof(struct health_row *));
	if (rows == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->vhost_count; i++)
		if (has_cache(conf->vhosts[i]))
			rows[i] = health_attach(HEALTH_VHOST,
			    row_id(conf->vhosts[i]));
	return 0;
}

void cache_tally(const struct exchange *x)
{
	static const enum counter counters[] = {
#define CACHE_USE(name, counter, meaning)                                     \
	[CACHE_USE_##name] = COUNT_cache_##counter,
#include "common/tbl/cache_uses.h"
#undef CACHE_USE
	};
	struct health_row *row;

	count_add(counters[x->cache], 1);
	row = rows[x->vhost->number];
	atomic_fetch_add_explicit(&row->vhost.uses[x->cache], 1,
	    memory_order_relaxed);
}

bool cache_tally_has(const struct conf_vhost *v)
{
	return rows != NULL && rows[v->number] != NULL;
}

uint64_t cache_tally_of(const struct conf_vhost *v, enum cache_use use)
{
	if (!cache_tally_has(v))
		return 0;
	return atomic_load_explicit(&rows[v->number]->vhost.uses[use],
	    memory_order_relaxed);
}

struct str cache_use_name(enum cache_use use)
{
	static const struct str names[] = {[CACHE_UNUSED] = STR_NONE,
#define CACHE_USE(name, counter, meaning) [CACHE_USE_##name] = STR(#name),
#include "common/tbl/cache_uses.h"
#undef CACHE_USE
	};

	INSIST(use < CACHE_USES);
	return names[use];
}

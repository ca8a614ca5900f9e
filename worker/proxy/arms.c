/*
 * arms.c - what all workers know together of the arms of splits.
 *
 * Runs in workers.  An arm has a row in the health table, whatever its route
 * and pool: vhost, split and arm name it.  So a weight that an operator sets
 * holds for all workers at once, and for those that come after them.
 */
#include "worker/proxy/arms.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/health.h"

static struct health_row **rows; /* by the arms' numbers */

static struct hash_id row_id(const struct conf_vhost *v,
    const struct conf_split *s, const struct conf_arm *arm)
{
	struct hash_id id = {{HEALTH_ARM, 0}};

	id = hash_id_add(id, str_from(v->name));
	id = hash_id_add(id, str_from(s->name));
	return hash_id_add(id, str_from(arm->name));
}

static void attach_all(const struct conf_vhost *v, const struct conf_split *s)
{
	for (unsigned i = 0; i < s->arm_count; i++) {
		struct health_row **row = &rows[s->arms[i].number];

		if (*row == NULL)
			*row = health_attach(HEALTH_ARM,
			    row_id(v, s, &s->arms[i]));
	}
}

int arms_init(const struct conf *conf)
{
	INSIST(rows == NULL);
	rows = calloc(conf->arm_count + 1, sizeof(struct health_row *));
	if (rows == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		const struct conf_vhost *v = conf->vhosts[i];

		for (unsigned k = 0; k < v->route_count; k++)
			for (unsigned n = 0; n < v->routes[k].splits.count; n++)
				attach_all(v, &v->routes[k].splits.at[n]);
	}
	return 0;
}

unsigned arm_weight(const struct conf_arm *arm)
{
	uint32_t said = 0;

	if (likely(rows != NULL))
		said = atomic_load_explicit(&rows[arm->number]->arm.weight,
		    memory_order_relaxed);
	if (likely(said == 0 || said > CONF_ARM_WEIGHT_MAX + 1))
		return arm->weight;
	return said - 1;
}

void arm_set_weight(const struct conf_arm *arm, unsigned weight)
{
	INSIST(weight <= CONF_ARM_WEIGHT_MAX);
	atomic_store_explicit(&rows[arm->number]->arm.weight, weight + 1,
	    memory_order_relaxed);
}

void arm_reset_weight(const struct conf_arm *arm)
{
	atomic_store_explicit(&rows[arm->number]->arm.weight, 0,
	    memory_order_relaxed);
}

void arm_had_request(const struct conf_arm *arm)
{
	atomic_fetch_add_explicit(&rows[arm->number]->arm.requests, 1,
	    memory_order_relaxed);
}

uint64_t arm_requests(const struct conf_arm *arm)
{
	return atomic_load_explicit(&rows[arm->number]->arm.requests,
	    memory_order_relaxed);
}

bool arm_is_private(const struct conf_arm *arm)
{
	return health_is_private(rows[arm->number]);
}

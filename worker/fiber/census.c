/*
 * census.c - how deep the stacks of each spawn site ever became.
 *
 * Census builds only (./configure --enable-census).  Stacks are painted when
 * taken and looked at when given back; the tests hold the result to a
 * ceiling.  Sites are told apart by name.
 */
#include "worker/fiber/fiber.h"

#ifdef SLUICE_CENSUS

#include <string.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "worker/fiber/inside.h"
#include "worker/fiber/stack.h"

#define SITE_MAX 64

static struct site {
	const char *name;
	size_t deepest; /* bytes */
	unsigned long fibers;
} sites[SITE_MAX];

static struct site *site_of(const char *name)
{
	unsigned i = 0;

	while (sites[i].name != NULL && strcmp(sites[i].name, name) != 0)
		INSIST(++i < SITE_MAX);
	sites[i].name = name;
	return &sites[i];
}

void census_note(const char *name, size_t depth)
{
	struct site *site = site_of(name);

	site->fibers++;
	if (depth > site->deepest)
		site->deepest = depth;
}

void fiber_census_log(void)
{
	for (unsigned i = 0; i < SITE_MAX && sites[i].name != NULL; i++)
		log_info("census: %s: %zu of %zu bytes, %lu fibers",
		    sites[i].name, sites[i].deepest,
		    STACK_SIZE - stack_guard_size(), sites[i].fibers);
}

#else

void fiber_census_log(void)
{
}

#endif

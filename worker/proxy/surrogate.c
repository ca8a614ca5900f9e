/*
 * surrogate.c - speaking Surrogate-Control with origins.
 *
 * Runs in workers.  Edge Architecture Specification 1.0: who understands the
 * field says so in each request, obeys it (cache/targeted.c), and keeps it from
 * who does not.  It stays in what is stored, where it counts again when a 304
 * comes.
 */
#include "worker/proxy/surrogate.h"

#include "worker/cache/targeted.h"

static bool is_spoken(const struct exchange *x)
{
	return x->scope->cache != NULL &&
	    targeted_is_told(&x->scope->cache->targets);
}

struct str surrogate_line(const struct exchange *x)
{
	return is_spoken(x) ? STR("Surrogate-Capability: " TARGETED_CAPABILITY
				  "\r\n")
			    : STR("");
}

void surrogate_hide(const struct exchange *x, struct message *head)
{
	if (!is_spoken(x))
		return;
	for (unsigned i = 0; i < head->field_count; i++)
		if (targeted_is_surrogate(&head->fields[i]))
			head->fields[i].drop = true;
}

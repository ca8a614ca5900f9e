/*
 * keep_alive.c - what an origin's Keep-Alive says.
 *
 *   Keep-Alive: timeout=5, max=100
 *
 * RFC 2068, 19.7.1.1; no later RFC has it, and every origin sends it.  A
 * request that is sent just when its origin closes is lost, so we stop using
 * the connection a second earlier.  Of several parameters the strictest holds;
 * what is malformed says nothing.
 */
#include "worker/http/keep_alive.h"

#define MARGIN USEC_PER_SEC
#define PATIENCE_MAX (600 * USEC_PER_SEC)
#define SECONDS_MAX 999999999

/* Is TOKEN "NAME=number"? */
static bool read_parameter(struct str token, struct str name, uint64_t *n_r)
{
	return str_starts_nocase(token, name) &&
	    str_to_u64(str_behind(token, name.n), SECONDS_MAX, n_r);
}

static usec_t patience_of(uint64_t seconds)
{
	usec_t patience = (usec_t)seconds * USEC_PER_SEC;

	if (patience > PATIENCE_MAX)
		return PATIENCE_MAX;
	return patience > MARGIN ? patience - MARGIN : 0;
}

static void read_value(struct str value, usec_t *least)
{
	struct str token;
	uint64_t n;

	while (str_next_token(&value, &token)) {
		usec_t patience;

		if (read_parameter(token, STR("timeout="), &n))
			patience = patience_of(n);
		else if (read_parameter(token, STR("max="), &n) && n == 0)
			patience = 0;
		else
			continue;
		if (patience < *least)
			*least = patience;
	}
}

usec_t keep_alive_patience(const struct message *m, usec_t ours)
{
	usec_t least = INT64_MAX;

	if (!(m->present & FIELD_BIT(FIELD_keep_alive)))
		return ours;
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == FIELD_keep_alive)
			read_value(field_value(&m->fields[i]), &least);
	return least == INT64_MAX ? ours : least;
}

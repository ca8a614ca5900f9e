/*
 * lookup.c - names that are asked for once, by a fiber that waits.
 *
 * Runs in workers, on any fiber.
 */
#include "worker/origin/lookup.h"

#include "worker/origin/dns.h"
#include "worker/origin/hosts.h"

#define HOSTS_FILE "/etc/hosts"

/* Lies on the stack of the fiber that waits. */
struct asking {
	struct cond answered;
	bool done;
	struct ip *ips;
	unsigned max;
	unsigned count;
};

static bool is_open;

int lookup_init(const struct conf *conf)
{
	int err = is_open ? 0 : dns_init(conf);

	if (err == 0 && !is_open)
		hosts_load(HOSTS_FILE);
	is_open = err == 0;
	return err;
}

void lookup_free(void)
{
	if (!is_open)
		return;
	dns_free();
	hosts_free();
	is_open = false;
}

static void take(struct asking *a, const struct names_answers *answers)
{
	for (unsigned i = 0; i < answers->count && a->count < a->max; i++)
		a->ips[a->count++] = answers->at[i].ip;
}

static void on_answer(void *arg, const struct names_outcome *outcome)
{
	struct asking *a = arg;

	if (outcome->fault == NAMES_FINE)
		take(a, &outcome->answers);
	a->done = true;
	cond_signal(&a->answered);
}

static bool find_in_hosts(struct asking *a, struct str name)
{
	static struct names_answers found; /* too large for a stack */

	memset(&found, 0, sizeof(found));
	if (!hosts_find(name, &found))
		return false;
	take(a, &found);
	return true;
}

unsigned lookup(struct str name, struct ip *ips_r, unsigned max)
{
	struct asking a = {.ips = ips_r, .max = max};

	if (find_in_hosts(&a, name))
		return a.count;
	cond_init(&a.answered);
	dns_ask(NAMES_ADDRESS, name, on_answer, &a);
	fiber_shield(); /* its answer will be written here in any case */
	while (!a.done)
		(void)cond_wait(&a.answered, DEADLINE_NEVER);
	fiber_unshield();
	return a.count;
}

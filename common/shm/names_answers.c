/*
 * names_answers.c - answers of name servers, and what they mean for a record.
 *
 * Runs in workers; nothing here knows where a record lies.  Answers have one
 * order and no byte that means nothing, so that two sets are the same if their
 * bytes are.
 */
#include "common/shm/names_answers.h"

#include <stdlib.h>

#include "common/base/insist.h"

const char *names_fault_text(enum names_fault fault)
{
	static const char *const texts[NAMES_FAULTS] = {
	    [NAMES_FINE] = "",
#define NAME_FAULT(name, text) [NAMES_##name] = text,
#include "common/tbl/name_faults.h"
#undef NAME_FAULT
	};

	return fault < NAMES_FAULTS ? texts[fault] : "";
}

/* ---- answers ---- */

static int compare_ips(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/*
 * Name servers change the order of what they say each time.  So of more than
 * there is room for not those that came first are kept: servers would come and
 * go with each answer.
 */
bool names_add_address(struct names_answers *a, const struct ip *ip)
{
	struct names_answer *last = &a->at[0];

	if (a->count < NAMES_ANSWERS_MAX) {
		a->at[a->count++] = (struct names_answer){.ip = *ip};
		return true;
	}
	for (unsigned i = 1; i < a->count; i++)
		if (compare_ips(&a->at[i].ip, &last->ip) > 0)
			last = &a->at[i];
	if (compare_ips(ip, &last->ip) < 0)
		last->ip = *ip;
	return false;
}

bool names_add_service(struct names_answers *a, struct str host,
    uint16_t port, uint16_t priority, uint16_t weight)
{
	if (a->count == NAMES_ANSWERS_MAX || host.n == 0 ||
	    host.n > NAMES_LENGTH_MAX ||
	    a->text_n + host.n > NAMES_TEXT_MAX)
		return false;
	a->at[a->count++] = (struct names_answer){
	    .port = port,
	    .priority = priority,
	    .weight = weight,
	    .host_at = a->text_n,
	    .host_n = (uint16_t)host.n,
	};
	for (size_t i = 0; i < host.n; i++)
		a->text[a->text_n + i] = char_lower(host.p[i]);
	a->text_n += (uint16_t)host.n;
	return true;
}

struct str names_host(const struct names_answers *a, unsigned i)
{
	INSIST(i < a->count);
	return str_make(a->text + a->at[i].host_at, a->at[i].host_n);
}

static int compare(const void *x, const void *y, void *answers)
{
	const struct names_answers *all = answers;
	const struct names_answer *a = x, *b = y;
	int by_host;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	by_host = str_cmp(str_make(all->text + a->host_at, a->host_n),
	    str_make(all->text + b->host_at, b->host_n));
	if (by_host != 0)
		return by_host;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return compare_ips(&a->ip, &b->ip);
}

/* The text too: it comes in the order of its hosts. */
static void rewrite(struct names_answers *to, const struct names_answers *from)
{
	for (unsigned i = 0; i < from->count; i++) {
		const struct names_answer *a = &from->at[i];

		if (i > 0 && compare(a, a - 1, (void *)from) == 0)
			continue;
		if (a->host_n > 0)
			(void)names_add_service(to, names_host(from, i),
			    a->port, a->priority, a->weight);
		else
			(void)names_add_address(to, &a->ip);
	}
}

void names_sort(struct names_answers *a)
{
	static struct names_answers sorted; /* too large for a fiber's stack */

	qsort_r(a->at, a->count, sizeof(a->at[0]), compare, a);
	memset(&sorted, 0, sizeof(sorted));
	rewrite(&sorted, a);
	*a = sorted;
}

void names_bound(struct names_answers *a)
{
	if (a->count > NAMES_ANSWERS_MAX)
		a->count = NAMES_ANSWERS_MAX;
	if (a->text_n > NAMES_TEXT_MAX)
		a->text_n = NAMES_TEXT_MAX;
	for (unsigned i = 0; i < a->count; i++) {
		struct names_answer *at = &a->at[i];

		if (at->host_at > a->text_n)
			at->host_at = a->text_n;
		if (at->host_n > a->text_n - at->host_at)
			at->host_n = (uint16_t)(a->text_n - at->host_at);
		if (at->host_n > NAMES_LENGTH_MAX)
			at->host_n = NAMES_LENGTH_MAX;
	}
}

/* ---- records ---- */

static unsigned apply_fault(struct names_record *r, enum names_fault fault,
    usec_t now)
{
	unsigned broke = r->failures == 0 ? NAMES_BROKE : 0;

	r->failed_at = now;
	r->fault = fault;
	if (r->failures < UINT32_MAX)
		r->failures++;
	return broke;
}

unsigned names_apply(struct names_record *r, const struct names_outcome *o,
    usec_t now)
{
	unsigned changed = r->failures > 0 ? NAMES_RECOVERED : 0;

	if (o->fault != NAMES_FINE)
		return apply_fault(r, o->fault, now);
	INSIST(o->answers.count > 0);
	r->answered_at = now;
	r->ttl = o->ttl;
	r->failures = 0;
	r->fault = NAMES_FINE;
	if (memcmp(&r->answers, &o->answers, sizeof(r->answers)) == 0)
		return changed;
	r->answers = o->answers;
	r->changed_at = now;
	return changed | NAMES_CHANGED;
}

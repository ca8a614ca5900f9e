/*
 * pair_send.c - workers are given pairs that were renewed.
 *
 * Runs in the master.  For each worker there is a byte a pair: what is still to
 * be told, and what it was told and has not answered.  A channel holds few
 * messages, so a worker is told of the next pair when it has taken one; and of
 * a pair that is renewed again meanwhile it gets the newest only.
 */
#include "master/pair_send.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "master/world.h"

#define UNTOLD 1
#define UNANSWERED 2
#define AT_ONCE 4

void pair_write_end(struct out *o, const struct pair_watch *w)
{
	int64_t end = w->facts.not_after;
	struct clock_day day =
	    clock_day(end > 0 ? (unsigned)(end / (24 * 3600)) : 0);

	out_fmt(o, "%04u-%02u-%02u", day.year, day.month + 1,
	    day.day);
}

static struct pairs *pairs_of(const struct child *c)
{
	return c->world != NULL ? c->world->pairs : NULL;
}

static void hand_over(struct child *c)
{
	const struct pairs *p = pairs_of(c);

	for (unsigned i = 0; p != NULL && i < p->count; i++) {
		if (c->pairs[i] != UNTOLD || c->pairs_due >= AT_ONCE)
			continue;
		if (child_send(c, MESSAGE_pair, i, p->at[i].fd) < 0)
			return; /* it has ended, or will be told later */
		c->pairs[i] = UNANSWERED;
		c->pairs_due++;
	}
}

void pair_send(struct pairs *p, unsigned number)
{
	INSIST(number < p->count && p->at[number].fd >= 0);
	p->at[number].owed = true;
	LIST_FOREACH(at, children()) {
		struct child *c = child_at(at);

		if (pairs_of(c) != p)
			continue;
		c->pairs[number] |= UNTOLD;
		hand_over(c);
	}
	pairs_look();
}

void pairs_adopt(const struct pairs *p, struct child *c)
{
	c->pairs = calloc(p->count + 1, sizeof(*c->pairs));
	INSIST(c->pairs != NULL);
	c->pair_count = p->count;
}

bool pairs_heard(struct child *c, int64_t number, bool taken)
{
	struct pairs *p = pairs_of(c);

	if (number < 0 || number >= c->pair_count ||
	    (c->pairs[number] & UNANSWERED) == 0)
		return false;
	c->pairs[number] &= (unsigned char)~UNANSWERED;
	c->pairs_due--;
	if (!taken && p != NULL)
		log_error("%s can't use what %s has now", child_name(c),
		    p->at[number].conf->cert_file);
	hand_over(c);
	pairs_look();
	return true;
}

/* ---- when all have it ---- */

static bool is_owed(const struct pairs *p, unsigned number)
{
	LIST_FOREACH(at, children()) {
		const struct child *c = child_at(at);

		if (pairs_of(c) == p && c->pairs[number] != 0)
			return true;
	}
	return false;
}

void pairs_go_on(void)
{
	LIST_FOREACH(at, children())
		hand_over(child_at(at));
}

void pairs_look(void)
{
	struct pairs *p = world_now() != NULL ? world_now()->pairs : NULL;

	for (unsigned i = 0; p != NULL && i < p->count; i++) {
		struct pair_watch *w = &p->at[i];
		char text[16];
		struct out end = out_make(text, sizeof(text));

		if (!w->owed || is_owed(p, i))
			continue;
		w->owed = false;
		pair_write_end(&end, w);
		log_info("certificate: %s renewed, %s, valid to %s",
		    w->conf->cert_file, w->facts.part[PAIR_SUBJECT].p, out_cstr(&end));
	}
}

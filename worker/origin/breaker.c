/*
 * breaker.c - a pool that errs too often is shut for a while.
 *
 * Runs in workers.  The state is one number of the pool's row, open_until: 0
 * closed, in the future open, in the past half open.  Who opens it changes it
 * by compare-and-swap, so that one worker does, and says so; who holds the
 * probe's claim is alone anyway.  A probe that does not come back (its worker
 * is killed or stopped, its server is slow) is followed by another.
 */
#include "worker/origin/breaker.h"

#include "common/base/log.h"
#include "common/conf/units.h"
#include "common/shm/seat.h"
#include "worker/origin/view.h"
#include "worker/origin/window.h"

bool breaker_enter(struct pool *p, uint64_t *probe_r)
{
	const struct conf_breaker *conf = p->conf->breaker;
	usec_t until;

	*probe_r = 0;
	if (conf == NULL)
		return true;
	until = atomic_load(&pool_row(p)->pool.open_until);
	if (until == 0)
		return true;
	if (until <= loop_now())
		*probe_r = claim_take(&p->row->pool.probe, loop_now(),
		    conf->open);
	if (*probe_r != 0)
		return true;
	count(breaker_open);
	return false;
}

static void tell_open(const struct pool *p, const struct window *w)
{
	char text[CONF_UNITS_SIZE], subject[VIEW_SUBJECT_SIZE];

	conf_units_time(text, p->conf->breaker->open);
	view_pool_subject(subject, p->conf);
	if (w != NULL)
		log_warning("%s: breaker is open for %s: %u of %u requests "
		    "failed", subject, text, w->errors, w->total);
	else
		log_warning("%s: breaker is open for %s more: the probe failed",
		    subject, text);
}

static void saw_probe(struct pool *p, uint64_t *probe, bool error)
{
	struct health_pool *h = &p->row->pool;
	char subject[VIEW_SUBJECT_SIZE];
	usec_t now = loop_now();
	uint64_t claim = *probe;

	*probe = 0;
	if (!claim_is_mine(&h->probe, claim))
		return;
	atomic_store(&h->window, 0);
	atomic_store(&h->open_until, error ? now + p->conf->breaker->open : 0);
	(void)claim_end(&h->probe, claim, 0);
	if (error)
		tell_open(p, NULL);
	else
		log_info("%s: breaker is closed again: the probe went well",
		    view_pool_subject(subject, p->conf));
}

void breaker_saw(struct pool *p, uint64_t *probe, bool error)
{
	const struct conf_breaker *conf = p->conf->breaker;
	struct health_pool *h;
	struct window w;
	int64_t closed = 0;

	if (conf == NULL)
		return;
	if (*probe != 0) {
		saw_probe(p, probe, error);
		return;
	}
	h = &pool_row(p)->pool;
	w = window_note(&h->window, loop_now(), conf->within, error);
	if (error && window_exceeds(w, conf->requests, conf->error_rate) &&
	    atomic_compare_exchange_strong(&h->open_until, &closed,
		loop_now() + conf->open))
		tell_open(p, &w);
}

void breaker_leave(struct pool *p, uint64_t *probe)
{
	if (*probe != 0)
		(void)claim_end(&p->row->pool.probe, *probe, 0);
	*probe = 0;
}

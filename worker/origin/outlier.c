/*
 * outlier.c - who errs is taken out for a while.
 *
 * Runs in workers, after each attempt at a server.  A server that is well
 * costs a look at its row, which nobody has written to.
 *
 * Taking out is the one thing that must be agreed upon: two workers that take
 * out two servers at once could leave none.  So whoever takes one out holds a
 * claim of the pool meanwhile; who does not get it leaves the server in, and
 * the next error asks again.
 */
#include "worker/origin/outlier.h"

#include <stdio.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/conf/units.h"
#include "common/shm/seat.h"
#include "worker/origin/view.h"
#include "worker/origin/window.h"

#define EJECT_PATIENCE (100 * USEC_PER_MSEC) /* for one who holds the claim */
#define QUIET OUTLIER_EJECT_MOST /* of it halves the next ejection */
#define DOUBLINGS_MOST 20
#define WHOLE 1000000
#define REASON_BITS 8

enum detail { DETAIL_NONE, DETAIL_STATUS };
enum verdict { VERDICT_WELL, VERDICT_ERROR };

static const struct {
	enum verdict verdict;
	enum detail detail;
	const char *text;
} rows[] = {
#define SERVER_RESULT(name, verdict, detail, text)                            \
	{VERDICT_##verdict, DETAIL_##detail, text},
#include "common/tbl/server_results.h"
#undef SERVER_RESULT
};

bool server_result_is_error(enum server_result result)
{
	INSIST(result < SERVER_RESULTS);
	return rows[result].verdict == VERDICT_ERROR;
}

/* ---- arithmetic ---- */

bool outlier_may_eject(const struct conf_outlier *conf, unsigned count,
    unsigned out)
{
	uint64_t most = (uint64_t)count * conf->max_ejected / WHOLE;

	if (most == 0 && conf->max_ejected > 0)
		most = 1;
	return out + 1 <= most && out + 1 < count;
}

usec_t outlier_time(const struct conf_outlier *conf, unsigned ejections)
{
	usec_t most = conf->eject > OUTLIER_EJECT_MOST ? conf->eject
						       : OUTLIER_EJECT_MOST;
	usec_t time = conf->eject;

	while (ejections-- > 0 && time < most)
		time *= 2;
	return time < most ? time : most;
}

/* ---- taking out ---- */

static void say_reason(struct out *o, uint32_t reason)
{
	uint32_t result = reason & ((1 << REASON_BITS) - 1);

	if (result >= SERVER_RESULTS)
		return;
	out_fmt(o, "%s", rows[result].text);
	if (rows[result].detail == DETAIL_STATUS)
		out_fmt(o, " %u", reason >> REASON_BITS);
}

void outlier_say(struct out *o, const struct server *s)
{
	const struct health_server *h = &s->row->server;

	if (atomic_load(&h->ejected_until) != 0)
		say_reason(o, atomic_load(&h->reason));
}

static void tell(const struct server *s, usec_t time, const char *why)
{
	char text[CONF_UNITS_SIZE], last[80], subject[VIEW_SUBJECT_SIZE];
	struct out out = out_make(last, sizeof(last));

	say_reason(&out, atomic_load(&s->row->server.reason));
	log_warning("%s is taken out for %s: %s (last: %s)",
	    view_subject(subject, s), conf_units_time(text, time), why,
	    out_cstr(&out));
}

/* Those that the operator wants, and those of them that are not to be used. */
static void count_servers(const struct pool *p, usec_t now, unsigned *count_r,
    unsigned *out_r)
{
	*count_r = *out_r = 0;
	for (unsigned i = 0; i < p->count; i++) {
		const struct server *s = p->at[i];

		*count_r += server_is_wanted(s, false);
		*out_r += server_is_wanted(s, false) &&
		    !server_is_usable(s, false, now);
	}
}

/* Ejections in a row: time without any makes them fewer. */
static unsigned ejections_of(struct health_server *h, usec_t now)
{
	unsigned n = atomic_load(&h->ejections);
	usec_t quiet = (now - atomic_load(&h->ejected_until)) / QUIET;

	if (n > DOUBLINGS_MOST)
		n = DOUBLINGS_MOST;
	return quiet < n ? n - (unsigned)quiet : 0;
}

/* The claim is held.  For how long it is out; 0: it stays. */
static usec_t take_out(struct server *s, const struct conf_outlier *conf,
    uint32_t reason)
{
	struct health_server *h = &s->row->server;
	usec_t now = loop_now();
	unsigned count, out, ejections;
	usec_t time;

	count_servers(s->pool, now, &count, &out);
	if (!server_is_usable(s, false, now) ||
	    !outlier_may_eject(conf, count, out))
		return 0;
	ejections = ejections_of(h, now);
	time = outlier_time(conf, ejections);
	atomic_store(&h->ejections, ejections + 1);
	atomic_store(&h->reason, reason);
	atomic_store(&h->errors, 0);
	atomic_store(&h->up_since, now + time);
	atomic_store(&h->ejected_until, now + time);
	return time;
}

static void eject(struct server *s, uint32_t reason, const char *why)
{
	claim_word *word = &pool_row(s->pool)->pool.ejecting;
	uint64_t claim = claim_take(word, loop_now(), EJECT_PATIENCE);
	usec_t time;

	if (claim == 0)
		return;
	time = take_out(s, s->pool->conf->outlier, reason);
	(void)claim_end(word, claim, 0);
	if (time == 0)
		return;
	count(ejections);
	tell(s, time, why);
}

/* ---- counting ---- */

/* Errors in a row: how many, the last one now. */
static unsigned errors_in_a_row(struct health_server *h, usec_t within)
{
	usec_t now = loop_now();
	unsigned n = atomic_fetch_add(&h->errors, 1) + 1;

	if (n > 1 && now - atomic_load(&h->errors_since) <= within)
		return n;
	atomic_store(&h->errors_since, now);
	atomic_store(&h->errors, 1);
	return 1;
}

static bool is_out(const struct server *s)
{
	return atomic_load_explicit(&s->row->server.ejected_until,
	    memory_order_relaxed) > loop_now();
}

static void saw_error(struct server *s, const struct conf_outlier *conf,
    uint32_t reason)
{
	unsigned errors = errors_in_a_row(&s->row->server, conf->within);
	char why[40];

	if (conf->errors == 0 || errors < conf->errors)
		return;
	snprintf(why, sizeof(why), "%u errors in a row", errors);
	eject(s, reason, why);
}

static void note_rate(struct server *s, const struct conf_outlier *conf,
    bool error, uint32_t reason)
{
	struct health_server *h = &s->row->server;
	struct window w = window_note(&h->window, loop_now(), conf->within,
	    error);
	char why[64];

	if (!error || !window_exceeds(w, conf->requests, conf->error_rate))
		return;
	snprintf(why, sizeof(why), "%u errors in %u requests", w.errors,
	    w.total);
	eject(s, reason, why);
	if (is_out(s))
		atomic_store(&h->window, 0);
}

void outlier_saw(struct server *s, enum server_result result, unsigned status)
{
	const struct conf_outlier *conf = s->pool->conf->outlier;
	struct health_server *h = &s->row->server;
	bool error = server_result_is_error(result);
	uint32_t reason = (uint32_t)result | status << REASON_BITS;

	if (error)
		atomic_fetch_add_explicit(&h->failures, 1,
		    memory_order_relaxed);
	if (conf == NULL || s->retired || (error && is_out(s)))
		return;
	if (error)
		saw_error(s, conf, reason);
	else if (atomic_load_explicit(&h->errors, memory_order_relaxed) != 0)
		atomic_store(&h->errors, 0);
	if (conf->error_rate > 0 && !is_out(s))
		note_rate(s, conf, error, reason);
}

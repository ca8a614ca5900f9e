/*
 * relay_verdict.c - what an attempt says of the server it was made at.
 *
 * Runs on the exchange's fiber.  Each attempt has one verdict at most, as soon
 * as it is known: an error at once, a good reply at its end, because it can
 * break off until then.  What is the client's doing, or ours, says nothing of
 * the server.
 */
#include "worker/proxy/relay_verdict.h"

#include "worker/origin/breaker.h"
#include "worker/origin/origin.h"

#define ERRORS_FROM 500

void relay_judge(struct relay *r, struct server *s, enum server_result result,
    unsigned status)
{
	if (r->judged)
		return;
	r->judged = true;
	outlier_saw(s, result, status);
	breaker_saw(s->pool, &r->x->probe, server_result_is_error(result));
}

/* SERVER_RESULTS: nothing. */
static enum server_result result_of(enum end end)
{
	switch (end) {
	case END_connect_failed:
		return SERVER_connect_failed;
	case END_connect_deadline:
		return SERVER_connect_deadline;
	case END_origin_tls:
		return SERVER_tls;
	case END_origin_version:
		return SERVER_version;
	case END_origin_closed:
		return SERVER_closed;
	case END_origin_malformed:
		return SERVER_malformed;
	case END_origin_deadline:
		return SERVER_deadline;
	case END_origin_stalled:
		return SERVER_stalled;
	case END_origin_idle:
		return SERVER_idle;
	default:
		return SERVER_RESULTS;
	}
}

void relay_judge_end(struct relay *r, struct server *s)
{
	enum server_result result = result_of(relay_end(r));

	if (result < SERVER_RESULTS)
		relay_judge(r, s, result, 0);
	else if (relay_end(r) == END_NONE && r->body.done)
		relay_judge(r, s, SERVER_well, 0);
}

/* A probe is over with its head: its body may have no end. */
void relay_judge_head(struct relay *r, struct server *s, unsigned status)
{
	const struct conf_outlier *conf = s->pool->conf->outlier;
	usec_t took = relay_took(r);

	if (status >= ERRORS_FROM)
		relay_judge(r, s, SERVER_status, status);
	else if (conf != NULL && conf->latency > 0 && took > conf->latency)
		relay_judge(r, s, SERVER_slow, 0);
	else if (status == 101)
		relay_judge(r, s, SERVER_well, 0);
	else if (r->x->probe != 0)
		breaker_saw(s->pool, &r->x->probe, false);
}

/*
 * view.c - a server as an operator sees it.
 *
 * Runs in the worker that is asked.  What it knows of a server it has from the
 * health table, which all workers write: so it speaks for all of them.
 */
#include "worker/origin/view.h"

#include "worker/origin/balance.h"
#include "worker/origin/checks.h"
#include "worker/origin/members.h"
#include "worker/origin/outlier.h"

static int64_t read_time(const _Atomic int64_t *t)
{
	return atomic_load_explicit(t, memory_order_relaxed);
}

static void set_state(struct server_view *v, const char *state,
    const char *why)
{
	v->state = state;
	if (v->why[0] == '\0')
		strcpy(v->why, why);
}

/* ---- what is said of it, the strongest word first ---- */

static bool tell_wish(struct server_view *v, const struct server *s)
{
	switch ((enum health_wish)atomic_load_explicit(
	    &s->row->server.wish, memory_order_relaxed)) {
	case HEALTH_DOWN:
		set_state(v, "down", "by sluicectl");
		return true;
	case HEALTH_DRAIN:
		set_state(v, "draining", "by sluicectl");
		return false;
	case HEALTH_AS_CONFIGURED:
		if (s->conf->down)
			set_state(v, "down", "as configured");
		return s->conf->down;
	case HEALTH_UP:
		break;
	}
	return false;
}

static void tell_last_check(struct server_view *v, const struct server *s,
    usec_t now)
{
	struct out check = out_make(v->check, sizeof(v->check));
	usec_t at;

	if (s->check == NULL)
		return;
	at = read_time(&s->check->check.at);
	if (at == 0)
		out_lit(&check, "not checked yet");
	else
		checks_say(&check, s);
	(void)out_cstr(&check);
	v->checked = at == 0 || at >= now ? 0 : now - at;
}

static void tell_check(struct server_view *v, const struct server *s,
    usec_t now)
{
	const struct health_check *c = &s->check->check;

	v->since = now - read_time(&c->since);
	set_state(v, "down", "");
}

static bool tell_ejection(struct server_view *v, const struct server *s,
    usec_t now)
{
	usec_t until = read_time(&s->row->server.ejected_until);
	struct out why = out_make(v->why, sizeof(v->why));

	if (until <= now)
		return false;
	v->left = until - now;
	out_lit(&why, "last: ");
	outlier_say(&why, s);
	(void)out_cstr(&why);
	set_state(v, "ejected", "");
	return true;
}

static void tell_start(struct server_view *v, const struct server *s,
    usec_t now)
{
	v->share = balance_share(s, now);
	if (v->share < 100)
		set_state(v, "slow start", "");
}

static bool is_down_by_check(const struct server *s)
{
	return s->check != NULL &&
	    atomic_load_explicit(&s->check->check.state,
		memory_order_relaxed) == HEALTH_IS_DOWN;
}

static void tell_state(struct server_view *v, const struct server *s,
    usec_t now)
{
	if (tell_wish(v, s))
		return;
	if (is_down_by_check(s))
		tell_check(v, s, now);
	else if (!tell_ejection(v, s, now) && v->state == NULL)
		tell_start(v, s, now);
	if (v->state == NULL)
		v->state = "up";
}

void view_server(struct server_view *v, const struct server *s, usec_t now)
{
	const struct health_server *h = &s->row->server;

	*v = (struct server_view){.conf = s->conf,
	    .address = s->conf->name != NULL ? s->address.text : NULL,
	    .share = 100,
	    .weight = server_weight(s),
	    .in_flight = server_in_flight(s),
	    .requests =
		atomic_load_explicit(&h->requests, memory_order_relaxed),
	    .failures =
		atomic_load_explicit(&h->failures, memory_order_relaxed),
	    .latency = server_latency(s, now),
	    .is_private = health_is_private(s->row)};
	tell_last_check(v, s, now);
	tell_state(v, s, now);
}

void view_absent(struct server_view *v, const struct conf_server *conf)
{
	struct out why = out_make(v->why, sizeof(v->why));

	*v = (struct server_view){.conf = conf,
	    .share = 100,
	    .weight = conf->weight,
	    .state = "no address"};
	out_str(&why, str_from(members_why_none(conf)));
	(void)out_cstr(&why);
}

bool view_is_present(const struct pool *p, const struct conf_server *s)
{
	for (unsigned i = 0; i < p->count; i++)
		if (p->at[i]->conf == s)
			return true;
	return false;
}

void view_pool_name(struct out *o, const struct conf_pool *p)
{
	out_str(o, str_from(p->vhost->name));
	if (p->is_named) {
		out_char(o, '/');
		out_str(o, str_from(p->name));
	}
}

const char *view_pool_subject(char text_r[VIEW_SUBJECT_SIZE],
    const struct conf_pool *p)
{
	struct out o = out_make(text_r, VIEW_SUBJECT_SIZE);

	out_lit(&o, "pool ");
	view_pool_name(&o, p);
	return out_cstr(&o);
}

const char *view_subject(char text_r[VIEW_SUBJECT_SIZE],
    const struct server *s)
{
	struct out o = out_make(text_r, VIEW_SUBJECT_SIZE);

	out_lit(&o, "pool ");
	view_pool_name(&o, s->pool->conf);
	out_lit(&o, ": server ");
	out_str(&o, str_from(s->conf->url));
	if (s->conf->name != NULL) {
		out_char(&o, ' ');
		out_str(&o, str_from(s->address.text));
	}
	return out_cstr(&o);
}

/*
 * tell.c - the pools and their servers, as a table or as JSON.
 *
 * Runs in the worker that is asked, on the loop's own stack.  The table is
 * walked twice: the first time for its widths.
 *
 *	SERVER                      STATE      WEIGHT  IN FLIGHT  ...
 *	app.example.com/web  p2c
 *	  http://10.0.0.11:8080     up              1          4  ...
 */
#include "worker/origin/tell.h"

#include "common/base/json.h"
#include "worker/origin/view.h"

#define LINE_MAX_SIZE 4096 /* of what is told of one server, or more */
#define END_SIZE 64	   /* what is told of those that had no room */

struct tale {
	struct out *out;
	bool json;
	usec_t now;
	int server_width;
	int state_width;
	unsigned untold; /* servers */
};

typedef void show_fn(struct tale *t, const struct server_view *v);

/* What stands for S: each of its addresses, or that there is none. */
static void show_server(struct tale *t, const struct pool *p,
    const struct conf_server *conf, show_fn *show)
{
	struct server_view v;
	bool any = false;

	for (unsigned i = 0; i < p->count; i++) {
		if (p->at[i]->conf != conf)
			continue;
		view_server(&v, p->at[i], t->now);
		show(t, &v);
		any = true;
	}
	if (!any) {
		view_absent(&v, conf);
		show(t, &v);
	}
}

static void show_servers(struct tale *t, const struct pool *p, show_fn *show)
{
	for (unsigned i = 0; i < p->conf->server_count; i++)
		show_server(t, p, &p->conf->servers[i], show);
}

static bool has_room(struct tale *t)
{
	const struct out *o = t->out;

	if (o->cap - o->n >= LINE_MAX_SIZE && t->untold == 0)
		return true;
	t->untold++;
	return false;
}

/* ---- the table ---- */

static void write_name(struct out *o, const struct server_view *v)
{
	out_str(o, str_from(v->conf->url));
	if (v->address == NULL)
		return;
	out_char(o, ' ');
	out_str(o, str_from(v->address));
}

/* "down 3m12s", "ejected 8s left", "slow start 40%" */
static void write_state(struct out *o, const struct server_view *v)
{
	out_str(o, str_from(v->state));
	if (v->share < 100)
		out_fmt(o, " %u%%", v->share);
	if (v->since > 0) {
		out_char(o, ' ');
		out_span(o, v->since);
	}
	if (v->left > 0) {
		out_char(o, ' ');
		out_span(o, v->left);
		out_lit(o, " left");
	}
}

static void write_in_flight(struct out *o, const struct server_view *v)
{
	out_fmt(o, "%u", v->in_flight);
	if (v->conf->max_conns > 0)
		out_fmt(o, "/%u", v->conf->max_conns);
}

static void write_latency(struct out *o, usec_t latency)
{
	if (latency <= 0)
		out_char(o, '-');
	else if (latency < 10 * USEC_PER_MSEC)
		out_fmt(o, "%.1fms", (double)latency / USEC_PER_MSEC);
	else if (latency < 10 * USEC_PER_SEC)
		out_fmt(o, "%dms", (int)(latency / USEC_PER_MSEC));
	else
		out_span(o, latency);
}

/* What is said once of each, and why it is as it is. */
static void write_notes(struct out *o, const struct server_view *v)
{
	const char *between = "  ";

	if (v->conf->backup) {
		out_fmt(o, "%sbackup", between);
		between = ", ";
	}
	if (v->conf->zone != NULL) {
		out_fmt(o, "%szone %s", between, v->conf->zone);
		between = ", ";
	}
	if (v->is_private) {
		out_fmt(o, "%sof one worker", between);
		between = ", ";
	}
	if (v->why[0] != '\0') {
		out_fmt(o, "%s%s", between, v->why);
		between = ", ";
	}
	if (v->check[0] == '\0')
		return;
	out_fmt(o, "%s%s", between, v->check);
	if (v->checked > 0) {
		out_lit(o, ", ");
		out_span(o, v->checked);
		out_lit(o, " ago");
	}
}

static void widen(int *width, size_t n)
{
	if ((size_t)*width < n && n < LINE_MAX_SIZE / 4)
		*width = (int)n;
}

static void measure(struct tale *t, const struct server_view *v)
{
	char text[LINE_MAX_SIZE / 4];
	struct out o = out_make(text, sizeof(text));

	write_name(&o, v);
	widen(&t->server_width, o.n);
	o.n = 0;
	write_state(&o, v);
	widen(&t->state_width, o.n);
}

/* What WRITE writes, and blanks up to WIDTH. */
static void write_left(struct out *o, const struct server_view *v, int width,
    void (*write)(struct out *o, const struct server_view *v))
{
	size_t start = o->n;

	write(o, v);
	while (out_ok(o) && o->n - start < (size_t)width)
		out_char(o, ' ');
}

static void write_row(struct tale *t, const struct server_view *v)
{
	struct out *o = t->out;
	char flight[32], latency[32];
	struct out in_flight = out_make(flight, sizeof(flight));
	struct out late = out_make(latency, sizeof(latency));

	if (!has_room(t))
		return;
	write_in_flight(&in_flight, v);
	write_latency(&late, v->latency);
	out_lit(o, "  ");
	write_left(o, v, t->server_width, write_name);
	out_lit(o, "  ");
	write_left(o, v, t->state_width, write_state);
	out_fmt(o, "  %6u  %9s  %10llu  %8llu  %7s", v->weight,
	    out_cstr(&in_flight), (unsigned long long)v->requests,
	    (unsigned long long)v->failures, out_cstr(&late));
	write_notes(o, v);
	out_char(o, '\n');
}

static void write_heading(struct tale *t)
{
	out_fmt(t->out, "%-*s  %-*s  %6s  %9s  %10s  %8s  %7s\n",
	    t->server_width + 2, "SERVER", t->state_width, "STATE", "WEIGHT",
	    "IN FLIGHT", "REQUESTS", "FAILURES", "LATENCY");
}

static usec_t open_until(struct pool *p)
{
	return atomic_load_explicit(&pool_row(p)->pool.open_until,
	    memory_order_relaxed);
}

static void write_breaker(struct tale *t, struct pool *p)
{
	usec_t until = open_until(p);

	if (until > t->now) {
		out_lit(t->out, ", breaker open ");
		out_span(t->out, until - t->now);
		out_lit(t->out, " more");
	} else if (until != 0) {
		out_lit(t->out, ", breaker half open");
	}
}

static void write_pool(struct tale *t, struct pool *p)
{
	unsigned queued = health_held(pool_row(p));

	if (t->out->cap - t->out->n >= LINE_MAX_SIZE) {
		view_pool_name(t->out, p->conf);
		out_fmt(t->out, "  %s",
		    conf_balance_name(p->conf->balance));
		if (queued > 0)
			out_fmt(t->out, ", %u of %u queued", queued,
			    p->conf->queue.size);
		write_breaker(t, p);
		out_char(t->out, '\n');
	}
	show_servers(t, p, write_row);
}

/* ---- JSON ---- */

static void write_usec(struct out *o, const char *name, usec_t usec)
{
	if (usec > 0)
		json_name_number(o, name, (uint64_t)(usec / USEC_PER_SEC));
}

static void write_bool(struct out *o, const char *name, bool value)
{
	json_name(o, name);
	out_str(o, value ? STR("true") : STR("false"));
}

static void write_object(struct tale *t, const struct server_view *v)
{
	struct out *o = t->out;

	if (!has_room(t))
		return;
	json_item(o);
	out_char(o, '{');
	json_name_string(o, "url", str_from(v->conf->url));
	if (v->address != NULL)
		json_name_string(o, "address", str_from(v->address));
	json_name_string(o, "state", str_from(v->state));
	if (v->why[0] != '\0')
		json_name_string(o, "why", str_from(v->why));
	if (v->check[0] != '\0')
		json_name_string(o, "check", str_from(v->check));
	write_usec(o, "checked", v->checked);
	write_usec(o, "since", v->since);
	write_usec(o, "left", v->left);
	json_name_number(o, "share", v->share);
	json_name_number(o, "weight", v->weight);
	json_name_number(o, "in_flight", v->in_flight);
	if (v->conf->max_conns > 0)
		json_name_number(o, "max_conns", v->conf->max_conns);
	json_name_number(o, "requests", v->requests);
	json_name_number(o, "failures", v->failures);
	if (v->latency > 0)
		json_name_number(o, "latency_usec", (uint64_t)v->latency);
	write_bool(o, "backup", v->conf->backup);
	write_bool(o, "one_worker", v->is_private);
	if (v->conf->zone != NULL)
		json_name_string(o, "zone", str_from(v->conf->zone));
	out_char(o, '}');
}

static void write_pool_json(struct tale *t, struct pool *p)
{
	struct out *o = t->out;

	if (o->cap - o->n < LINE_MAX_SIZE) {
		t->untold += p->conf->server_count;
		return;
	}
	json_item(o);
	out_char(o, '{');
	json_name_string(o, "vhost", str_from(p->conf->vhost->name));
	if (p->conf->is_named)
		json_name_string(o, "pool", str_from(p->conf->name));
	json_name_string(o, "balance",
	    str_from(conf_balance_name(p->conf->balance)));
	json_name_number(o, "queued", health_held(pool_row(p)));
	if (p->conf->breaker != NULL)
		json_name_string(o, "breaker", str_from(
		    open_until(p) > t->now ? "open" :
		    open_until(p) != 0 ? "half open" : "closed"));
	json_name(o, "servers");
	out_char(o, '[');
	show_servers(t, p, write_object);
	out_lit(o, "]}");
}

/* ---- which pools ---- */

/* VHOST, or VHOST/POOL, or nothing. */
static bool is_meant(const struct conf_pool *p, struct str what)
{
	char text[512];
	struct out name = out_make(text, sizeof(text));

	view_pool_name(&name, p);
	return what.n == 0 || str_eq(what, str_from(p->vhost->name)) ||
	    (out_ok(&name) && str_eq(what, out_text(&name)));
}

static unsigned for_each(struct tale *t, struct str what,
    void (*show)(struct tale *t, struct pool *p))
{
	unsigned found = 0;
	struct pool *p;

	for (unsigned i = 0; (p = pool_at(i)) != NULL; i++) {
		if (!is_meant(p->conf, what))
			continue;
		found++;
		show(t, p);
	}
	return found;
}

static void measure_pool(struct tale *t, struct pool *p)
{
	show_servers(t, p, measure);
}

static void tell_text(struct tale *t, struct str what)
{
	for_each(t, what, measure_pool);
	write_heading(t);
	for_each(t, what, write_pool);
	if (t->untold > 0)
		out_fmt(t->out, "... %u servers more\n", t->untold);
}

static void tell_json(struct tale *t, struct str what)
{
	out_lit(t->out, "{\"ok\":true");
	json_name(t->out, "pools");
	out_char(t->out, '[');
	for_each(t, what, write_pool_json);
	out_char(t->out, ']');
	if (t->untold > 0)
		json_name_number(t->out, "untold", t->untold);
	out_lit(t->out, "}\n");
}

static void nothing(struct tale *t, struct pool *p)
{
	(void)t;
	(void)p;
}

bool tell_pools(const struct conf *conf, struct str words, struct out *answer)
{
	struct out most = out_make(answer->p, answer->cap - END_SIZE);
	struct tale t = {.out = &most,
	    .now = loop_now(),
	    .server_width = 20,
	    .state_width = 5};
	struct str what = STR("");

	(void)conf;
	(void)str_next_part(&words, '\t', &what);
	if (for_each(&t, what, nothing) == 0 && what.n > 0) {
		out_fmt(answer, "error: there is no vhost and no pool "
				"\"%" PRI_STR "\"\n", ARG_STR(what));
		return false;
	}
	if (str_eq(words, STR("json")))
		tell_json(&t, what);
	else
		tell_text(&t, what);
	*answer = most;
	answer->cap += END_SIZE;
	return true;
}

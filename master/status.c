/*
 * status.c - the state of the daemon, for sluicectl: as text, and as JSON.
 *
 * Numbers come from the seats, which workers write: they are printed and
 * nothing else is done with them.
 */
#include "master/status.h"

#include <unistd.h>

#include "common/base/json.h"
#include "master/quit.h"
#include "master/reload.h"
#include "master/version.h"
#include "master/world.h"

static usec_t begun;

void status_begin(void)
{
	begun = clock_mono();
}

/* ---- status ---- */

static const char *state(void)
{
	if (quit_state() != NULL)
		return quit_state();
	return reload_state() != NULL ? reload_state() : "running";
}

static unsigned count_children(enum child_state wanted)
{
	unsigned count = 0;

	LIST_FOREACH(at, children())
		if (child_at(at)->state == wanted)
			count++;
	return count;
}

static void write_counters(struct out *o)
{
	const char *name;

	for (unsigned i = 0; (name = counter_name(i)) != NULL; i++)
		out_fmt(o, "%-18s %llu\n", name,
		    (unsigned long long)seats_sum(i));
}

static void write_world(struct out *o, const struct world *w)
{
	const char *file = w->conf->file;

	out_fmt(o, "%-18s %s\n", "configuration",
	    file != NULL ? file : "(command line)");
	out_fmt(o, "%-18s %u\n", "generation", w->generation);
}

void status_write(struct out *o)
{
	const struct world *w = world_now();

	out_fmt(o, "%-18s %d\n", "pid", (int)getpid());
	out_fmt(o, "%-18s %s\n", "version", version_number());
	out_fmt(o, "%-18s %s\n", "state", state());
	if (w != NULL)
		write_world(o, w);
	out_fmt(o, "%-18s ", "uptime");
	out_span(o, clock_mono() - begun);
	out_fmt(o, "\n%-18s %u of %u ready, %u draining\n", "workers",
	    count_children(CHILD_READY), w != NULL ? w->slot_count : 0,
	    count_children(CHILD_DRAINING));
	write_counters(o);
}

/* ---- status as JSON ---- */

static void write_counters_json(struct out *o)
{
	const char *name;

	json_name(o, "counters");
	out_char(o, '{');
	for (unsigned i = 0; (name = counter_name(i)) != NULL; i++)
		json_name_number(o, name, seats_sum(i));
	out_char(o, '}');
}

static void write_seconds(struct out *o, const char *name, usec_t usec)
{
	json_name_number(o, name,
	    usec > 0 ? (uint64_t)(usec / USEC_PER_SEC) : 0);
}

void status_write_json(struct out *o)
{
	const struct world *w = world_now();

	out_lit(o, "{\"ok\":true");
	json_name_number(o, "pid", (uint64_t)getpid());
	json_name_string(o, "version", str_from(version_number()));
	json_name_string(o, "state", str_from(state()));
	if (w != NULL && w->conf->file != NULL)
		json_name_string(o, "configuration", str_from(w->conf->file));
	if (w != NULL)
		json_name_number(o, "generation", w->generation);
	write_seconds(o, "uptime", clock_mono() - begun);
	json_name_number(o, "workers", w != NULL ? w->slot_count : 0);
	json_name_number(o, "ready", count_children(CHILD_READY));
	json_name_number(o, "draining", count_children(CHILD_DRAINING));
	write_counters_json(o);
	out_lit(o, "}\n");
}

/* ---- workers ---- */

static unsigned long long read_count(const struct child *c, enum counter which)
{
	return atomic_load(&seat_at(c->seat)->counters[which]);
}

/* What an old worker lives for, and how long yet. */
static void write_reason(struct out *o, const struct child *c)
{
	usec_t left = c->since + c->drain - events_now();

	if (c->state != CHILD_DRAINING)
		return;
	if (left > 0) {
		out_fmt(o, "  waits for %llu exchanges, %llu clients; ",
		    read_count(c, COUNT_exchanges),
		    read_count(c, COUNT_clients));
		out_lit(o, "exchanges end in ");
		out_span(o, left);
		out_lit(o, ", ");
	} else {
		out_lit(o, "  waits for tunnels; ");
	}
	out_lit(o, "tunnels end in ");
	out_span(o, c->tunnels.due - events_now());
}

static void write_worker(struct out *o, const struct child *c)
{
	out_fmt(o, "%-4u %-10u %-8d %-9s ", c->slot, c->generation,
	    (int)c->pid, child_state_name(c->state));
	out_span(o, events_now() - c->since);
	out_fmt(o, "  %llu clients, %llu exchanges, %llu requests",
	    read_count(c, COUNT_clients), read_count(c, COUNT_exchanges),
	    read_count(c, COUNT_requests));
	write_reason(o, c);
	out_char(o, '\n');
}

void status_write_workers(struct out *o)
{
	out_fmt(o, "%-4s %-10s %-8s %-9s %s\n", "SLOT", "GENERATION", "PID",
	    "STATE", "SINCE");
	LIST_FOREACH(at, children())
		write_worker(o, child_at(at));
	if (reload_state() != NULL)
		out_fmt(o, "%s\n", reload_state());
}

/* ---- workers as JSON ---- */

static void write_worker_json(struct out *o, const struct child *c)
{
	json_item(o);
	out_char(o, '{');
	json_name_number(o, "slot", c->slot);
	json_name_number(o, "generation", c->generation);
	json_name_number(o, "pid", (uint64_t)c->pid);
	json_name_string(o, "state", str_from(child_state_name(c->state)));
	write_seconds(o, "since", events_now() - c->since);
	json_name_number(o, "clients", read_count(c, COUNT_clients));
	json_name_number(o, "exchanges", read_count(c, COUNT_exchanges));
	json_name_number(o, "requests", read_count(c, COUNT_requests));
	if (c->state == CHILD_DRAINING) {
		write_seconds(o, "exchanges_end_in",
		    c->since + c->drain - events_now());
		write_seconds(o, "tunnels_end_in",
		    c->tunnels.due - events_now());
	}
	out_char(o, '}');
}

void status_write_workers_json(struct out *o)
{
	out_lit(o, "{\"ok\":true");
	json_name_string(o, "state", str_from(state()));
	json_name(o, "workers");
	out_char(o, '[');
	LIST_FOREACH(at, children())
		write_worker_json(o, child_at(at));
	out_lit(o, "]}\n");
}

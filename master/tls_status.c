/*
 * tls_status.c - certificates and handshakes, for sluicectl tls.
 *
 * Runs in the master.  What is in use it knows itself (pairs.h); what issuers
 * say of it stands in a table that workers write, and the numbers in their
 * seats: all of that is printed and nothing else is done with it.
 */
#include "master/tls_status.h"

#include "common/base/json.h"
#include "common/shm/staples.h"
#include "common/shm/tickets.h"
#include "master/pair_send.h"
#include "master/pairs.h"
#include "master/world.h"

#define DAY (24 * 3600)

/* ---- what is known of a certificate ---- */

static int64_t days_left(const struct pair_watch *w)
{
	int64_t left = w->facts.not_after - clock_wall() / USEC_PER_SEC;

	return left < 0 ? (left - DAY + 1) / DAY : left / DAY;
}

static bool has_pair(const struct conf_tls *tls, const struct conf_pair *pair)
{
	for (unsigned i = 0; tls != NULL && i < tls->pair_count; i++)
		if (tls->pairs[i] == pair)
			return true;
	return false;
}

static bool is_stapled(const struct conf *conf, const struct conf_pair *pair)
{
	for (unsigned i = 0; i < conf->tls_count; i++)
		if (conf->tls[i]->ocsp_staple && has_pair(conf->tls[i], pair))
			return true;
	return false;
}

/* What there is to staple, and what is the matter with it. */
struct stapling {
	const char *state; /* "off", "none", "good", "revoked", "over" */
	usec_t until; /* wall clock; 0: there is no response */
	const char *trouble; /* or "" */
};

static struct stapling stapling_of(const struct world *w,
    const struct pair_watch *p)
{
	const char *ocsp = p->facts.part[PAIR_OCSP].p;
	struct stapling s = {.state = "off", .trouble = ""};
	struct staple_view view;
	uint64_t size;
	const void *table = segment_table(w->segment, SEGMENT_staples, &size);

	if (!is_stapled(w->conf, p->conf))
		return s;
	s.state = "none";
	if (!str_starts_nocase(str_from(ocsp), STR("http://"))) {
		s.trouble = ocsp;
		return s;
	}
	if (!staples_peek(table, size, p->facts.id, &view))
		return s;
	s.trouble = staple_fault_text(view.fault);
	if (view.status == STAPLE_NONE)
		return s;
	s.until = view.good_until;
	s.state = view.good_until <= clock_wall() ? "over"
	    : view.status == STAPLE_REVOKED ? "revoked" : "good";
	return s;
}

/* ---- certificates ---- */

static void write_time(struct out *o, usec_t wall)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(wall, text);
	out_str(o, str_from(text));
}

static void write_vhosts(struct out *o, const struct conf *conf,
    const struct conf_pair *pair)
{
	bool any = false;

	for (unsigned i = 0; i < conf->vhost_count; i++) {
		if (!has_pair(conf->vhosts[i]->tls, pair))
			continue;
		out_fmt(o, "%s%s", any ? ", " : "", conf->vhosts[i]->name);
		any = true;
	}
	if (!any)
		out_lit(o, "none: it is shown to origins");
}

static void write_stapling(struct out *o, struct stapling s)
{
	out_fmt(o, "  %-10s %s", "stapling", s.state);
	if (s.until != 0) {
		out_lit(o, ", until ");
		write_time(o, s.until);
	}
	if (s.trouble[0] != '\0')
		out_fmt(o, ": %s", s.trouble);
	out_char(o, '\n');
}

static void write_pair(struct out *o, const struct world *w,
    const struct pair_watch *p)
{
	const struct str *part = p->facts.part;
	long long days = days_left(p);

	out_fmt(o, "%s\n", p->conf->cert_file);
	if (!str_eq(part[PAIR_KEY_FILE], str_from(p->conf->cert_file)))
		out_fmt(o, "  %-10s %s\n", "key", part[PAIR_KEY_FILE].p);
	out_fmt(o, "  %-10s %s, %s\n", "subject", part[PAIR_SUBJECT].p,
	    part[PAIR_KIND].p);
	out_fmt(o, "  %-10s %s\n", "names", part[PAIR_NAMES].p);
	out_fmt(o, "  %-10s ", "valid to");
	pair_write_end(o, p);
	if (days >= 0)
		out_fmt(o, ": %lld days left\n", days);
	else
		out_fmt(o, ": expired %lld days ago\n", -days);
	out_fmt(o, "  %-10s ", "vhosts");
	write_vhosts(o, w->conf, p->conf);
	out_char(o, '\n');
	write_stapling(o, stapling_of(w, p));
	out_fmt(o, "  %-10s ", "loaded");
	write_time(o, p->loaded_at);
	out_char(o, '\n');
	if (p->refused_at == 0)
		return;
	out_fmt(o, "  %-10s ", "refused");
	write_time(o, p->refused_at);
	out_fmt(o, ": %s\n", p->reason);
}

/* ---- handshakes ---- */

/* Those that failed, by what they failed for. */
static const struct {
	enum counter counter;
	const char *name;
} causes[] = {
    {COUNT_handshakes_name, "unknown name"},
    {COUNT_handshakes_version, "nothing in common"},
    {COUNT_handshakes_certificate, "client certificate"},
    {COUNT_handshakes_alert, "refused by the client"},
    {COUNT_handshakes_late, "too slow"},
    {COUNT_handshakes_left, "client left"},
};

#define CAUSES (sizeof(causes) / sizeof(causes[0]))

static uint64_t read_count(enum counter which)
{
	return seats_sum(which);
}

static uint64_t failed_otherwise(void)
{
	uint64_t n = read_count(COUNT_handshakes_failed);

	for (size_t i = 0; i < CAUSES; i++)
		n -= read_count(causes[i].counter) < n
		    ? read_count(causes[i].counter) : n;
	return n;
}

/* In tenths of a percent. */
static uint64_t share(uint64_t part, uint64_t all)
{
	return all > 0 ? part * 1000 / all : 0;
}

static void write_number(struct out *o, const char *name, uint64_t n)
{
	out_fmt(o, "%-24s %llu\n", name, (unsigned long long)n);
}

/* Found in the table; all others had a ticket. */
static uint64_t by_session(uint64_t resumed)
{
	uint64_t n = read_count(COUNT_handshakes_by_session);

	return n < resumed ? n : resumed;
}

static void write_handshakes(struct out *o)
{
	uint64_t all = read_count(COUNT_handshakes);
	uint64_t resumed = read_count(COUNT_handshakes_resumed);
	uint64_t percent = share(resumed, all);

	write_number(o, "handshakes", all);
	out_fmt(o, "%-24s %llu (%llu.%llu %%)\n", "resumed",
	    (unsigned long long)resumed, (unsigned long long)(percent / 10),
	    (unsigned long long)(percent % 10));
	out_fmt(o, "  %-22s %llu\n", "by ticket",
	    (unsigned long long)(resumed - by_session(resumed)));
	out_fmt(o, "  %-22s %llu\n", "by session",
	    (unsigned long long)by_session(resumed));
	write_number(o, "stapled", read_count(COUNT_stapled));
	write_number(o, "failed", read_count(COUNT_handshakes_failed));
	for (size_t i = 0; i < CAUSES; i++)
		out_fmt(o, "  %-22s %llu\n", causes[i].name,
		    (unsigned long long)read_count(causes[i].counter));
	out_fmt(o, "  %-22s %llu\n", "other",
	    (unsigned long long)failed_otherwise());
}

static usec_t ticket_key_age(void)
{
	return clock_mono() - (tickets_due() - TICKETS_PERIOD);
}

void tls_status_write(struct out *o)
{
	const struct world *w = world_now();

	for (unsigned i = 0; w != NULL && i < w->pairs->count; i++) {
		write_pair(o, w, &w->pairs->at[i]);
		out_char(o, '\n');
	}
	if (w == NULL || w->pairs->count == 0)
		out_lit(o, "no certificates\n\n");
	write_handshakes(o);
	out_fmt(o, "%-24s ", "ticket key, age");
	out_span(o, ticket_key_age());
	out_char(o, '\n');
}

/* ---- as JSON ---- */

static void write_time_json(struct out *o, const char *name, usec_t wall)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(wall, text);
	json_name_string(o, name, str_from(text));
}

/* Of a list with commas. */
static void write_names_json(struct out *o, struct str names)
{
	struct str name;

	json_name(o, "names");
	out_char(o, '[');
	while (str_next_part(&names, ',', &name)) {
		json_item(o);
		json_string(o, str_trim(name));
	}
	out_char(o, ']');
}

static void write_vhosts_json(struct out *o, const struct conf *conf,
    const struct conf_pair *pair)
{
	json_name(o, "vhosts");
	out_char(o, '[');
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		if (!has_pair(conf->vhosts[i]->tls, pair))
			continue;
		json_item(o);
		json_string(o, str_from(conf->vhosts[i]->name));
	}
	out_char(o, ']');
}

static void write_stapling_json(struct out *o, struct stapling s)
{
	json_name_string(o, "stapling", str_from(s.state));
	if (s.until != 0)
		write_time_json(o, "staple_until", s.until);
	if (s.trouble[0] != '\0')
		json_name_string(o, "staple_trouble", str_from(s.trouble));
}

static void write_pair_json(struct out *o, const struct world *w,
    const struct pair_watch *p)
{
	const struct str *part = p->facts.part;

	json_item(o);
	out_char(o, '{');
	json_name_string(o, "file", str_from(p->conf->cert_file));
	json_name_string(o, "key", part[PAIR_KEY_FILE]);
	json_name_string(o, "subject", part[PAIR_SUBJECT]);
	json_name_string(o, "kind", part[PAIR_KIND]);
	write_names_json(o, part[PAIR_NAMES]);
	write_time_json(o, "valid_to", p->facts.not_after * USEC_PER_SEC);
	json_name(o, "days_left");
	out_fmt(o, "%lld", (long long)days_left(p));
	write_vhosts_json(o, w->conf, p->conf);
	write_stapling_json(o, stapling_of(w, p));
	write_time_json(o, "loaded", p->loaded_at);
	if (p->refused_at != 0) {
		write_time_json(o, "refused", p->refused_at);
		json_name_string(o, "refused_because", str_from(p->reason));
	}
	out_char(o, '}');
}

static void write_handshakes_json(struct out *o)
{
	uint64_t resumed = read_count(COUNT_handshakes_resumed);

	json_name_number(o, "handshakes", read_count(COUNT_handshakes));
	json_name_number(o, "resumed", resumed);
	json_name_number(o, "resumed_by_ticket",
	    resumed - by_session(resumed));
	json_name_number(o, "resumed_by_session", by_session(resumed));
	json_name_number(o, "stapled", read_count(COUNT_stapled));
	json_name_number(o, "failed", read_count(COUNT_handshakes_failed));
	json_name(o, "failed_by");
	out_char(o, '{');
	for (size_t i = 0; i < CAUSES; i++)
		json_name_number(o, causes[i].name,
		    read_count(causes[i].counter));
	json_name_number(o, "other", failed_otherwise());
	out_char(o, '}');
	json_name_number(o, "ticket_key_age",
	    (uint64_t)(ticket_key_age() / USEC_PER_SEC));
}

void tls_status_write_json(struct out *o)
{
	const struct world *w = world_now();

	out_lit(o, "{\"ok\":true");
	json_name(o, "certificates");
	out_char(o, '[');
	for (unsigned i = 0; w != NULL && i < w->pairs->count; i++)
		write_pair_json(o, w, &w->pairs->at[i]);
	out_char(o, ']');
	write_handshakes_json(o);
	out_lit(o, "}\n");
}

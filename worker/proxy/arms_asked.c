/*
 * arms_asked.c - what an operator asks of splits, and wants of them.
 *
 * Runs in the worker that is asked, on the loop's own stack.  The rows of the
 * arms are those of all workers, so it speaks, and acts, for all of them.
 *
 *	app.example.com/new-checkout  (vhosts.d/app.conf:9)
 *	  ARM                   WEIGHT    SHARE      REQUESTS
 *	  stable                    80    80.0%         91822
 *	  beta                      20    20.0%         10341  configured: 10
 */
#include "worker/proxy/arms_asked.h"

#include <stdio.h>

#include "common/base/insist.h"
#include "common/base/json.h"
#include "worker/proxy/arms.h"

struct found {
	const struct conf_vhost *vhost;
	const struct conf_split *split;
};

/* ---- finding ---- */

/* The splits of a configuration, each once. */
struct walk {
	const struct conf *conf;
	unsigned vhost;
	unsigned route;
	unsigned split;
};

/* Is the split of F on a route before route number N, too? */
static bool was_before(const struct found *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct conf_splits *s = &f->vhost->routes[i].splits;

		for (unsigned k = 0; k < s->count; k++)
			if (strcmp(s->at[k].name, f->split->name) == 0)
				return true;
	}
	return false;
}

static bool step(struct walk *w, struct found *f)
{
	const struct conf_route *route;

	while (w->vhost < w->conf->vhost_count) {
		f->vhost = w->conf->vhosts[w->vhost];
		if (w->route == f->vhost->route_count) {
			w->vhost++;
			w->route = 0;
			continue;
		}
		route = &f->vhost->routes[w->route];
		if (w->split < route->splits.count) {
			f->split = &route->splits.at[w->split++];
			return true;
		}
		w->route++;
		w->split = 0;
	}
	return false;
}

static bool next(struct walk *w, struct found *f)
{
	while (step(w, f))
		if (!was_before(f, w->route))
			return true;
	return false;
}

/* Is F meant by WORD: all of it, or its vhost alone? */
static bool is_meant(const struct found *f, struct str word)
{
	struct str vhost = str_from(f->vhost->name);

	if (word.n == 0 || str_eq(word, vhost))
		return true;
	return str_starts(word, vhost) && word.p[vhost.n] == '/' &&
	    str_eq(str_behind(word, vhost.n + 1), str_from(f->split->name));
}

static void write_name(struct out *o, const struct found *f)
{
	out_str(o, str_from(f->vhost->name));
	out_char(o, '/');
	out_str(o, str_from(f->split->name));
}

static bool refuse_unknown(const struct conf *conf, struct str word,
    struct out *o)
{
	struct walk w = {.conf = conf};
	struct found f;
	bool any = false;

	out_lit(o, "error: there is no split");
	if (word.n > 0)
		out_fmt(o, " %" PRI_STR, ARG_STR(word));
	while (next(&w, &f)) {
		out_str(o, any ? STR(", ") : STR("; there are: "));
		write_name(o, &f);
		any = true;
	}
	out_char(o, '\n');
	return false;
}

/* ---- showing ---- */

static unsigned weight_sum(const struct conf_split *s)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < s->arm_count; i++)
		sum += arm_weight(&s->arms[i]);
	return sum;
}

/* In tenths of a percent. */
static unsigned share(const struct conf_split *s, const struct conf_arm *arm)
{
	unsigned sum = weight_sum(s);

	if (sum == 0)
		return arm == s->arms ? 1000 : 0;
	return (arm_weight(arm) * 1000 + sum / 2) / sum;
}

static void show_arm(struct out *o, const struct conf_split *s,
    const struct conf_arm *arm)
{
	unsigned tenths = share(s, arm);

	out_fmt(o, "  %-20s  %6u  %5u.%u%%  %12llu", arm->name,
	    arm_weight(arm), tenths / 10, tenths % 10,
	    (unsigned long long)arm_requests(arm));
	if (arm_weight(arm) != arm->weight)
		out_fmt(o, "  configured: %u", arm->weight);
	if (arm_is_private(arm))
		out_lit(o, "  of one worker");
	out_char(o, '\n');
}

static void show_split(struct out *o, const struct found *f)
{
	const struct conf_split *s = f->split;

	write_name(o, f);
	out_fmt(o, "  (%s:%u)\n  %-20s  %6s  %7s  %12s\n", s->place.file,
	    s->place.line, "ARM", "WEIGHT", "SHARE", "REQUESTS");
	for (unsigned i = 0; i < s->arm_count; i++)
		show_arm(o, s, &s->arms[i]);
}

static void write_arm(struct out *o, const struct conf_arm *arm)
{
	json_item(o);
	out_char(o, '{');
	json_name_string(o, "name", str_from(arm->name));
	json_name_number(o, "weight", arm_weight(arm));
	json_name_number(o, "configured", arm->weight);
	json_name_number(o, "requests", arm_requests(arm));
	json_name(o, "one_worker");
	out_str(o, arm_is_private(arm) ? STR("true") : STR("false"));
	out_char(o, '}');
}

static void write_split(struct out *o, const struct found *f)
{
	json_item(o);
	out_char(o, '{');
	json_name_string(o, "vhost", str_from(f->vhost->name));
	json_name_string(o, "name", str_from(f->split->name));
	json_name(o, "arms");
	out_char(o, '[');
	for (unsigned i = 0; i < f->split->arm_count; i++)
		write_arm(o, &f->split->arms[i]);
	out_lit(o, "]}");
}

bool arms_show(const struct conf *conf, struct str words, struct out *answer)
{
	struct walk w = {.conf = conf};
	struct str word = STR("");
	unsigned shown = 0;
	struct found f;
	bool json;

	(void)str_next_part(&words, '\t', &word);
	json = str_eq(words, STR("json"));
	if (json) {
		out_lit(answer, "{\"ok\":true");
		json_name(answer, "splits");
		out_char(answer, '[');
	}
	while (next(&w, &f)) {
		if (!is_meant(&f, word))
			continue;
		if (json)
			write_split(answer, &f);
		else
			show_split(answer, &f);
		shown++;
	}
	if (json)
		out_lit(answer, "]}\n");
	if (shown > 0 || (json && word.n == 0))
		return true;
	answer->n = 0;
	return refuse_unknown(conf, word, answer);
}

/* ---- changing ---- */

/* What is wanted of the arms of a split, by their places. */
struct wish {
	bool said;
	bool as_configured;
	unsigned weight;
};

static bool refuse_arm(const struct conf_split *s, struct str name,
    struct out *o)
{
	out_fmt(o, "error: there is no arm %" PRI_STR "; there are:",
	    ARG_STR(name));
	for (unsigned i = 0; i < s->arm_count; i++)
		out_fmt(o, " %s", s->arms[i].name);
	out_char(o, '\n');
	return false;
}

/* "beta=20" or "beta=default". */
static bool read_wish(const struct conf_split *s, struct str word,
    struct wish wishes[CONF_ARMS_MAX], struct out *why)
{
	const char *equals = memchr(word.p, '=', word.n);
	size_t n = equals != NULL ? (size_t)(equals - word.p) : word.n;
	struct str name = str_make(word.p, n);
	struct str value = str_behind(word, equals != NULL ? n + 1 : n);
	uint64_t weight = 0;
	bool as_configured = str_eq(value, STR("default"));

	for (unsigned i = 0; i < s->arm_count; i++) {
		if (!str_eq(name, str_from(s->arms[i].name)))
			continue;
		if (!as_configured &&
		    !str_to_u64(value, CONF_ARM_WEIGHT_MAX, &weight)) {
			out_fmt(why, "error: a weight is a number from 0 to "
				     "%d, or default: %s=20\n",
			    CONF_ARM_WEIGHT_MAX, s->arms[i].name);
			return false;
		}
		wishes[i] = (struct wish){true, as_configured,
		    as_configured ? s->arms[i].weight : (unsigned)weight};
		return true;
	}
	return refuse_arm(s, name, why);
}

/* A weight that one worker alone has would be worse than none. */
static bool is_shared(const struct conf_split *s, struct out *why)
{
	for (unsigned i = 0; i < s->arm_count; i++) {
		if (!arm_is_private(&s->arms[i]))
			continue;
		out_lit(why, "error: the health table is full, and other "
			     "workers would not know; make shared.health "
			     "larger\n");
		return false;
	}
	return true;
}

static bool is_anything_left(const struct conf_split *s,
    const struct wish wishes[CONF_ARMS_MAX], struct out *why)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < s->arm_count; i++)
		sum += wishes[i].said ? wishes[i].weight
				      : arm_weight(&s->arms[i]);
	if (sum == 0)
		out_lit(why, "error: all weights would be 0\n");
	return sum > 0;
}

static void change(const struct conf_split *s,
    const struct wish wishes[CONF_ARMS_MAX])
{
	for (unsigned i = 0; i < s->arm_count; i++) {
		if (wishes[i].as_configured)
			arm_reset_weight(&s->arms[i]);
		else if (wishes[i].said)
			arm_set_weight(&s->arms[i], wishes[i].weight);
	}
}

bool arms_change(const struct conf *conf, struct str words,
    struct out *answer)
{
	struct wish wishes[CONF_ARMS_MAX] = {{.said = false}};
	struct walk w = {.conf = conf};
	struct str name = STR(""), word;
	struct found f;

	(void)str_next_part(&words, '\t', &name);
	do
		if (!next(&w, &f))
			return refuse_unknown(conf, name, answer);
	while (!is_meant(&f, name) || name.n <= strlen(f.vhost->name));
	while (str_next_part(&words, '\t', &word))
		if (!read_wish(f.split, word, wishes, answer))
			return false;
	if (!is_shared(f.split, answer) ||
	    !is_anything_left(f.split, wishes, answer))
		return false;
	change(f.split, wishes);
	show_split(answer, &f);
	return true;
}

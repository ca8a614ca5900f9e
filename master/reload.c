/*
 * reload.c - from one generation to the next, or not at all.
 *
 *   asked ── room? ── trial ── load ── prepare ── start ── all ready ── commit
 *              │ wait   └────────┴────────┴─────────┴── rolled back, with why
 *
 * Until the last step the old world does all the work and knows nothing.  Then
 * new sockets listen, the new workers are told to serve, and the old ones to
 * drain: in that order, so no queue is without somebody who accepts from it.
 * A round is over when the old ones accept no more: who asked for the reload
 * and then connects meets the new generation.
 * The first start goes the same way, from "prepare" on, with no old world.
 */
#include "master/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/insist.h"
#include "master/cover.h"
#include "master/fixed.h"
#include "master/leave.h"
#include "master/lines.h"
#include "master/logs.h"
#include "master/notify.h"
#include "master/pairs.h"
#include "master/retire.h"
#include "master/saved.h"
#include "master/supervise.h"
#include "master/trial.h"

/* A slot of the next generation that fails this often ends the reload. */
#define TRIES 3

enum reload_stage { IDLE, WAITING, TRYING, STARTING, LEAVING, OVER };

static const struct conf_request *request;
static void (*on_done)(unsigned round, bool ok, struct str text);
static enum reload_stage stage;
static unsigned rounds; /* number of the round under way, or the last one */
static bool asked_again;
static struct world *next;

/* What was said in this round. */
static char text[40 * 1024];
static struct out said;

static void look_for_room(struct events_timer *t);

static struct events_timer room = {
    .fire = look_for_room, .link = {&room.link, &room.link}};

void reload_init(const struct conf_request *r,
    void (*done)(unsigned round, bool ok, struct str text))
{
	request = r;
	on_done = done;
}

const char *reload_state(void)
{
	static const char *const names[] = {
	    [IDLE] = NULL,
	    [WAITING] = "a reload waits for an old generation to end",
	    [TRYING] = "a reload tests the configuration",
	    [STARTING] = "a reload starts new workers",
	    [LEAVING] = "a reload waits until old workers accept no more",
	    [OVER] = NULL};

	return names[stage];
}

/* ---- the ends of a round ---- */

static void begin(void)
{
	INSIST(stage == IDLE);
	rounds++;
	asked_again = false;
	said = out_make(text, sizeof(text));
	stage = WAITING;
	notify_reloading();
	if (retire_generations() >= RETIRE_GENERATIONS_MAX)
		log_info("%s", reload_state());
	events_timer_set(&room, 0); /* not deep in what asked */
}

/* A hardened machine may forbid memory that is written and then executed. */
static void warn_of_slow_patterns(const struct conf *conf)
{
	if (conf_pattern_any_slow(conf->patterns))
		log_warning("patterns could not be compiled to machine code: "
		    "matching them takes ten times as long");
}

static void finish(bool ok)
{
	const struct world *w = world_now();

	stage = IDLE;
	if (ok) {
		out_fmt(&said, "generation %u is in force\n", w->generation);
		log_info("generation %u is in force", w->generation);
		warn_of_slow_patterns(w->conf);
	} else if (w != NULL) {
		log_error("not reloaded: generation %u goes on",
		    w->generation);
	}
	on_done(rounds, ok, out_text(&said));
	if (asked_again && stage == IDLE)
		begin();
}

/* Adds to what was said in this round, and to the error log. */
static void say(enum log_level level, struct str lines)
{
	size_t n = said.cap - said.n;

	if (rounds != RELOAD_FIRST) /* that one is told on stderr */
		lines_log(level, "reload", lines);
	out_bytes(&said, lines.p, lines.n < n ? lines.n : n);
}

static void refuse(struct str why)
{
	say(LEVEL_ERROR, why);
	finish(false);
}

static void roll_back(struct str why)
{
	LIST_FOREACH(at, children())
		if (child_at(at)->world == next)
			retire_stop(child_at(at), 0);
	if (world_now() == NULL) /* what was read is to be read again */
		saved_hold(next->conf, next->segment);
	world_free(&next);
	listen_rollback();
	leave_begin(NULL); /* what was leaving may have been wanted again */
	refuse(why);
}

/* ---- starting ---- */

/* Nobody accepts for the old generation any more. */
static void succeed(void)
{
	INSIST(stage == LEAVING);
	finish(true);
}

static void commit(void)
{
	char why_text[512];
	struct out why = out_make(why_text, sizeof(why_text));
	struct world *former;

	if (listen_start(&why) < 0) {
		roll_back(out_text(&why));
		return;
	}
	next->changed = cover_update;
	former = world_enforce(next);
	next = NULL;
	cover_update(world_now());
	LIST_FOREACH(at, children())
		if (former != NULL && child_at(at)->world == former)
			retire_drain(child_at(at));
	world_free(&former);
	listen_commit();
	logs_set_errors(world_error_log(world_now()),
	    &world_now()->conf->error_log);
	pairs_begin();
	stage = LEAVING;
	leave_begin(succeed);
}

static void give_up_on(const struct slot *s)
{
	char why_text[256];
	struct out why = out_make(why_text, sizeof(why_text));

	out_fmt(&why,
	    "error: worker %u of generation %u ended %u times before it was "
	    "ready; the error log says how\n",
	    s->number, next->generation, s->failures);
	roll_back(out_text(&why));
}

/* WORLD.CHANGED of the next world. */
static void progress(struct world *w)
{
	INSIST(w == next && stage == STARTING);
	for (unsigned i = 0; i < w->slot_count; i++)
		if (w->slots[i].failures >= TRIES) {
			give_up_on(&w->slots[i]);
			return;
		}
	if (world_is_ready(w))
		commit();
}

static void start(struct conf *conf)
{
	static char why_text[8192];
	struct out why = out_make(why_text, sizeof(why_text));

	next = world_prepare(conf, &why);
	if (next == NULL) {
		refuse(out_text(&why));
		return;
	}
	stage = STARTING;
	next->changed = progress;
	supervise_start(next);
}

void reload_first(struct conf *conf)
{
	INSIST(stage == IDLE && world_now() == NULL);
	said = out_make(text, sizeof(text));
	start(conf);
}

/* ---- loading ---- */

/* What it says was said by the trial already, unless it fails after all. */
static struct conf *load(void)
{
	unsigned errors, warnings;
	char *messages = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&messages, &size);
	struct conf *conf;

	INSIST(f != NULL);
	conf = conf_load(request, f, &errors, &warnings);
	fclose(f);
	if (conf == NULL)
		say(LEVEL_ERROR, str_make(messages, size));
	free(messages);
	return conf;
}

static int run_trial(struct trial *t, FILE *to)
{
	unsigned errors, warnings;

	(void)t;
	return conf_load(request, to, &errors, &warnings) != NULL ? 0 : 1;
}

static void tried(struct trial *t, int status, struct str messages)
{
	char warning[512];
	struct out fixed = out_make(warning, sizeof(warning));
	bool good = status == 0;
	struct conf *conf;

	(void)t;
	say(good ? LEVEL_WARNING : LEVEL_ERROR, messages);
	conf = good ? load() : NULL;
	if (conf == NULL) {
		finish(false);
		return;
	}
	fixed_compare(conf, &fixed);
	say(LEVEL_WARNING, out_text(&fixed));
	start(conf);
}

static struct trial trial = {
    .what = "loading the configuration", .run = run_trial, .done = tried};

static void try(void)
{
	char why_text[128];
	struct out why = out_make(why_text, sizeof(why_text));
	int error;

	stage = TRYING;
	error = trial_start(&trial);
	if (error == 0)
		return;
	out_fmt(&why, "error: nothing can be forked now: %s\n",
	    strerror(-error));
	refuse(out_text(&why));
}

/* ---- asking ---- */

static void look_for_room(struct events_timer *t)
{
	usec_t wait = retire_make_room();

	events_timer_clear(t);
	if (retire_generations() < RETIRE_GENERATIONS_MAX)
		try();
	else if (wait > 0)
		events_timer_set(t, wait);
}

void reload_look(void)
{
	if (stage == WAITING)
		look_for_room(&room);
}

unsigned reload_ask(void)
{
	if (stage == IDLE)
		begin();
	else if (stage != WAITING && stage != OVER)
		asked_again = true;
	return rounds + (asked_again ? 1 : 0);
}

void reload_abandon(void)
{
	struct str why = STR("error: the daemon ends\n");
	enum reload_stage was = stage;

	asked_again = false;
	events_timer_clear(&room);
	trial_abandon(&trial);
	if (was == LEAVING)
		finish(true);
	else if (was == STARTING)
		roll_back(why);
	else if (was == WAITING || was == TRYING)
		refuse(why);
	stage = OVER;
}

/*
 * pairs.c - certificates and keys of a generation, while it is in force.
 *
 * Runs in the master.  Only stat() is called on a timer; a look at a pair:
 *
 *	STILL ---- other marks ----> MOVING ---- the same marks ----> DUE
 *	  ^                            | ^ other marks                 |
 *	  |                            +-+                             |
 *	  +------- same / refused: said / renewed: sent <--- checked --+
 *
 * So a file that is being written, or of two files the first, is not read
 * before it has been left alone for the time between two looks; a pair that
 * does not fit together yet is refused, and checked again when the other file
 * has come.
 */
#include "master/pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "master/lines.h"
#include "master/pair_check.h"
#include "master/pair_facts.h"
#include "master/pair_send.h"
#include "master/world.h"

static void look(struct events_timer *t);

static struct events_timer timer = {
    .fire = look, .link = {&timer.link, &timer.link}};
static struct pairs *checked_of; /* while a check is under way */
static unsigned checked_number;
static struct list all = {&all, &all};

/* ---- a look ---- */

static void take_marks(const struct pair_watch *w, struct mark marks_r[3])
{
	const struct conf_pair *c = w->conf;

	marks_r[0] = mark_of(c->cert_file);
	marks_r[1] = strcmp(c->key_file, c->cert_file) != 0
	    ? mark_of(c->key_file) : (struct mark){0};
	marks_r[2] = c->chain_file != NULL ? mark_of(c->chain_file)
					   : (struct mark){0};
}

/* True: they are others than at the last look. */
static bool see(struct pair_watch *w)
{
	struct mark now[3];
	bool same = true;

	take_marks(w, now);
	for (int i = 0; i < 3; i++)
		same = same && mark_eq(&now[i], &w->seen[i]);
	memcpy(w->seen, now, sizeof(now));
	return !same;
}

static void look_at(struct pair_watch *w)
{
	if (see(w))
		w->state = PAIR_MOVING;
	else if (w->state == PAIR_MOVING)
		w->state = PAIR_DUE;
}

static void refuse(struct pair_watch *w, struct str text)
{
	struct out reason = out_make(w->reason, sizeof(w->reason));
	struct str first;

	if (!str_next_part(&text, '\n', &first))
		first = STR("it can't be checked");
	if (first.n >= reason.cap)
		first.n = reason.cap - 1;
	out_str(&reason, first);
	w->refused_at = clock_wall();
	log_error("certificate: %s is not renewed, the former one stays: %s",
	    w->conf->cert_file, out_cstr(&reason));
}

static void take_over(struct pairs *p, unsigned number, int fd)
{
	struct pair_watch *w = &p->at[number];
	struct pair_text facts;

	if (pair_read(fd, PAIR_CERT, &facts) < 0) {
		close(fd);
		refuse(w, STR("out of memory"));
		return;
	}
	if (w->fd >= 0)
		close(w->fd);
	pair_free(&w->facts);
	w->fd = p->fds[number] = fd;
	w->facts = facts;
	w->loaded_at = clock_wall();
	w->refused_at = 0;
	w->said_at = 0;
	pair_send(p, number);
}

static void check_one(struct pairs *p);

static void on_checked(enum pair_verdict verdict, int fd, struct str text)
{
	struct pairs *p = checked_of;
	struct pair_watch *w = &p->at[checked_number];
	struct str line;

	checked_of = NULL;
	if (verdict == PAIR_REFUSED)
		refuse(w, text);
	if (verdict == PAIR_SAME)
		w->refused_at = 0; /* what was refused is gone again */
	while (verdict == PAIR_RENEWED && str_next_part(&text, '\n', &line))
		log_warning("certificate: %s: %" PRI_STR, w->conf->cert_file,
		    ARG_STR(line));
	if (verdict == PAIR_RENEWED)
		take_over(p, checked_number, fd);
	check_one(p);
}

/* The first that is due; the next when that is done. */
static void check_one(struct pairs *p)
{
	unsigned i = 0;

	while (i < p->count && p->at[i].state != PAIR_DUE)
		i++;
	if (i == p->count ||
	    pair_check(p->conf, i, p->at[i].fd, on_checked) < 0)
		return;
	p->at[i].state = PAIR_STILL;
	checked_of = p;
	checked_number = i;
}

/* ---- their ends ---- */

#define DAY (24 * 3600)
#define WARN_DAYS 14

/* At most once a day. */
static void look_at_end(struct pair_watch *w, int64_t now)
{
	int64_t left = w->facts.not_after - now;

	if (left >= WARN_DAYS * DAY || (w->said_at != 0 &&
		w->said_at + USEC_PER_DAY > events_now()))
		return;
	w->said_at = events_now();
	if (left <= 0)
		log_error("certificate: %s has expired (%s)",
		    w->conf->cert_file, w->facts.part[PAIR_SUBJECT].p);
	else
		log_warning("certificate: %s ends in %lld days (%s)",
		    w->conf->cert_file, (long long)(left / DAY),
		    w->facts.part[PAIR_SUBJECT].p);
}

static void look_at_ends(struct pairs *p)
{
	for (unsigned i = 0; i < p->count; i++)
		look_at_end(&p->at[i], clock_wall() / USEC_PER_SEC);
}

static void set_timer(const struct pairs *p)
{
	usec_t watch = p->conf->certificate_watch;

	if (p->count > 0)
		events_timer_set(&timer, watch > 0 ? watch : USEC_PER_HOUR);
}

static void look(struct events_timer *t)
{
	struct world *w = world_now();
	struct pairs *p = w != NULL ? w->pairs : NULL;

	(void)t;
	if (p == NULL)
		return;
	look_at_ends(p);
	for (unsigned i = 0; i < p->count; i++)
		if (p->conf->certificate_watch > 0)
			look_at(&p->at[i]);
	check_one(p);
	pairs_go_on();
	set_timer(p);
}

/* What ends soon a reload has said already. */
void pairs_begin(void)
{
	struct pairs *p = world_now()->pairs;
	static bool begun;

	for (unsigned i = 0; begun && i < p->count; i++)
		p->at[i].said_at = events_now();
	begun = true;
	look_at_ends(p);
	events_timer_clear(&timer);
	set_timer(p);
}

/* ---- life ---- */

static void init(struct pair_watch *w, const struct conf_pair *conf)
{
	w->conf = conf;
	w->fd = -1;
	w->loaded_at = clock_wall();
	take_marks(w, w->seen);
	for (int i = 0; i < 3; i++)
		if (w->seen[i].inode != 0 || w->seen[i].error != 0)
			w->state = mark_is_old(&w->seen[i], w->loaded_at)
			    ? w->state : PAIR_MOVING;
}

struct pairs *pairs_make(const struct conf *conf)
{
	struct pairs *p = calloc(1, sizeof(*p));

	INSIST(p != NULL);
	p->conf = conf;
	p->count = conf->pair_count;
	arena_init(&p->arena);
	p->at = calloc(p->count + 1, sizeof(*p->at));
	p->fds = calloc(p->count + 1, sizeof(*p->fds));
	INSIST(p->at != NULL && p->fds != NULL);
	for (unsigned i = 0; i < p->count; i++) {
		init(&p->at[i], conf->pairs[i]);
		pair_facts(conf->pairs[i], &p->arena, &p->at[i].facts);
		p->fds[i] = -1;
	}
	list_add_tail(&all, &p->link);
	return p;
}

void pairs_free(struct pairs **p_p)
{
	struct pairs *p = *p_p;

	*p_p = NULL;
	if (p == NULL)
		return;
	if (checked_of == p) {
		pair_check_abandon();
		checked_of = NULL;
	}
	for (unsigned i = 0; i < p->count; i++) {
		if (p->at[i].fd >= 0)
			close(p->at[i].fd);
		pair_free(&p->at[i].facts);
	}
	list_del(&p->link);
	arena_free(&p->arena);
	free(p->at);
	free(p->fds);
	free(p);
}

void pairs_forget_others(const struct pairs *ours)
{
	pair_check_forget();
	LIST_FOREACH(at, &all) {
		const struct pairs *p = container_of(at, struct pairs, link);

		for (unsigned i = 0; p != ours && i < p->count; i++)
			if (p->at[i].fd >= 0)
				close(p->at[i].fd);
	}
}

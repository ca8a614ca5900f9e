/*
 * resolve.c - names that are followed: asked again and again, by one worker
 * for all.
 *
 * Runs in workers, in the loop.  Each follower has one timer, and does one
 * thing when it is due:
 *
 *	look      read what all workers know; is it still good?
 *	  |  yes: again when it is not
 *	  v  no
 *	claim     the right to ask
 *	  |  somebody else has it: look again in a moment
 *	  v  ours
 *	ask       the name servers; store what they say, and log what it changes
 *
 * Answers are good for their time to live, a second at least and a minute at
 * most, or for what the pool says (resolve.every).  After a failure the next
 * question waits a second, then two, and so on to RETRY_MOST.
 */
#include "worker/origin/resolve.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "worker/origin/dns.h"
#include "worker/origin/hosts.h"

#define FOLLOWER_MAGIC 0x464f4c4cu

#define RETRY_FIRST USEC_PER_SEC
#define RETRY_DOUBLINGS 3 /* to 8 s */
#define LOOK_AGAIN (100 * USEC_PER_MSEC)
#define LOG_TEXT_MAX 512

/* ---- when ---- */

static usec_t between(usec_t value, usec_t least, usec_t most)
{
	return value < least ? least : value > most ? most : value;
}

static usec_t due_of(const struct follower *f)
{
	const struct names_record *r = &f->record;
	unsigned doublings = r->failures - 1;

	if (!resolve_is_settled(f))
		return loop_now();
	if (r->failures > 0)
		return r->failed_at + (RETRY_FIRST << (doublings <
			RETRY_DOUBLINGS ? doublings : RETRY_DOUBLINGS));
	if (f->every > 0)
		return r->answered_at + f->every;
	return r->answered_at + between(r->ttl, RESOLVE_LEAST, RESOLVE_MOST);
}

/* ---- what is said of it ---- */

static void write_answers(const struct names_answers *a, struct out *o)
{
	for (unsigned i = 0; i < a->count; i++) {
		if (i > 0)
			out_lit(o, ", ");
		if (a->at[i].host_n == 0) {
			ip_write(&a->at[i].ip, o);
			continue;
		}
		out_str(o, names_host(a, i));
		out_char(o, ':');
		out_u64(o, a->at[i].port);
	}
}

/* By the worker that asked, for all. */
static void say(const struct follower *f, unsigned what)
{
	const struct names_record *r = &f->record;
	char text[LOG_TEXT_MAX];
	struct out o = out_make(text, sizeof(text));

	if (what & NAMES_BROKE) {
		log_warning("%s: %s%s", f->name, names_fault_text(r->fault),
		    r->answers.count > 0 ? "; what it was is kept" : "");
	} else if (what & NAMES_CHANGED) {
		write_answers(&r->answers, &o);
		log_info("%s is %" PRI_STR "%s", f->name,
		    ARG_STR(out_text(&o)), out_ok(&o) ? "" : ", ...");
	} else if (what & NAMES_RECOVERED) {
		log_info("%s resolves again", f->name);
	}
}

/* ---- asking ---- */

/* Of what this worker knows now; nothing behind it touches F. */
static void go_on(struct follower *f, unsigned what)
{
	usec_t due = due_of(f);

	timer_set(&f->timer, due > loop_now() ? due : loop_now() + LOOK_AGAIN);
	if (what & NAMES_CHANGED)
		f->changed(f);
}

static void on_answer(void *arg, const struct names_outcome *o)
{
	struct follower *f = arg;
	struct str name = str_from(f->name);
	unsigned what = 0, read = 0;

	INSIST_MAGIC(f, FOLLOWER_MAGIC);
	INSIST(f->asking);
	f->asking = false;
	if (f->claim == NAMES_ALONE)
		what = read = names_apply(&f->record, o, loop_now());
	else if (names_store(f->type, name, f->claim, o, loop_now(),
		     RESOLVE_LEAST, &what))
		read = names_read(f->type, name, &f->record, loop_now());
	if (f->over) {
		resolve_end(&f);
		return;
	}
	say(f, what);
	go_on(f, read);
}

static void look(struct timer *t)
{
	struct follower *f = container_of(t, struct follower, timer);
	struct str name = str_from(f->name);
	unsigned what;

	INSIST_MAGIC(f, FOLLOWER_MAGIC);
	what = names_read(f->type, name, &f->record, loop_now());
	if (due_of(f) > loop_now()) {
		go_on(f, what);
		return;
	}
	f->claim = names_claim(f->type, name, loop_now(), DNS_PATIENCE);
	if (f->claim == 0) {
		go_on(f, what);
		return;
	}
	f->asking = true;
	if (what & NAMES_CHANGED)
		f->changed(f);
	dns_ask(f->type, name, on_answer, f);
}

/* ---- from the outside ---- */

/* There is nobody to tell yet: who follows looks at the record. */
static bool know_from_hosts(struct follower *f)
{
	if (f->type != NAMES_ADDRESS ||
	    !hosts_find(str_from(f->name), &f->record.answers))
		return false;
	f->record.changed_at = f->record.answered_at = loop_now();
	return true;
}

struct follower *resolve_follow(enum names_type type, struct str name,
    usec_t every, void (*changed)(struct follower *f), void *arg)
{
	struct follower *f = calloc(1, sizeof(*f));

	INSIST(name.n > 0 && name.n <= NAMES_LENGTH_MAX && changed != NULL);
	if (f == NULL)
		return NULL;
	f->magic = FOLLOWER_MAGIC;
	f->type = type;
	for (size_t i = 0; i < name.n; i++)
		f->name[i] = char_lower(name.p[i]);
	f->every = every;
	f->changed = changed;
	f->arg = arg;
	timer_init(&f->timer, look);
	if (!know_from_hosts(f))
		timer_set(&f->timer, loop_now());
	return f;
}

void resolve_end(struct follower **f_p)
{
	struct follower *f = *f_p;

	*f_p = NULL;
	if (f == NULL)
		return;
	INSIST_MAGIC(f, FOLLOWER_MAGIC);
	timer_clear(&f->timer);
	f->over = true;
	if (f->asking)
		return;
	f->magic = 0;
	free(f);
}

const char *resolve_why_none(const struct follower *f)
{
	if (f->record.answers.count > 0)
		return "";
	return f->record.failures > 0 ? names_fault_text(f->record.fault)
				      : "its name was not answered yet";
}

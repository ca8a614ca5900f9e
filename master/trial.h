/*
 * trial.h - work that may kill its process, done in another.
 *
 * The master lives for ever, and what files contain is whatever somebody has
 * put there.  So what parses them runs in a child first: if it crashes, loops
 * or eats all memory, that is a refusal and nothing else.
 */
#ifndef MASTER_TRIAL_H
#define MASTER_TRIAL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/base/out.h"
#include "master/events.h"

#define TRIAL_TEXT_SIZE ((size_t)32 * 1024)

/* A kind of trial, of which one is under way at a time; lives for ever. */
struct trial {
	/* The owner's: */
	const char *what; /* "loading the configuration" */
	/* In the child: what it does, and what is to be said goes to TO.  The
	 * exit status, 0 to 127. */
	int (*run)(struct trial *t, FILE *to);
	/* When it has ended: its exit status, or -1 if it was killed, which
	 * MESSAGES (valid during the call) say too. */
	void (*done)(struct trial *t, int status, struct str messages);

	pid_t pid; /* 0: none is under way */
	bool abandoned;
	struct list link;
	struct events_source source;
	struct events_timer patience;
	struct out messages;
	char text[TRIAL_TEXT_SIZE];
};

/* Forks the child; DONE will be called.  -errno if nothing could be forked:
 * then it will not. */
int trial_start(struct trial *t);

/* Was PID, which ended with STATUS, a trial?  Then it is over. */
bool trial_ended(pid_t pid, int status);

/* Ends it, if there is one; DONE will not be called. */
void trial_abandon(struct trial *t);

#endif

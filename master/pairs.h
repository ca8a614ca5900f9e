/*
 * pairs.h - certificates and keys of a generation, while it is in force.
 *
 * The files of each pair are looked at again and again, without opening them.
 * When they are others than those that are in use, and hold still, they are
 * read and checked in a process of their own (pair_check.h).  What is good goes
 * to all workers; what is not is kept out, and said once.
 */
#ifndef MASTER_PAIRS_H
#define MASTER_PAIRS_H

#include "common/conf/conf.h"
#include "common/ipc/pair.h"
#include "master/child.h"
#include "master/mark.h"

#define PAIRS_REASON_SIZE 512

enum pair_state {
	PAIR_STILL,  /* as it was */
	PAIR_MOVING, /* another than at the last look */
	PAIR_DUE     /* another than what is in use, and holds still */
};

struct pair_watch {
	const struct conf_pair *conf;
	enum pair_state state;
	struct mark seen[3]; /* of its files, at the last look */
	int fd; /* sealed: what is in use since it was renewed; or -1 */
	struct pair_text facts; /* of what is in use, but for cert and key */
	usec_t loaded_at;	/* wall clock */
	usec_t refused_at;	/* the same; 0: never, or renewed since */
	char reason[PAIRS_REASON_SIZE];
	bool owed;   /* not all workers have it yet */
	usec_t said_at; /* of its end: CLOCK_MONOTONIC */
};

struct pairs {
	struct list link;
	const struct conf *conf;
	struct pair_watch *at;
	unsigned count;
	int *fds; /* as worker_start wants them */
	struct arena arena; /* facts of what CONF has */
};

/* Of CONF, whose files were read a moment ago. */
struct pairs *pairs_make(const struct conf *conf);
void pairs_free(struct pairs **p);

/* Looks at those of the generation in force from now on, and says which end
 * soon. */
void pairs_begin(void);

/* In a forked child: closes all descriptors but those of OURS. */
void pairs_forget_others(const struct pairs *ours);

/* ---- workers ---- */

/* A new worker of PAIRS, which has all that is in use: what to tell it later
 * is remembered in C. */
void pairs_adopt(const struct pairs *pairs, struct child *c);

/* Worker C says that it has taken a pair, or has not.  False: it may not. */
bool pairs_heard(struct child *c, int64_t number, bool taken);

/* Tells workers what their channels had no room for. */
void pairs_go_on(void);

/* Workers have ended: what they owed nobody owes any more. */
void pairs_look(void);

#endif

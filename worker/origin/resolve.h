/*
 * resolve.h - names that are followed: asked again and again, by one worker
 * for all.
 *
 * A follower has the answers that are known now, from the table that all
 * workers share (common/shm/names.h), and is told when they are others.  They
 * never vanish: when a name has no answer any more the last ones stay.
 */
#ifndef WORKER_ORIGIN_RESOLVE_H
#define WORKER_ORIGIN_RESOLVE_H

#include "common/shm/names.h"
#include "worker/fiber/loop.h"

/* How often a name is asked for, whatever the name server says: the bounds of
 * its times to live. */
#define RESOLVE_LEAST USEC_PER_SEC
#define RESOLVE_MOST (60 * USEC_PER_SEC)

struct follower {
	uint32_t magic;
	enum names_type type;
	char name[NAMES_LENGTH_MAX + 1]; /* lower case */
	usec_t every; /* instead of the time to live; 0: that */
	struct names_record record;
	/* Runs in the loop: RECORD's answers are others than before.  It must
	 * not wait; it may end followers, but not this one. */
	void (*changed)(struct follower *f);
	void *arg;

	struct timer timer; /* it is time to look, or to ask */
	uint64_t claim;	    /* of the question that is under way */
	bool asking;
	bool over; /* freed when the question is answered */
};

/*
 * Follows NAME (1 to NAMES_LENGTH_MAX bytes) from the next turn on, until
 * resolve_end.  A name that the hosts file has is known at once, and for ever.
 * NULL: out of memory.
 */
struct follower *resolve_follow(enum names_type type, struct str name,
    usec_t every, void (*changed)(struct follower *f), void *arg);

void resolve_end(struct follower **f);

/* Is anything known of it: answers, or that there are none? */
static inline bool resolve_is_settled(const struct follower *f)
{
	return f->record.answered_at != 0 || f->record.failed_at != 0;
}

/* Why there are no answers; "" when there are some. */
const char *resolve_why_none(const struct follower *f);

#endif

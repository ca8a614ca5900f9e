/*
 * ask.h - asking the daemon.
 */
#ifndef MASTER_CTL_ASK_H
#define MASTER_CTL_ASK_H

#include <stdbool.h>

/* Exit codes of sluicectl. */
enum { ASK_DONE = 0, ASK_REFUSED = 1, ASK_USAGE = 2, ASK_NO_DAEMON = 3 };

/* How an answer is printed; see json.h. */
enum ask_form {
	ASK_TEXT,
	ASK_JSON,	/* the daemon is asked for it */
	ASK_JSON_LINES, /* made here, of messages */
	ASK_JSON_STEPS	/* made here, of what route tells */
};

struct ask {
	const char *path; /* of the control socket */
	const char *line; /* a verb, and what goes with it */
	bool patient;	  /* waits as long as it takes; else 10 s */
	enum ask_form form;
};

/*
 * Asks, and prints the answer: text to stdout when it was done, else to
 * stderr; JSON to stdout.  An exit code.
 */
int ask(const struct ask *a);

/*
 * The same, but an answer that is text is the caller's, in *TEXT_R (malloc'ed,
 * with a NUL behind it).  NULL: no daemon has answered, which was told.
 */
int ask_text(const struct ask *a, char **text_r);

/* May TEXT be a word of a question? */
bool ask_is_word(const char *text);

#endif

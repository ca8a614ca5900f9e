/*
 * verbs.h - what the control socket can be asked.
 */
#ifndef MASTER_VERBS_H
#define MASTER_VERBS_H

#include <sys/types.h>

#include "common/base/out.h"

enum verb_result {
	VERB_DONE,
	VERB_REFUSED,
	VERB_WRONG,	/* no such verb */
	VERB_RELOADING, /* the answer comes at the end of round ROUND */
	VERB_REOPENING,	/* the answer comes at the end of the rotation */
	VERB_ASKING /* the answer to question ROUND comes from a worker */
};

/* Who asks; ROUND is set by VERB_RELOADING and VERB_ASKING. */
struct verb_asker {
	pid_t pid;
	uid_t uid;
	unsigned round;
	struct str words; /* behind the verb */
};

/* Does what LINE says; OUT gets the text of the answer. */
enum verb_result verb_run(struct str line, struct verb_asker *asker,
    struct out *out);

#endif

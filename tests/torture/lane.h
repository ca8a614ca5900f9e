/*
 * lane.h - a client and an origin of one process, and a proxy between them.
 *
 * A lane has an address of the proxy's and an origin of its own, and one case
 * at a time: the client sends some bytes on a new connection, and all that
 * arrives at the origin until the case ends must be what these bytes mean to
 * the independent reader (strict.h, meant.h).  Who sent what can so be told
 * whatever a mutation did to the bytes.
 *
 * The last request of each case is a sound one that asks to close; so a case
 * ends when the proxy closes, unless the bytes end within a message: then the
 * client sends its FIN at once.
 */
#ifndef TESTS_TORTURE_LANE_H
#define TESTS_TORTURE_LANE_H

#include "tests/torture/meant.h"
#include "tests/torture/mutate.h"

#define LANE_TEXT_MAX (MUTATE_TEXT_MAX + 256)
#define LANE_REQUESTS_MAX 48
#define LANE_ORIGINS_MAX 16
#define LANE_BYTES_MAX ((size_t)64 * 1024)

struct lane;

/* A descriptor that epoll watches. */
struct lane_end {
	struct lane *lane;
	int fd; /* -1: closed */
	enum { LANE_LISTENER, LANE_CLIENT, LANE_ORIGIN } kind;
	size_t n; /* received and, by an origin, not yet a whole request */
	char bytes[LANE_BYTES_MAX];
};

/* A request, on its way in or out. */
struct lane_request {
	enum strict_verdict verdict;
	struct strict_message m;
	struct meaning meaning; /* of one that was sent */
	char *copy;		/* of the bytes of one that arrived */
};

struct lane {
	unsigned number;
	unsigned short port; /* of the proxy, at 127.0.0.1 + NUMBER */
	struct lane_end listener;
	struct lane_end client;
	struct lane_end origins[LANE_ORIGINS_MAX];
	uint64_t began; /* nanoseconds */
	uint64_t index; /* of the case */
	bool busy;
	bool ended; /* the proxy has closed, or all was answered */
	const char *failed;

	char text[LANE_TEXT_MAX];
	size_t text_n;
	unsigned sent_count;
	struct lane_request sent[LANE_REQUESTS_MAX];
	unsigned arrived_count;
	struct lane_request arrived[LANE_REQUESTS_MAX];
};

/* What the cases were, for the report. */
struct lane_tally {
	uint64_t cases;
	uint64_t requests;  /* that were sent whole and sound */
	uint64_t forwarded; /* of them */
	uint64_t refused;
	uint64_t parts;
	uint64_t dropped; /* began to arrive, and were cut off rightly */
};

/* Listens for the origin's side; its port. */
unsigned short lane_open(struct lane *l, unsigned number, int epoll_fd);

/* Sends case INDEX of SEED. */
void lane_begin(struct lane *l, uint64_t seed, uint64_t index);

/* Something happened at END. */
void lane_event(struct lane_end *end);

/* Has the case ended, so that it can be judged? */
bool lane_is_done(const struct lane *l);

/* What went wrong, or NULL; adds to TALLY. */
const char *lane_judge(struct lane *l, struct lane_tally *tally);

/* Makes L ready for the next case. */
void lane_end_case(struct lane *l);

/* ---- for the files of the lane ---- */

/* What a reply of the origin says, so that it is known which request it is
 * for. */
#define LANE_DIGEST_SIZE 16
void lane_digest(const struct strict_message *m, char text_r[LANE_DIGEST_SIZE]);

/* Holds what was sent against what arrived and what came back. */
const char *lane_compare(struct lane *l, struct lane_tally *tally);

#endif

/*
 * names.h - what all workers know of the names of origins.
 *
 * One record for each question: the last answers, until when they are good,
 * and what went wrong since.  Whoever finds that it is time to ask takes the
 * claim of the record, asks the name servers, and stores what they said; the
 * others see it when they look again.  So there is one query for each time to
 * live, whatever the number of workers, and answers survive reloads and
 * workers.
 *
 * Answers are kept until there are others: a failure says why there are none,
 * and takes nothing away.
 *
 * A worker has a copy of the records that it needs.  When the table is full,
 * busy or not there it asks for itself, and treats its copy with the same
 * rules (names_apply).
 */
#ifndef COMMON_SHM_NAMES_H
#define COMMON_SHM_NAMES_H

#include "common/base/clock.h"
#include "common/base/ip.h"
#include "common/shm/area.h"

enum names_type {
	NAMES_ADDRESS, /* A and AAAA */
	NAMES_SERVICE  /* SRV */
};

#define NAMES_ANSWERS_MAX 32
#define NAMES_TEXT_MAX 1024
#define NAMES_LENGTH_MAX 255 /* of a name */

enum names_fault {
	NAMES_FINE,
#define NAME_FAULT(name, text) NAMES_##name,
#include "common/tbl/name_faults.h"
#undef NAME_FAULT
	NAMES_FAULTS
};

/* "no such name" */
const char *names_fault_text(enum names_fault fault);

/* Of an ADDRESS: IP.  Of a SERVICE: the rest; its host is in the text. */
struct names_answer {
	struct ip ip;
	uint16_t port;
	uint16_t priority;
	uint16_t weight;
	uint16_t host_at;
	uint16_t host_n;
};

/* In an order that says the same of the same answers: addresses by family and
 * bytes, services by priority, then the heaviest first. */
struct names_answers {
	uint16_t count;
	uint16_t text_n;
	struct names_answer at[NAMES_ANSWERS_MAX];
	char text[NAMES_TEXT_MAX];
};

/* Times are CLOCK_MONOTONIC; 0: never. */
struct names_record {
	usec_t changed_at;  /* the answers became what they are */
	usec_t answered_at; /* last */
	usec_t ttl;	    /* of that answer */
	usec_t failed_at;   /* last */
	uint32_t failures;  /* in a row; 0: the last query was answered */
	uint32_t fault;	    /* enum names_fault, of the last query */
	struct names_answers answers;
};

/* What the name servers said: answers, or a fault. */
struct names_outcome {
	enum names_fault fault;
	usec_t ttl;
	struct names_answers answers;
};

/* ---- answers ---- */

/* Each adds one, if there is room: false if not. */
bool names_add_address(struct names_answers *a, const struct ip *ip);
bool names_add_service(struct names_answers *a, struct str host,
    uint16_t port, uint16_t priority, uint16_t weight);

/* Puts A in order and takes out what is there twice; after the last was added. */
void names_sort(struct names_answers *a);

struct str names_host(const struct names_answers *a, unsigned i);

/* ---- records ---- */

/* What an outcome meant: bits. */
enum {
	NAMES_CHANGED = 1,   /* other answers than before, or the first */
	NAMES_BROKE = 2,     /* it failed, and did not the time before, or it
				was never asked */
	NAMES_RECOVERED = 4  /* it did not fail, but did the time before */
};

unsigned names_apply(struct names_record *r, const struct names_outcome *o,
    usec_t now);

/* ---- the area ---- */

struct area_shape names_shape(uint64_t size);
void names_create(void *table, uint64_t size);
void names_enter(void *table, uint64_t size);

/* What SEAT, whose process is dead, had claimed is due. */
void names_give_back(int seat, usec_t now);

/* Brings *R, zeroed or read before, up to date; NAMES_CHANGED if its answers
 * are others now, else 0.  NAME is at most NAMES_LENGTH_MAX long, lower case. */
unsigned names_read(enum names_type type, struct str name,
    struct names_record *r, usec_t now);

#define NAMES_ALONE UINT64_MAX

/*
 * The right to ask about NAME, until NOW + PATIENCE: a claim for names_store; 0:
 * somebody else has it, or has just asked; NAMES_ALONE: the table has no room,
 * ask and apply.
 */
uint64_t names_claim(enum names_type type, struct str name, usec_t now,
    usec_t patience);

/*
 * Stores what came of CLAIM, and who else wants to ask may do so AFTER now at
 * the earliest.  *changed_r gets the bits, as applied to what all know; then
 * names_read.  False: the claim is lost, and so is O.
 */
bool names_store(enum names_type type, struct str name, uint64_t claim,
    const struct names_outcome *o, usec_t now, usec_t after,
    unsigned *changed_r);

#endif

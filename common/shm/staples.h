/*
 * staples.h - OCSP responses that all workers staple.
 *
 * One record for each certificate, by its hash: the last good response, when
 * the next one is to be fetched, and what went wrong since.  Whoever finds that
 * it is due takes the claim of the record, fetches, and stores what came; the
 * others see it when they look again.  So each responder is asked once, however
 * many workers there are, and responses survive reloads and workers.
 *
 * A failure takes nothing away: a response is good until it has run out.
 *
 * A worker has a copy of the records that it needs.  When the table is full,
 * busy or not there it fetches for itself, and treats its copy with the same
 * rules (staples_apply).
 */
#ifndef COMMON_SHM_STAPLES_H
#define COMMON_SHM_STAPLES_H

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/shm/area.h"

/* Of a response.  With the certificate of a responder they have 2 to 3 KiB. */
#define STAPLE_MAX ((size_t)8192)

enum staple_fault {
	STAPLE_FINE,
#define STAPLE_FAULT(name, text) STAPLE_##name,
#include "common/tbl/staple_faults.h"
#undef STAPLE_FAULT
	STAPLE_FAULTS
};

/* "it takes no connection"; "" if nothing is wrong. */
const char *staple_fault_text(unsigned fault);

/* What an issuer says of its certificate. */
enum staple_status { STAPLE_NONE, STAPLE_GOOD, STAPLE_REVOKED };

struct staple_record {
	usec_t due;	  /* when to fetch: CLOCK_MONOTONIC; 0: never was */
	usec_t stored_at; /* the response came then, the same; 0: there is none */
	usec_t good_until; /* wall clock */
	uint32_t failures; /* in a row, since */
	uint32_t fault;	   /* enum staple_fault, of the last one */
	uint32_t status;   /* enum staple_status, of the response */
	uint32_t response_n;
	unsigned char response[STAPLE_MAX];
};

/* What came of a fetch: a response, or a fault. */
struct staple_outcome {
	enum staple_fault fault;
	enum staple_status status;
	usec_t made_at;	   /* thisUpdate: wall clock */
	usec_t good_until; /* nextUpdate, the same */
	size_t response_n;
	unsigned char response[STAPLE_MAX];
};

/* ---- records ---- */

/* What an outcome meant: bits. */
enum {
	STAPLE_CHANGED = 1,   /* there is a response, and it says something
				 else than before, or is the first */
	STAPLE_BROKE = 2,     /* it failed, and did not the time before */
	STAPLE_RECOVERED = 4  /* it did not fail, but did the time before */
};

/* At NOW, which is WALL on the wall clock. */
unsigned staples_apply(struct staple_record *r, const struct staple_outcome *o,
    usec_t now, usec_t wall);

/* Is it time to fetch?  Also when the wall clock says that all is over. */
bool staples_is_due(const struct staple_record *r, usec_t now, usec_t wall);

/* ---- the area ---- */

struct area_shape staples_shape(uint64_t size);
void staples_create(void *table, uint64_t size);
void staples_enter(void *table, uint64_t size);

/* What SEAT, whose process is dead, had claimed is due. */
void staples_give_back(int seat, usec_t now);

/* Brings *R, zeroed or read before, up to date.  True: the response is another
 * one now. */
bool staples_read(struct hash_id id, struct staple_record *r, usec_t now);

#define STAPLES_ALONE UINT64_MAX

/*
 * The right to fetch for ID, until NOW + PATIENCE: a claim for staples_store;
 * 0: somebody else has it, or has just done it; STAPLES_ALONE: the table has no
 * room, fetch and apply.
 */
uint64_t staples_claim(struct hash_id id, usec_t now, usec_t patience);

/*
 * Stores what came of CLAIM.  *changed_r gets the bits, as applied to what all
 * know; then staples_read.  False: the claim is lost, and so is O.
 */
bool staples_store(struct hash_id id, uint64_t claim,
    const struct staple_outcome *o, usec_t now, usec_t wall,
    unsigned *changed_r);

/* ---- for the master, who takes no lock ---- */

struct staple_view {
	enum staple_status status;
	enum staple_fault fault; /* of the last fetch */
	usec_t good_until;	 /* wall clock */
};

/* What TABLE, of SIZE, says of ID: may be a moment old, and of two records
 * that take each other's place a mixture.  False: nothing. */
bool staples_peek(const void *table, uint64_t size, struct hash_id id,
    struct staple_view *view_r);

#endif

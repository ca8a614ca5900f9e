/*
 * tickets.h - the keys of TLS session tickets, the same for all workers.
 *
 * There are always three: tickets are made with the current one, and those
 * made with any of the three are good.  Every TICKETS_PERIOD the next becomes
 * current and a new one next, so that each key is known before it is used and
 * for a period behind it.  They change by themselves: whoever claims it makes
 * the new one.  Keys outlive workers and generations, never the daemon.
 *
 * Readers take no lock, and get a whole key or none.
 */
#ifndef COMMON_SHM_TICKETS_H
#define COMMON_SHM_TICKETS_H

#include <stdbool.h>

#include "common/base/clock.h"
#include "common/shm/area.h"

#define TICKETS_PERIOD (12 * USEC_PER_HOUR)

#define TICKETS_NAME_SIZE 16

struct ticket_key {
	uint8_t name[TICKETS_NAME_SIZE]; /* stands in the ticket */
	uint8_t cipher[32];
	uint8_t mac[32];
};

enum ticket_age {
	TICKET_UNKNOWN, /* no key of ours, or not any more */
	TICKET_FRESH,	/* the current key, or the next */
	TICKET_OLD	/* the previous one: time for a new ticket */
};

/* The area; SIZE is 0. */
struct area_shape tickets_shape(uint64_t size);

/* By the maker of a new area, once: makes the first keys. */
void tickets_create(void *table, uint64_t size);

/* This is the table of this process from now on. */
void tickets_enter(void *table, uint64_t size);

/* The key to make a ticket with; false: none can be had, make none.  Who gets
 * a key wipes it. */
bool tickets_current(struct ticket_key *key_r);

/* The key of that NAME, and how old it is; on TICKET_UNKNOWN there is none. */
enum ticket_age tickets_find(const uint8_t name[TICKETS_NAME_SIZE],
    struct ticket_key *key_r);

/* When they are to be changed: CLOCK_MONOTONIC. */
usec_t tickets_due(void);

/* Changes them if it is time, and nobody else does: true if they changed. */
bool tickets_rotate(usec_t now);

/* What SEAT, whose process is dead, had claimed is due. */
void tickets_give_back(int seat, usec_t now);

#endif

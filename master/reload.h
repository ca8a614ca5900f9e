/*
 * reload.h - from one generation to the next.
 */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include <stdbool.h>

#include "common/conf/conf.h"

/* The round of the first start. */
#define RELOAD_FIRST 0

/*
 * DONE is called at the end of each round: the new generation is in force,
 * or TEXT says why not.  TEXT holds the messages about the configuration too,
 * a line each.  REQUEST must stay.
 */
void reload_init(const struct conf_request *request,
    void (*done)(unsigned round, bool ok, struct str text));

/* The first start, with CONF (taken over), which is good. */
void reload_first(struct conf *conf);

/*
 * Asks for a reload, and returns the number of the round that will do it.
 * What is asked while one is under way is done by the one that follows.
 */
unsigned reload_ask(void);

/* What is going on, for status: NULL when nothing is. */
const char *reload_state(void);

/* Some process ended: there may be room for another generation now. */
void reload_look(void);

/* The daemon ends: what is under way is undone, nothing more is begun. */
void reload_abandon(void);

#endif

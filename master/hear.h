/*
 * hear.h - what workers say.
 */
#ifndef MASTER_HEAR_H
#define MASTER_HEAR_H

#include "master/events.h"

/* For child_fork: reads what is on the channel of a child. */
void hear_channel(struct events_source *channel, uint32_t events);

#endif

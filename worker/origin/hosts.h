/*
 * hosts.h - the names that the hosts file of this machine knows.
 *
 * Read once, before the worker is ready; a changed file holds from the next
 * reload on.
 */
#ifndef WORKER_ORIGIN_HOSTS_H
#define WORKER_ORIGIN_HOSTS_H

#include "common/shm/names.h"

/* Opens PATH; without the file, or memory for it, no name is known. */
void hosts_load(const char *path);

/* The same for a file's TEXT, which is copied. */
void hosts_read(struct str text);

void hosts_free(void);

/* Adds the addresses of NAME to *answers_r, in its order.  False: the file does
 * not have it. */
bool hosts_find(struct str name, struct names_answers *answers_r);

#endif

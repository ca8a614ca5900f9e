/*
 * world_inside.h - what the files of the world know of each other.
 */
#ifndef TESTS_TORTURE_WORLD_INSIDE_H
#define TESTS_TORTURE_WORLD_INSIDE_H

#include "tests/torture/world.h"

/* ---- proxy.c: the proxy in it ---- */

/* Sets up what a worker sets up; origins will be looked for at LISTENER. */
void proxy_open(int listener);
void proxy_close(void);

/* A client that was accepted by LISTENER, the first (0) or the second. */
void proxy_accept(int fd, unsigned listener);

/* One turn of the loop.  True: something happened, or will. */
bool proxy_turn(void);

/* Nothing may be left of a case, compared with its beginning. */
void proxy_begin(void);
void proxy_check_empty(void);

void proxy_refuse(unsigned server, bool refuse);

#endif

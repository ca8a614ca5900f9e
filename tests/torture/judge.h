/*
 * judge.h - was what happened in the world (world.h) as it must be?
 *
 * Reads everything that the actors sent and got by an independent reader
 * (strict.h, meant.h) and holds it against each other, by INSIST:
 *
 *   - what an origin gets is a sound request, or the beginning of one, that a
 *     client sent and meant so; once, if it may not be repeated;
 *   - what a client gets are sound replies, in order, as many as it asked for
 *     at most; the last may be cut if that can be seen; and if it is whole and
 *     not an error an origin gave just that;
 *   - who asked well, and stayed, was heard.
 */
#ifndef TESTS_TORTURE_JUDGE_H
#define TESTS_TORTURE_JUDGE_H

#include "tests/torture/meant.h"
#include "tests/torture/world.h"

/* Begins to watch the origins. */
void judge_begin(void);

/* The origin that got something last, or NULL. */
struct actor *judge_last_origin(void);

/* Judges, and ends the case. */
void judge_end(void);

#endif

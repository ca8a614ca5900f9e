/*
 * window.h - how many of late, and how many of them were errors: in one word.
 *
 * The word lies in the segment; whoever adds to it does so by compare-and-swap
 * (window_note).  What is older than the window counts half, what is older
 * than two not at all.  Off the hot path: only for settings that are written.
 */
#ifndef WORKER_ORIGIN_WINDOW_H
#define WORKER_ORIGIN_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"

struct window {
	unsigned total;
	unsigned errors;
};

/* WORD (0: an empty one) with one more at NOW. */
uint64_t window_add(uint64_t word, usec_t now, usec_t within, bool error);

struct window window_read(uint64_t word);

/* Adds one to *WORD; what it then holds. */
struct window window_note(_Atomic uint64_t *word, usec_t now, usec_t within,
    bool error);

/* Are there at least LEAST of them, and RATE millionths of them errors? */
bool window_exceeds(struct window w, unsigned least, uint32_t rate);

#endif

/*
 * clock.h - one unit of time: microseconds, in an int64_t.
 *
 * Durations and points of CLOCK_MONOTONIC share the type; a point in the
 * future by which something must have happened is a deadline.
 */
#ifndef COMMON_BASE_CLOCK_H
#define COMMON_BASE_CLOCK_H

#include <stdint.h>

typedef int64_t usec_t;

#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC ((usec_t)1000000)
#define USEC_PER_HOUR (3600 * USEC_PER_SEC)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)
#define DEADLINE_NEVER INT64_MAX

/* CLOCK_MONOTONIC now. Workers use loop_now() instead: it costs nothing. */
usec_t clock_mono(void);

/* Wall clock, microseconds since 1970: for logs only, it may jump. */
usec_t clock_wall(void);

struct clock_day {
	unsigned year;
	unsigned month; /* January is 0 */
	unsigned day;	/* 1 to 31 */
};

/* The date so many days after 1970-01-01. */
struct clock_day clock_day(unsigned days);

/* "2026-11-21T03:16:45.123Z" and a NUL. */
#define CLOCK_TEXT_SIZE 25
void clock_text(usec_t wall, char text_r[CLOCK_TEXT_SIZE]);

/* "21/Nov/2026:03:16:45 +0000", as the common log format has it, and a NUL. */
#define CLOCK_COMMON_SIZE 27
void clock_common(usec_t wall, char text_r[CLOCK_COMMON_SIZE]);

#endif

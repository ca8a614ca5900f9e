/*
 * clock.c - reading the clocks, writing a date.
 */
#include "common/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static usec_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

usec_t clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

usec_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

void clock_text(usec_t wall, char text_r[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;
	char full[64];

	gmtime_r(&seconds, &tm);
	snprintf(full, sizeof(full), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec,
	    (int)(wall % USEC_PER_SEC / USEC_PER_MSEC));
	memcpy(text_r, full, CLOCK_TEXT_SIZE - 1);
	text_r[CLOCK_TEXT_SIZE - 1] = '\0';
}

/*
 * clock.c - reading the clocks, writing a date.
 *
 * The calendar is counted here: gmtime may open the file of the time zone, and
 * a worker opens nothing once it is ready.  Years are counted from March, so
 * that the leap day is the last day of a year; 400 of them are 146097 days.
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

/* From 1 March of year 0 to 1 January 1970. */
#define DAYS_BEFORE_1970 719468
#define DAYS_IN_400_YEARS 146097

struct clock_day clock_day(unsigned days)
{
	unsigned since = days + DAYS_BEFORE_1970;
	unsigned era = since / DAYS_IN_400_YEARS;
	unsigned in_era = since % DAYS_IN_400_YEARS;
	unsigned year = (in_era - in_era / 1460 + in_era / 36524 -
			    in_era / (DAYS_IN_400_YEARS - 1)) /
	    365;
	unsigned in_year = in_era - (365 * year + year / 4 - year / 100);
	unsigned from_march = (5 * in_year + 2) / 153;

	return (struct clock_day){
	    .year = era * 400 + year + (from_march >= 10),
	    .month = (from_march + 2) % 12,
	    .day = in_year - (153 * from_march + 2) / 5 + 1,
	};
}

void clock_text(usec_t wall, char text_r[CLOCK_TEXT_SIZE])
{
	unsigned seconds = (unsigned)(wall % USEC_PER_DAY / USEC_PER_SEC);
	struct clock_day d = clock_day((unsigned)(wall / USEC_PER_DAY));
	char full[96];

	snprintf(full, sizeof(full), "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	    d.year, d.month + 1, d.day, seconds / 3600, seconds / 60 % 60,
	    seconds % 60, (unsigned)(wall % USEC_PER_SEC / USEC_PER_MSEC));
	memcpy(text_r, full, CLOCK_TEXT_SIZE - 1);
	text_r[CLOCK_TEXT_SIZE - 1] = '\0';
}

void clock_common(usec_t wall, char text_r[CLOCK_COMMON_SIZE])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned seconds = (unsigned)(wall % USEC_PER_DAY / USEC_PER_SEC);
	struct clock_day d = clock_day((unsigned)(wall / USEC_PER_DAY));
	char full[96];

	snprintf(full, sizeof(full), "%02u/%.3s/%04u:%02u:%02u:%02u +0000",
	    d.day, months + (size_t)d.month * 3, d.year, seconds / 3600,
	    seconds / 60 % 60, seconds % 60);
	memcpy(text_r, full, CLOCK_COMMON_SIZE - 1);
	text_r[CLOCK_COMMON_SIZE - 1] = '\0';
}

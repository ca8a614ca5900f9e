/*
 * date.c - dates as HTTP writes them.
 *
 * Runs in workers, for the replies that we make.  The calendar is counted
 * here: gmtime may open the file of the time zone, and a worker opens nothing
 * once it is ready.  Years are counted from March, so that the leap day is the
 * last day of a year; 400 of them are 146097 days.
 */
#include "worker/http/date.h"

#include "common/base/insist.h"

#define DAY 86400
#define DAYS_IN_400_YEARS 146097
/* From 1 March of year 0 to 1 January 1970. */
#define DAYS_BEFORE_1970 719468
#define LAST_SECOND INT64_C(253402300799)

struct day {
	unsigned year;
	unsigned month; /* January is 0 */
	unsigned day;	/* 1 to 31 */
};

static struct day day_of(unsigned days)
{
	unsigned since = days + DAYS_BEFORE_1970;
	unsigned era = since / DAYS_IN_400_YEARS;
	unsigned in_era = since % DAYS_IN_400_YEARS;
	unsigned year = (in_era - in_era / 1460 + in_era / 36524 -
			    in_era / (DAYS_IN_400_YEARS - 1)) /
	    365;
	unsigned in_year = in_era - (365 * year + year / 4 - year / 100);
	unsigned from_march = (5 * in_year + 2) / 153;

	return (struct day){
	    .year = era * 400 + year + (from_march >= 10),
	    .month = (from_march + 2) % 12,
	    .day = in_year - (153 * from_march + 2) / 5 + 1,
	};
}

static void put_digits(char *p, unsigned value, unsigned count)
{
	while (count > 0) {
		p[--count] = (char)('0' + value % 10);
		value /= 10;
	}
}

static void write_date(char *text, unsigned days, unsigned seconds)
{
	static const char names[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct day d = day_of(days);

	memcpy(text, "Thu, 01 Jan 1970 00:00:00 GMT", DATE_SIZE);
	memcpy(text, names + (days + 4) % 7 * 3, 3);
	put_digits(text + 5, d.day, 2);
	memcpy(text + 8, months + (size_t)d.month * 3, 3);
	put_digits(text + 12, d.year, 4);
	put_digits(text + 17, seconds / 3600, 2);
	put_digits(text + 20, seconds / 60 % 60, 2);
	put_digits(text + 23, seconds % 60, 2);
}

struct str date_now(usec_t wall)
{
	static char text[DATE_SIZE];
	static int64_t written = -1;
	int64_t second = wall / USEC_PER_SEC;

	INSIST(wall >= 0 && second <= LAST_SECOND);
	if (second != written) {
		write_date(text, (unsigned)(second / DAY),
		    (unsigned)(second % DAY));
		written = second;
	}
	return str_make(text, sizeof(text));
}

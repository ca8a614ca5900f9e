/*
 * date.c - dates as HTTP writes them.
 *
 * Runs in workers, for the replies that we make.
 */
#include "worker/http/date.h"

#include "common/base/insist.h"

#define DAY 86400
#define LAST_SECOND INT64_C(253402300799)

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
	struct clock_day d = clock_day(days);

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

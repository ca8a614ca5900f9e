/*
 * date_read.c - dates as HTTP has them: RFC 9110, 5.6.7.
 *
 * Runs in workers.  Each form is a pattern, in which a letter stands for a part
 * of the date and anything else for itself:
 *
 *	www, DD MMM YYYY hh:mm:ss GMT		IMF-fixdate
 *	W*, DD-MMM-yy hh:mm:ss GMT		RFC 850
 *	www MMM dd hh:mm:ss YYYY		asctime, a day of one digit
 *						behind two spaces
 */
#include "worker/http/date_read.h"

#define DAY 86400
#define YEARS_AHEAD 50 /* RFC 9110: more are a hundred too many */

struct date {
	int year;
	int month; /* January is 0 */
	int day;
	int hour;
	int minute;
	int second;
};

static const char days[] = "Sun\0Mon\0Tue\0Wed\0Thu\0Fri\0Sat";
static const char months[] =
    "Jan\0Feb\0Mar\0Apr\0May\0Jun\0Jul\0Aug\0Sep\0Oct\0Nov\0Dec";
static const struct str long_days[] = {STR("Sunday"), STR("Monday"),
    STR("Tuesday"), STR("Wednesday"), STR("Thursday"), STR("Friday"),
    STR("Saturday")};

/* Takes WORD off *S, in letters of any case (RFC 9111, 4.2). */
static bool take(struct str *s, struct str word)
{
	if (!str_starts_nocase(*s, word))
		return false;
	*s = str_behind(*s, word.n);
	return true;
}

/* Takes one of COUNT names of three letters; its number, or -1. */
static int take_name(struct str *s, const char *names, int count)
{
	for (int i = 0; i < count; i++)
		if (take(s, str_make(names + (size_t)i * 4, 3)))
			return i;
	return -1;
}

static bool take_long_day(struct str *s)
{
	for (size_t i = 0; i < sizeof(long_days) / sizeof(long_days[0]); i++)
		if (take(s, long_days[i]))
			return true;
	return false;
}

/* Takes exactly N digits; their value, or -1. */
static int take_digits(struct str *s, size_t n)
{
	int value = 0;

	if (s->n < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!char_is_digit(s->p[i]))
			return -1;
		value = value * 10 + (s->p[i] - '0');
	}
	*s = str_behind(*s, n);
	return value;
}

static bool take_month(struct str *s, struct date *d)
{
	d->month = take_name(s, months, 12);
	return d->month >= 0;
}

/* " 23:59:60 " */
static bool take_time(struct str *s, struct date *d)
{
	if (!take(s, STR(" ")) || (d->hour = take_digits(s, 2)) < 0 ||
	    !take(s, STR(":")) || (d->minute = take_digits(s, 2)) < 0 ||
	    !take(s, STR(":")) || (d->second = take_digits(s, 2)) < 0)
		return false;
	return take(s, STR(" "));
}

static bool read_fixdate(struct str s, struct date *d)
{
	return take_name(&s, days, 7) >= 0 && take(&s, STR(", ")) &&
	    (d->day = take_digits(&s, 2)) >= 0 && take(&s, STR(" ")) &&
	    take_month(&s, d) && take(&s, STR(" ")) &&
	    (d->year = take_digits(&s, 4)) >= 0 && take_time(&s, d) &&
	    str_eq_nocase(s, STR("GMT"));
}

static bool read_asctime(struct str s, struct date *d)
{
	if (take_name(&s, days, 7) < 0 || !take(&s, STR(" ")) ||
	    !take_month(&s, d) || !take(&s, STR(" ")))
		return false;
	d->day = take_digits(&s, take(&s, STR(" ")) ? 1 : 2);
	return d->day >= 0 && take_time(&s, d) &&
	    (d->year = take_digits(&s, 4)) >= 0 && s.n == 0;
}

/* The year of two digits is the one that ends so, and is no more than
 * YEARS_AHEAD after WALL's. */
static bool read_rfc850(struct str s, usec_t wall, struct date *d)
{
	int now = (int)clock_day((unsigned)(wall / USEC_PER_DAY)).year;

	if (!take_long_day(&s) || !take(&s, STR(", ")) ||
	    (d->day = take_digits(&s, 2)) < 0 || !take(&s, STR("-")) ||
	    !take_month(&s, d) || !take(&s, STR("-")) ||
	    (d->year = take_digits(&s, 2)) < 0)
		return false;
	d->year += now - now % 100;
	if (d->year > now + YEARS_AHEAD)
		d->year -= 100;
	else if (d->year <= now + YEARS_AHEAD - 100)
		d->year += 100;
	return take_time(&s, d) && str_eq_nocase(s, STR("GMT"));
}

/* ---- what it means ---- */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_sound(const struct date *d)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31};
	int length = lengths[d->month] + (d->month == 1 && is_leap(d->year));

	return d->day >= 1 && d->day <= length && d->hour <= 23 &&
	    d->minute <= 59 && d->second <= 60;
}

/* Days since 1970-01-01 in the Gregorian calendar: years begin in March, so
 * that a leap day is the last of its year. */
static int64_t days_since_1970(const struct date *d)
{
	int64_t year = d->year - (d->month < 2);
	int64_t month = (d->month + 10) % 12;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * month + 2) / 5 + d->day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

bool date_read(struct str text, usec_t wall, int64_t *seconds_r)
{
	struct date d;

	if (!read_fixdate(text, &d) && !read_asctime(text, &d) &&
	    !read_rfc850(text, wall, &d))
		return false;
	if (!is_sound(&d))
		return false;
	*seconds_r = days_since_1970(&d) * DAY + d.hour * 3600 +
	    d.minute * 60 + d.second;
	return true;
}

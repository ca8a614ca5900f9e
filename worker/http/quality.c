/*
 * quality.c - how much a client would like something: RFC 9110, 12.4.2.
 *
 * Runs in workers, for the fields whose names begin with Accept.
 */
#include "worker/http/quality.h"

bool quality_read(struct str s, unsigned *quality_r)
{
	unsigned value = 0;
	unsigned digit = QUALITY_MAX;

	if (s.n == 0 || s.n > 5 || (s.n > 1 && s.p[1] != '.'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (i == 1)
			continue;
		if (!char_is_digit(s.p[i]))
			return false;
		value += (unsigned)(s.p[i] - '0') * digit;
		digit /= 10;
	}
	*quality_r = value;
	return value <= QUALITY_MAX;
}

/*
 * units.c - values with a unit, as operators write them.
 *
 * Runs in the master.
 */
#include "common/conf/units.h"

#include <stdio.h>

static const struct {
	const char *name;
	usec_t usec;
} units[] = {
    {"ms", USEC_PER_MSEC},
    {"d", 24 * USEC_PER_HOUR},
    {"h", USEC_PER_HOUR},
    {"m", 60 * USEC_PER_SEC},
    {"s", USEC_PER_SEC},
};

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

bool conf_units_duration(struct str text, usec_t *usec_r)
{
	struct str unit = text;
	uint64_t count;

	while (unit.n > 0 && char_is_digit(unit.p[0]))
		unit.p++, unit.n--;
	if (!str_to_u64(str_make(text.p, text.n - unit.n), 999999999, &count))
		return false;
	for (size_t i = 0; i < UNIT_COUNT; i++) {
		if (!str_eq(unit, str_from(units[i].name)))
			continue;
		*usec_r = (usec_t)count * units[i].usec;
		return true;
	}
	return false;
}

bool conf_units_mode(struct str text, mode_t *mode_r)
{
	mode_t mode = 0;

	if (text.n != 4 || text.p[0] != '0')
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '7')
			return false;
		mode = mode * 8 + (mode_t)(text.p[i] - '0');
	}
	*mode_r = mode;
	return true;
}

const char *conf_units_seconds(char text[CONF_UNITS_SIZE], uint64_t seconds)
{
	usec_t usec = (usec_t)seconds * USEC_PER_SEC;
	size_t i = 1;

	while (i < UNIT_COUNT - 1 && (usec == 0 || usec % units[i].usec != 0))
		i++;
	snprintf(text, CONF_UNITS_SIZE, "%llu%s",
	    (unsigned long long)(usec / units[i].usec), units[i].name);
	return text;
}

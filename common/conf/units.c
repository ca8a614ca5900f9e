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
    {"d", USEC_PER_DAY},
    {"h", USEC_PER_HOUR},
    {"m", 60 * USEC_PER_SEC},
    {"s", USEC_PER_SEC},
    {"ms", USEC_PER_MSEC},
};

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

/* Each 1024 times the one before it. */
static const char *const sizes[] = {"", "k", "m", "g"};

#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

/* The number that TEXT begins with; *UNIT_R: what is behind it. */
static bool read_count(struct str text, uint64_t *count_r, struct str *unit_r)
{
	struct str unit = text;

	while (unit.n > 0 && char_is_digit(unit.p[0]))
		unit.p++, unit.n--;
	*unit_r = unit;
	return str_to_u64(str_make(text.p, text.n - unit.n), 999999999,
	    count_r);
}

bool conf_units_duration(struct str text, usec_t *usec_r)
{
	struct str unit;
	uint64_t count;

	if (!read_count(text, &count, &unit))
		return false;
	for (size_t i = 0; i < UNIT_COUNT; i++) {
		if (!str_eq(unit, str_from(units[i].name)))
			continue;
		*usec_r = (usec_t)count * units[i].usec;
		return true;
	}
	return false;
}

bool conf_units_size(struct str text, uint64_t *bytes_r)
{
	struct str unit;
	uint64_t count;

	if (!read_count(text, &count, &unit))
		return false;
	for (size_t i = 0; i < SIZE_COUNT; i++) {
		if (!str_eq(unit, str_from(sizes[i])))
			continue;
		*bytes_r = count << 10 * i;
		return true;
	}
	return false;
}

bool conf_units_flood(struct str text, struct conf_flood *flood_r)
{
	struct str rest = text, count = STR_NONE;
	uint64_t value;

	*flood_r = (struct conf_flood){.count = 0};
	if (str_eq(text, STR("0")))
		return true;
	if (!str_next_part(&rest, '/', &count) || rest.p == NULL ||
	    !str_to_u64(count, UINT32_MAX, &value) ||
	    !conf_units_duration(rest, &flood_r->over))
		return false;
	flood_r->count = (uint32_t)value;
	return value > 0 && flood_r->over > 0;
}

bool conf_units_rate(struct str text, struct conf_rate *rate_r)
{
	const char *slash = memchr(text.p, '/', text.n);
	const char *end = text.p + text.n;
	uint64_t bytes;

	if (slash == NULL ||
	    !conf_units_size(str_make(text.p, (size_t)(slash - text.p)),
		&bytes) ||
	    !conf_units_duration(
		str_make(slash + 1, (size_t)(end - slash - 1)),
		&rate_r->over))
		return false;
	rate_r->bytes = (uint32_t)bytes;
	return bytes > 0 && bytes <= UINT32_MAX && rate_r->over > 0;
}

bool conf_units_share(struct str text, uint32_t *millionths_r)
{
	size_t n = text.n > 0 ? text.n - 1 : 0;
	const char *point = memchr(text.p, '.', n);
	size_t whole = point != NULL ? (size_t)(point - text.p) : n;
	struct str behind = str_make(text.p + whole, n - whole);
	uint64_t percent, part = 0;

	if (text.n < 2 || text.p[n] != '%' || behind.n == 1 || behind.n > 5 ||
	    !str_to_u64(str_make(text.p, whole), 100, &percent))
		return false;
	if (behind.n > 0 &&
	    !str_to_u64(str_behind(behind, 1), 9999, &part))
		return false;
	for (size_t i = behind.n > 0 ? behind.n : 1; i < 5; i++)
		part *= 10;
	*millionths_r = (uint32_t)(percent * 10000 + part);
	return *millionths_r <= CONF_UNITS_WHOLE;
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

const char *conf_units_time(char text[CONF_UNITS_SIZE], usec_t usec)
{
	size_t i = 0;

	if (usec == 0)
		return "0s";
	while (i < UNIT_COUNT - 1 && usec % units[i].usec != 0)
		i++;
	snprintf(text, CONF_UNITS_SIZE, "%llu%s",
	    (unsigned long long)(usec / units[i].usec), units[i].name);
	return text;
}

const char *conf_units_bytes(char text[CONF_UNITS_SIZE], uint64_t bytes)
{
	size_t i = SIZE_COUNT - 1;

	while (i > 0 && (bytes == 0 || bytes % ((uint64_t)1 << 10 * i) != 0))
		i--;
	snprintf(text, CONF_UNITS_SIZE, "%llu%s",
	    (unsigned long long)(bytes >> 10 * i), sizes[i]);
	return text;
}

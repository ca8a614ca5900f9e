/*
 * fresh.c - for how long a reply is fresh, and how old it is already.
 *
 * Runs in workers: of each reply that might be kept.  RFC 9111, 4.2:
 *
 *	lifetime   s-maxage, or max-age, or Expires - Date; else a guess by
 *	           Last-Modified, if the operator allows one; else default_ttl,
 *	           or for errors negative_ttl
 *	age        the larger of what Date says, and what Age says and the time
 *	           that the reply took
 *
 *	  Date             asked      received               now
 *	----+----------------+-----------+---------------------+-----> time
 *	    '------- corrected_initial_age ----'- resident ----'
 *	  born
 *
 * Ages are kept as the moment of birth, so that nobody adds anything later.
 *
 * Invalid freshness is none (4.2.1).  That goes for Age, too, where 5.1 would
 * have it ignored: a cache before us that can't say how old its reply is may
 * have had it for long.
 */
#include "worker/cache/fresh.h"

#include "worker/http/date_read.h"

/* ---- fields ---- */

enum reading { READ_NOTHING, READ_VALUE, READ_INVALID };

static enum reading read_date(const struct fresh_ask *ask, enum field_id id,
    usec_t *wall_r)
{
	const struct field *f = message_find(ask->reply, id);
	int64_t second;

	if (f == NULL)
		return READ_NOTHING;
	if (!date_read(field_value(f), ask->wall, &second))
		return READ_INVALID;
	*wall_r = second * USEC_PER_SEC;
	return READ_VALUE;
}

/* Without one, or with none that can be read, it is when we got it (RFC 9110,
 * 6.6.1). */
static usec_t date_of(const struct fresh_ask *ask)
{
	usec_t date;

	return read_date(ask, FIELD_date, &date) == READ_VALUE ? date
							       : ask->wall;
}

/*
 * Of a list the first one counts (RFC 9111, 5.1), but a list of numbers and
 * commas it must be.  Several lines, signs, fractions, parameters: whoever
 * made that did not know how old the reply is.
 */
static enum reading read_age(const struct message *m, usec_t *age_r)
{
	const struct field *f = message_find(m, FIELD_age);
	struct str list, first, other;
	uint32_t seconds, ignored;

	if (f == NULL)
		return READ_NOTHING;
	list = field_value(f);
	if ((m->repeated & FIELD_BIT(FIELD_age)) ||
	    !str_next_part(&list, ',', &first) ||
	    !control_read_seconds(first, &seconds))
		return READ_INVALID;
	while (str_next_part(&list, ',', &other))
		if (!control_read_seconds(other, &ignored))
			return READ_INVALID;
	*age_r = (usec_t)seconds * USEC_PER_SEC;
	return READ_VALUE;
}

/* ---- age ---- */

static usec_t larger(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

/* RFC 9111, 4.2.3: corrected_initial_age. */
static usec_t initial_age(const struct fresh_ask *ask, usec_t age)
{
	usec_t apparent = larger(0, ask->wall - date_of(ask));
	usec_t delay = larger(0, ask->received - ask->asked);

	return larger(apparent, age + delay);
}

uint64_t fresh_age(usec_t born, usec_t now)
{
	return now > born ? (uint64_t)(now - born) / USEC_PER_SEC : 0;
}

/* ---- lifetime ---- */

/* RFC 9110, 15.1, and 414, which has it in 15.5.15. */
bool fresh_may_be_guessed(unsigned status)
{
	switch (status) {
	case 200:
	case 203:
	case 204:
	case 206:
	case 300:
	case 301:
	case 308:
	case 404:
	case 405:
	case 410:
	case 414:
	case 501:
		return true;
	default:
		return false;
	}
}

/* Of two Expires that differ neither counts. */
static bool is_contradicted(const struct message *m, enum field_id id)
{
	const struct field *first = message_find(m, id);

	if (!(m->repeated & FIELD_BIT(id)))
		return false;
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == id &&
		    !str_eq(field_value(&m->fields[i]), field_value(first)))
			return true;
	return false;
}

/* Invalid ones, "0" above all, are in the past (RFC 9111, 5.3). */
static bool read_expires(const struct fresh_ask *ask, usec_t *lifetime_r)
{
	usec_t expires;

	switch (read_date(ask, FIELD_expires, &expires)) {
	case READ_NOTHING:
		return false;
	case READ_INVALID:
		*lifetime_r = 0;
		return true;
	case READ_VALUE:
		break;
	}
	*lifetime_r = is_contradicted(ask->reply, FIELD_expires)
	    ? 0
	    : larger(0, expires - date_of(ask));
	return true;
}

static bool read_said(const struct fresh_ask *ask, usec_t *lifetime_r)
{
	static const enum control_directive directives[] = {CONTROL_S_MAXAGE,
	    CONTROL_MAX_AGE};

	for (unsigned i = 0; i < 2; i++)
		if (control_has(ask->control, directives[i])) {
			*lifetime_r =
			    (usec_t)ask->control->seconds[directives[i]] *
			    USEC_PER_SEC;
			return true;
		}
	return !ask->targeted && read_expires(ask, lifetime_r);
}

/* RFC 9111, 4.2.2. */
static bool guess(const struct fresh_ask *ask, usec_t *lifetime_r)
{
	const struct conf_cache *conf = ask->conf;
	usec_t modified, unchanged;

	if (conf->heuristic == 0 ||
	    (!fresh_may_be_guessed(ask->reply->status) &&
		!control_has(ask->control, CONTROL_PUBLIC)) ||
	    read_date(ask, FIELD_last_modified, &modified) != READ_VALUE)
		return false;
	unchanged = larger(0, date_of(ask) - modified) / 1000000;
	*lifetime_r = unchanged * conf->heuristic;
	if (*lifetime_r > conf->heuristic_max)
		*lifetime_r = conf->heuristic_max;
	return *lifetime_r > 0;
}

/* What the operator says of those that say nothing. */
static usec_t by_conf(const struct fresh_ask *ask)
{
	switch (ask->reply->status) {
	case 404:
	case 405:
	case 410:
	case 414:
	case 451:
	case 501:
		return ask->conf->negative_ttl;
	default:
		return fresh_may_be_guessed(ask->reply->status)
		    ? ask->conf->default_ttl
		    : 0;
	}
}

static enum fresh_by find_lifetime(const struct fresh_ask *ask,
    usec_t *lifetime_r)
{
	*lifetime_r = 0;
	if (read_said(ask, lifetime_r))
		return FRESH_SAID;
	if (guess(ask, lifetime_r))
		return FRESH_GUESSED;
	*lifetime_r = by_conf(ask);
	return *lifetime_r > 0 ? FRESH_BY_CONF : FRESH_UNSAID;
}

void fresh_read(const struct fresh_ask *ask, struct fresh *fresh)
{
	usec_t age = 0;
	enum reading reading = read_age(ask->reply, &age);

	fresh->by = find_lifetime(ask, &fresh->lifetime);
	if (fresh->lifetime > CONTROL_SECONDS_MAX * USEC_PER_SEC)
		fresh->lifetime = CONTROL_SECONDS_MAX * USEC_PER_SEC;
	fresh->born = ask->received - initial_age(ask, age);
	fresh->until = fresh->born + fresh->lifetime;
	if (reading == READ_INVALID && fresh->until > ask->received)
		fresh->until = ask->received;
}

/*
 * limits.c - how much and how long: what the settings allow an exchange.
 *
 * Runs on the exchange's fiber.  Which setting an exchange ran into follows
 * from how it ended, by the table common/tbl/limits.h, and its value from the
 * scope, the pool or the configuration it was served with: nothing has to be
 * noted on the way.
 */
#include "worker/proxy/limits.h"

#include <stddef.h>

#include "common/base/insist.h"
#include "common/conf/units.h"

enum whose { OF_SCOPE, OF_POOL, OF_CONF };
enum unit { IN_SIZE, IN_COUNT, IN_TIME, IN_RATE, IN_FLOOD };

static const struct row {
	const char *setting;
	uint8_t whose;
	uint8_t unit;
	uint8_t end;
	uint8_t fault;
	size_t offset;
} rows[] = {
#define WHERE_SCOPE(value) offsetof(struct conf_scope, value)
#define WHERE_POOL(value) offsetof(struct conf_pool, value)
#define WHERE_CONF(value) offsetof(struct conf, value)
#define LIMIT(whose, setting, value, unit, end, fault)                        \
	{setting, OF_##whose, IN_##unit, END_##end, FAULT_##fault,            \
	    WHERE_##whose(value)},
#include "common/tbl/limits.h"
#undef LIMIT
};

#define POOL_NAME_SHOWN 100

#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "a SIZE may be either");

static const struct conf *conf;

void limits_init(const struct conf *c)
{
	conf = c;
}

/* ---- what is allowed ---- */

static enum fault find_fault(const struct exchange *x)
{
	const struct conf_head_limits *most = &x->scope->limits.head;

	if (x->head_len > most->header)
		return FAULT_head_large;
	if (x->request.target.n > most->url)
		return FAULT_target_large;
	if (x->request.field_count > most->fields)
		return FAULT_fields_many;
	return FAULT_NONE;
}

/* Who waits for a 100 before it sends anything has the origin's time too. */
static void begin_pace(struct exchange *x)
{
	x->pace = pace_begin(x->scope->limits.min_rate);
	if (x->request.expects_continue && x->pool != NULL)
		x->pace.left += x->pool->timeouts.first_byte;
}

bool limits_allow(struct exchange *x)
{
	enum fault fault = find_fault(x);

	INSIST(x->route != NULL);
	if (fault != FAULT_NONE) {
		exchange_refuse(x, fault);
		return false;
	}
	if (x->request.framing.length > x->scope->limits.body) {
		x->must_close = true;
		exchange_fail(x, END_body_large);
		return false;
	}
	begin_pace(x);
	return true;
}

/* ---- timeouts.total ---- */

struct total {
	struct timer timer;
	struct exchange *x;
};

static void is_over(struct timer *t)
{
	struct exchange *x = container_of(t, struct total, timer)->x;

	x->must_close = true;
	exchange_fail(x, END_total_deadline);
	exchange_cancel(x);
}

bool limits_begin_total(struct exchange *x)
{
	usec_t most = x->pool->timeouts.total;

	if (likely(most == 0))
		return true;
	x->total = ARENA_NEW(&x->arena, struct total);
	if (x->total == NULL) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	x->total->x = x;
	timer_init(&x->total->timer, is_over);
	timer_set(&x->total->timer, loop_now() + most);
	return true;
}

void limits_end_total(struct exchange *x)
{
	if (x->total != NULL)
		timer_clear(&x->total->timer);
	x->total = NULL;
}

/* ---- the log ---- */

static const struct row *find_row(const struct exchange *x)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].end == x->end && rows[i].fault == x->fault)
			return &rows[i];
	return NULL;
}

/* That of proxy = "url" has no name under which its settings could stand. */
static void write_pool(const struct conf_pool *pool, struct out *o)
{
	if (!pool->is_named) {
		out_lit(o, "pool.");
		return;
	}
	out_lit(o, "pools.");
	out_bytes(o, pool->name, strnlen(pool->name, POOL_NAME_SHOWN));
	out_char(o, '.');
}

static void write_value(const void *value, enum unit unit, struct out *o)
{
	const struct conf_rate *rate = value;
	const struct conf_flood *flood = value;
	char text[CONF_UNITS_SIZE];

	switch (unit) {
	case IN_SIZE:
		out_str(o, str_from(conf_units_bytes(text,
		    *(const uint64_t *)value)));
		break;
	case IN_COUNT:
		out_u64(o, *(const unsigned *)value);
		break;
	case IN_TIME:
		out_str(o, str_from(conf_units_time(text,
		    *(const usec_t *)value)));
		break;
	case IN_RATE:
		out_str(o, str_from(conf_units_bytes(text, rate->bytes)));
		out_char(o, '/');
		out_str(o, str_from(conf_units_time(text, rate->over)));
		break;
	case IN_FLOOD:
		out_u64(o, flood->count);
		out_char(o, '/');
		out_str(o, str_from(conf_units_time(text, flood->over)));
		break;
	}
}

struct str limits_text(const struct exchange *x)
{
	static char text[POOL_NAME_SHOWN + 100];
	struct out out = out_make(text, sizeof(text));
	const struct row *row = find_row(x);
	const char *base = (const char *)conf;

	if (row == NULL)
		return STR_NONE;
	if (row->whose == OF_SCOPE) {
		base = (const char *)x->scope;
	} else if (row->whose == OF_POOL) {
		base = (const char *)x->pool;
		write_pool(x->pool, &out);
	}
	out_str(&out, str_from(row->setting));
	out_char(&out, ':');
	write_value(base + row->offset, (enum unit)row->unit, &out);
	INSIST(out_ok(&out));
	return out_text(&out);
}

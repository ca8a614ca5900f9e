/*
 * split.c - which arm of each split a visitor has.
 *
 * Runs on the exchange's fiber; waits for nothing.  Nobody remembers anything:
 * the arm follows from what the visitor is known by, the same in each worker
 * and on each machine.  Each arm ranks by a hash of that and of its own name,
 * speeded up by its weight, and the highest has the visitor (hash_rank).  So
 * an arm whose weight grows takes visitors from others, and loses none.
 */
#include "worker/proxy/split.h"

#include "common/base/insist.h"
#include "worker/origin/pool.h"
#include "worker/proxy/arms.h"
#include "worker/proxy/condition.h"
#include "worker/proxy/expand.h"
#include "worker/proxy/failover.h"
#include "worker/proxy/split_cookie.h"

#define FINER 17 /* bits: so that small weights are told apart */

_Static_assert((uint64_t)CONF_ARM_WEIGHT_MAX << FINER <= UINT32_MAX,
    "a finer weight is a weight");

/* ---- the choice ---- */

const struct conf_arm *split_pick(const struct conf_split *s, struct str key)
{
	uint64_t visitor = hash_bytes(&s->key, key.p, key.n);
	const struct conf_arm *best = &s->arms[0];
	uint64_t highest = 0;

	for (unsigned i = 0; i < s->arm_count; i++) {
		const struct conf_arm *arm = &s->arms[i];
		uint64_t rank = hash_rank(visitor, arm->id,
		    (uint32_t)arm_weight(arm) << FINER);

		if (rank > highest) {
			highest = rank;
			best = arm;
		}
	}
	return best;
}

static const struct conf_arm *find_forced(const struct exchange *x,
    const struct conf_split *s)
{
	for (unsigned i = 0; i < s->arm_count; i++)
		if (s->arms[i].force != NULL &&
		    condition_holds(x, s->arms[i].force))
			return &s->arms[i];
	return NULL;
}

/* ---- visitors ---- */

/* FORCED, or NULL.  That of a query is held: what a page loads has none. */
static bool choose_by_cookie(struct exchange *x, const struct conf_split *s,
    const struct conf_arm *forced, struct split_choice *choice)
{
	struct split_cookie v = split_cookie_read(x, s);
	bool is_new = v.id.p == NULL;
	bool hold = forced != NULL && forced != v.held &&
	    forced->force->kind == CONF_WHEN_QUERY;

	if (is_new && !split_cookie_make(x, &v))
		return false;
	if (forced != NULL)
		*choice = (struct split_choice){forced, SPLIT_FORCED};
	else if (v.held != NULL)
		*choice = (struct split_choice){v.held, SPLIT_HELD};
	else
		*choice = (struct split_choice){split_pick(s, v.id),
		    is_new ? SPLIT_NEW : SPLIT_KEPT};
	if (hold)
		v.held = forced;
	return (!is_new && !hold) || split_cookie_set(x, s, &v);
}

/* ---- others ---- */

static bool choose_by_key(struct exchange *x, const struct conf_split *s,
    struct split_choice *choice)
{
	struct str key = x->identity.address;
	enum split_why why = SPLIT_KEPT;

	if (s->sticky == CONF_STICKY_KEY) {
		struct str said = expand(x, &s->key_of, NULL, CONF_FILL_TEXT);

		if (said.p == NULL && x->end != END_NONE)
			return false;
		if (said.n > 0)
			key = said;
		else
			why = SPLIT_BY_IP;
	}
	*choice = (struct split_choice){split_pick(s, key), why};
	return true;
}

static bool is_up(const struct conf_arm *arm)
{
	return pool_is_usable(pool_find(arm->pool));
}

/* Who forces an arm wants to see it, up or down. */
static bool has_other(const struct conf_split *s,
    const struct split_choice *choice)
{
	return s->if_down != NULL && s->if_down != choice->arm &&
	    choice->why != SPLIT_FORCED && choice->why != SPLIT_HELD;
}

static void look_elsewhere(const struct conf_split *s,
    struct split_choice *choice)
{
	if (has_other(s, choice) && !is_up(choice->arm) && is_up(s->if_down))
		*choice = (struct split_choice){s->if_down, SPLIT_INSTEAD};
}

static bool choose(struct exchange *x, const struct conf_split *s,
    struct split_choice *choice)
{
	const struct conf_arm *forced = find_forced(x, s);

	if (s->sticky == CONF_STICKY_COOKIE) {
		if (!choose_by_cookie(x, s, forced, choice))
			return false;
	} else if (forced != NULL) {
		*choice = (struct split_choice){forced, SPLIT_FORCED};
	} else if (!choose_by_key(x, s, choice)) {
		return false;
	}
	look_elsewhere(s, choice);
	return true;
}

bool split_choose(struct exchange *x)
{
	const struct conf_splits *splits = &x->route->splits;
	struct split_choice *choices;

	if (likely(splits->count == 0))
		return true;
	choices = ARENA_ARRAY(&x->arena, struct split_choice, splits->count);
	if (choices == NULL) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	for (unsigned i = 0; i < splits->count; i++) {
		if (!choose(x, &splits->at[i], &choices[i]))
			return false;
		if (choices[i].arm->pool != NULL)
			x->pool = choices[i].arm->pool;
	}
	x->choices = choices;
	INSIST(!splits->choose || x->pool != NULL);
	return true;
}

/* ---- when a pool turns out to be down ---- */

static bool was_tried(enum end end)
{
	return end == END_connect_failed || end == END_origin_tls ||
	    end == END_connect_deadline;
}

/* Nothing was sent, to nobody, and nobody is there. */
static bool is_down(const struct exchange *x)
{
	return !x->interim_sent && !fiber_is_cancelled() &&
	    (was_tried(x->end) || x->end == END_no_server ||
		x->end == END_breaker_open);
}

/* X stands as before its first try. */
static void begin_anew(struct exchange *x, const struct conf_pool *pool)
{
	struct chosen server = choose_describe_taken(x);

	if (was_tried(x->end))
		failover_note(x, &server, x->end, 0);
	else
		x->attempts--;
	choose_leave(x);
	x->pool = pool;
	x->stay = (struct stay){.hidden = x->stay.hidden};
	x->end = END_NONE;
	x->fault = FAULT_NONE;
	x->connected = x->first_byte = 0;
}

bool split_instead(struct exchange *x)
{
	const struct conf_splits *splits = &x->route->splits;

	if (likely(x->end == END_NONE || x->choices == NULL) || !is_down(x))
		return false;
	for (unsigned i = 0; i < splits->count; i++) {
		const struct conf_arm *other = splits->at[i].if_down;

		if (!has_other(&splits->at[i], &x->choices[i]) ||
		    !is_up(other))
			continue;
		x->choices[i] = (struct split_choice){other, SPLIT_INSTEAD};
		begin_anew(x, other->pool);
		return true;
	}
	return false;
}

void split_count(const struct exchange *x)
{
	if (likely(x->choices == NULL))
		return;
	for (unsigned i = 0; i < x->route->splits.count; i++)
		arm_had_request(x->choices[i].arm);
}

/* ---- asking ---- */

const struct conf_arm *split_arm(const struct exchange *x, struct str name)
{
	if (x->choices == NULL)
		return NULL;
	for (unsigned i = 0; i < x->route->splits.count; i++)
		if (str_eq(str_from(x->route->splits.at[i].name), name))
			return x->choices[i].arm;
	return NULL;
}

struct str split_text(const struct exchange *x)
{
	static char text[CONF_SPLITS_MAX * (2 * CONF_ARM_NAME_MAX + 2)];
	struct out o = out_make(text, sizeof(text));

	if (likely(x->choices == NULL))
		return STR_NONE;
	if (x->route->splits.count == 1)
		return x->choices[0].arm->label;
	for (unsigned i = 0; i < x->route->splits.count; i++) {
		if (i > 0)
			out_char(&o, ',');
		out_str(&o, x->choices[i].arm->label);
	}
	INSIST(out_ok(&o));
	return out_text(&o);
}

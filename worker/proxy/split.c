/*
 * split.c - which arm of each split a visitor has.
 *
 * Runs on the exchange's fiber; waits for nothing.  Nobody remembers anything:
 * the arm follows from what the visitor is known by, the same in each worker
 * and on each machine.  Each arm ranks by a hash of that and of its own name,
 * speeded up by its weight, and the highest has the visitor (hash_rank).  So
 * an arm whose weight grows takes visitors from others, and loses none.
 *
 * Who is known by nothing yet gets a cookie:
 *
 *	new-checkout=0123456789abcdef		a random number
 *	new-checkout=0123456789abcdef.beta	the same; a tester, who came with
 *						force = "?arm=beta" once
 *
 * Anything else in a cookie of that name was not made here, and is replaced.
 */
#include "worker/proxy/split.h"

#include "common/base/insist.h"
#include "common/base/random.h"
#include "worker/origin/pool.h"
#include "worker/proxy/arms.h"
#include "worker/proxy/condition.h"
#include "worker/proxy/cookies.h"
#include "worker/proxy/expand.h"

#define ID_SIZE 16
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

/* ---- the cookie ---- */

struct visit {
	struct str id;		     /* STR_NONE: there is none of ours */
	const struct conf_arm *held; /* by the cookie, or NULL */
};

static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (char_hex(id.p[i]) < 0 || char_lower(id.p[i]) != id.p[i])
			return false;
	return id.n == ID_SIZE;
}

/* Only what could be forced anyway is held. */
static const struct conf_arm *find_held(const struct conf_split *s,
    struct str name)
{
	for (unsigned i = 0; i < s->arm_count; i++)
		if (s->arms[i].force != NULL &&
		    str_eq(str_from(s->arms[i].name), name))
			return &s->arms[i];
	return NULL;
}

static struct visit read_cookie(const struct exchange *x,
    const struct conf_split *s)
{
	struct str value = condition_cookie(&x->request, str_from(s->name));
	struct visit none = {.held = NULL};
	struct visit v = none;

	if (value.n < ID_SIZE || !is_id(str_make(value.p, ID_SIZE)))
		return none;
	v.id = str_make(value.p, ID_SIZE);
	value = str_behind(value, ID_SIZE);
	if (value.n == 0)
		return v;
	if (value.p[0] == '.')
		v.held = find_held(s, str_behind(value, 1));
	return v.held != NULL ? v : none;
}

/* Behind the lines that X has already. */
static bool set_cookie(struct exchange *x, const struct conf_split *s,
    const struct visit *v)
{
	struct str before = x->cookies;
	struct out o = exchange_out(x, before.n + ID_SIZE +
	    2 * CONF_ARM_NAME_MAX + sizeof("Set-Cookie: =.\r\n") +
	    COOKIE_OURS_MAX);

	out_str(&o, before);
	out_lit(&o, "Set-Cookie: ");
	out_str(&o, str_from(s->name));
	out_char(&o, '=');
	out_str(&o, v->id);
	if (v->held != NULL) {
		out_char(&o, '.');
		out_str(&o, str_from(v->held->name));
	}
	cookie_write_ours(x->scope->cookies,
	    str_eq(x->identity.proto, STR("https")), s->ttl, &o);
	out_lit(&o, "\r\n");
	if (!out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	arena_trim(&x->arena, o.p, o.n);
	x->cookies = out_text(&o);
	return true;
}

static bool make_id(struct exchange *x, struct str *id_r)
{
	char *id = arena_alloc(&x->arena, ID_SIZE);

	if (id == NULL) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	random_hex(id, ID_SIZE);
	*id_r = str_make(id, ID_SIZE);
	return true;
}

/* FORCED, or NULL.  That of a query is held: what a page loads has none. */
static bool choose_by_cookie(struct exchange *x, const struct conf_split *s,
    const struct conf_arm *forced, struct split_choice *choice)
{
	struct visit v = read_cookie(x, s);
	bool is_new = v.id.p == NULL;
	bool hold = forced != NULL && forced != v.held &&
	    forced->force->kind == CONF_WHEN_QUERY;

	if (is_new && !make_id(x, &v.id))
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
	return (!is_new && !hold) || set_cookie(x, s, &v);
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
static void look_elsewhere(const struct conf_split *s,
    struct split_choice *choice)
{
	const struct conf_arm *other = s->if_down;

	if (other == NULL || other == choice->arm ||
	    choice->why == SPLIT_FORCED || choice->why == SPLIT_HELD ||
	    is_up(choice->arm) || !is_up(other))
		return;
	*choice = (struct split_choice){other, SPLIT_INSTEAD};
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

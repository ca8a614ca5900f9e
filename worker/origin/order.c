/*
 * order.c - what an operator orders of servers.
 *
 * Runs in the worker that is asked.  An order is a word in the server's row of
 * the health table, which all workers read for each request: so nobody needs
 * to be told, and it outlives workers and generations, until the row does.
 */
#include "worker/origin/order.h"

#include "common/base/log.h"
#include "worker/origin/queue.h"
#include "worker/origin/view.h"

#define WEIGHT_MOST 1000
#define NAMES_MAX 40 /* that a refusal lists */

struct order {
	const char *said; /* what is told of it */
	bool sets_weight;
	uint32_t value;
};

/* ---- what ---- */

static bool read_weight(struct order *order, struct str word)
{
	uint64_t value = 0;

	order->sets_weight = true;
	order->said = "its weight is now";
	if (!str_eq(word, STR("default")) &&
	    (!str_to_u64(word, WEIGHT_MOST, &value) || value == 0))
		return false;
	order->value = (uint32_t)value;
	return true;
}

static bool read_order(struct order *order, struct str words)
{
	static const struct {
		struct str word;
		enum health_wish wish;
		const char *said;
	} wishes[] = {
	    {STR("drain"), HEALTH_DRAIN, "gets no new clients any more"},
	    {STR("down"), HEALTH_DOWN, "gets no requests any more"},
	    {STR("up"), HEALTH_UP, "is used again"},
	};
	struct str word = STR("");

	*order = (struct order){.said = ""};
	(void)str_next_part(&words, '\t', &word);
	if (str_eq(word, STR("weight")))
		return read_weight(order, words);
	for (unsigned i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (str_eq(word, wishes[i].word) && words.n == 0) {
			order->said = wishes[i].said;
			order->value = wishes[i].wish;
			return true;
		}
	return false;
}

/* ---- to whom ---- */

/* TARGET without the name of P and "/" before it, or STR_NONE. */
static struct str behind_pool(struct str target, const struct conf_pool *p)
{
	char text[512];
	struct out name = out_make(text, sizeof(text));

	view_pool_name(&name, p);
	out_char(&name, '/');
	if (!out_ok(&name) || !str_starts(target, out_text(&name)))
		return STR_NONE;
	return str_behind(target, name.n);
}

static bool is_called(const struct server *s, struct str address)
{
	return str_eq(address, str_from(s->conf->url)) ||
	    str_eq(address, str_from(s->address.text));
}

/* It comes back, slowly if its pool says so, unless it was there already. */
static void raise(struct server *s)
{
	struct health_server *h = &s->row->server;
	usec_t now = loop_now();

	if (!server_is_usable(s, false, now))
		atomic_store_explicit(&h->up_since, now, memory_order_relaxed);
	atomic_store_explicit(&h->ejected_until, 0, memory_order_relaxed);
	atomic_store_explicit(&h->wish,
	    s->conf->down ? HEALTH_UP : HEALTH_AS_CONFIGURED,
	    memory_order_relaxed);
}

static void obey(const struct order *order, struct server *s)
{
	struct health_server *h = &s->row->server;

	if (order->sets_weight)
		atomic_store_explicit(&h->weight, order->value,
		    memory_order_relaxed);
	else if (order->value == HEALTH_UP)
		raise(s);
	else
		atomic_store_explicit(&h->wish, order->value,
		    memory_order_relaxed);
	queue_freed(s->pool);
}

static void tell_obeyed(struct out *o, const struct order *order,
    const struct server *s)
{
	view_pool_name(o, s->pool->conf);
	out_fmt(o, "/%s", s->conf->url);
	if (s->conf->name != NULL)
		out_fmt(o, " (%s)", s->address.text);
	out_fmt(o, ": %s", order->said);
	if (order->sets_weight)
		out_fmt(o, " %u", server_weight(s));
	out_char(o, '\n');
}

struct given {
	unsigned obeyed;
	unsigned refused;
};

/* ORDER is for the servers of P that are called so, if any. */
static void give(const struct order *order, struct pool *p,
    struct str address, struct given *given, struct out *answer)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (!is_called(p->at[i], address))
			continue;
		if (health_is_private(p->at[i]->row)) {
			given->refused++;
			continue;
		}
		obey(order, p->at[i]);
		tell_obeyed(answer, order, p->at[i]);
		given->obeyed++;
	}
}

/* ---- refusing ---- */

static void list_servers(struct out *o, const struct pool *p)
{
	unsigned most = p->conf->server_count;

	view_pool_name(o, p->conf);
	out_lit(o, " has these servers:\n");
	for (unsigned i = 0; i < most && i < NAMES_MAX; i++)
		out_fmt(o, "  %s%s\n", p->conf->servers[i].url,
		    view_is_present(p, &p->conf->servers[i])
			? "" : " (no address now)");
	if (most > NAMES_MAX)
		out_fmt(o, "  and %u more\n", most - NAMES_MAX);
}

static void list_pools(struct out *o)
{
	struct pool *p;
	unsigned i;

	out_lit(o, "these are the pools:\n");
	for (i = 0; i < NAMES_MAX && (p = pool_at(i)) != NULL; i++) {
		out_lit(o, "  ");
		view_pool_name(o, p->conf);
		out_char(o, '\n');
	}
	if (pool_at(i) != NULL)
		out_lit(o, "  and more: see sluicectl pools\n");
}

static void refuse(struct out *answer, struct str target)
{
	struct pool *nearest = NULL;
	struct pool *p;

	for (unsigned i = 0; (p = pool_at(i)) != NULL; i++)
		if (behind_pool(target, p->conf).p != NULL &&
		    (nearest == NULL || p->conf->is_named))
			nearest = p;
	out_fmt(answer, "error: there is no server \"%" PRI_STR "\"; ",
	    ARG_STR(target));
	if (nearest != NULL)
		list_servers(answer, nearest);
	else
		list_pools(answer);
}

bool order_server(const struct conf *conf, struct str words,
    struct out *answer)
{
	struct str target = STR("");
	struct given given = {.obeyed = 0};
	struct order order;
	struct pool *p;

	(void)conf;
	(void)str_next_part(&words, '\t', &target);
	if (!read_order(&order, words)) {
		out_fmt(answer, "error: a server can be told \"drain\", "
				"\"down\", \"up\", \"weight N\" (1 to %u) or "
				"\"weight default\"\n", WEIGHT_MOST);
		return false;
	}
	for (unsigned i = 0; (p = pool_at(i)) != NULL; i++) {
		struct str address = behind_pool(target, p->conf);

		if (address.p != NULL)
			give(&order, p, address, &given, answer);
	}
	if (given.refused > 0)
		out_lit(answer, "error: the health table is full, so it would "
		    "hold in one worker only: a larger shared.health is "
		    "needed\n");
	else if (given.obeyed == 0)
		refuse(answer, target);
	return given.obeyed > 0;
}

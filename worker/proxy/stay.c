/*
 * stay.c - clients that stay with a server: the setting "sticky" of a pool.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  What a client
 * is known by says the id of its server, which the balancer then prefers:
 *
 *	cookie    the request's cookie, signed by us; no state anywhere
 *	key       the stick table, by what a template says of the request
 *	learn     the stick table, by a cookie that an origin has set
 *
 * After a reply the client stays where it came from.  A reply of 500 or more
 * binds nobody: a broken server answers fast, and would collect all newcomers.
 */
#include "worker/proxy/stay.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "common/shm/sticky.h"
#include "worker/http/cookie.h"
#include "worker/proxy/condition.h"
#include "worker/proxy/cookies.h"
#include "worker/proxy/expand.h"
#include "worker/proxy/sticky_cookie.h"

#define LINE_FIXED 160 /* of Set-Cookie, but for the name */
#define STATUS_BROKEN 500

static struct sticky_keys *keys; /* of each pool, by its id */

int stay_init(const struct conf *conf, const struct hash_key *daemon)
{
	keys = calloc(conf->pool_count, sizeof(*keys));
	if (keys == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->pool_count; i++) {
		const struct conf_pool *pool = conf->pools[i];

		if (pool->sticky == NULL)
			continue;
		keys[i] = sticky_keys_of(pool->sticky->has_secret
			? pool->sticky->secret : *daemon,
		    str_from(pool->vhost->name), str_from(pool->name));
	}
	return 0;
}

/* ---- where the client stays ---- */

/* By one of our cookies, in the field that was hidden. */
static void find_by_cookie(struct exchange *x)
{
	const struct conf_stay *conf = x->pool->sticky;
	struct str list = x->stay.hidden, text;
	usec_t now = clock_wall();
	struct sticky_cookie c;

	while (cookie_next(&list, conf->cookie, &text)) {
		enum sticky_age age;

		if (!sticky_cookie_read(&keys[x->pool->id], text, &c))
			continue;
		age = sticky_cookie_age(c, now, conf->ttl);
		if (age == STICKY_EXPIRED)
			continue;
		x->stay.server = c.server;
		x->stay.is_due = age == STICKY_OLD;
		return;
	}
}

/* The two keys are as good for two hashes as for a signature. */
static struct hash_id key_of(const struct exchange *x, struct str value)
{
	const struct sticky_keys *k = &keys[x->pool->id];

	return (struct hash_id){{hash_bytes(&k->tag, value.p, value.n),
	    hash_bytes(&k->mask, value.p, value.n)}};
}

static void find_in_table(struct exchange *x, struct str value)
{
	if (value.n == 0)
		return;
	x->stay.has_key = true;
	x->stay.key = key_of(x, value);
	x->stay.server = sticky_find(x->stay.key, loop_now(),
	    x->pool->sticky->ttl);
}

static void find_by_key(struct exchange *x)
{
	struct arena mark = x->arena;

	find_in_table(x,
	    expand(x, &x->pool->sticky->key, NULL, CONF_FILL_TEXT));
	arena_rewind(&x->arena, &mark);
}

static void find(struct exchange *x)
{
	const struct conf_stay *conf = x->pool->sticky;

	switch (conf->kind) {
	case CONF_STAY_COOKIE:
		find_by_cookie(x);
		return;
	case CONF_STAY_KEY:
		find_by_key(x);
		return;
	case CONF_STAY_LEARN:
		find_in_table(x, condition_cookie(&x->request, conf->cookie));
		return;
	}
	INSIST(conf->kind <= CONF_STAY_LEARN);
}

/* ---- what origins do not get ---- */

static bool has_ours(const struct conf_vhost *v, struct str value)
{
	for (unsigned i = 0; i < v->sticky_cookie_count; i++) {
		struct str list = value, ignored;

		if (cookie_next(&list, v->sticky_cookies[i], &ignored))
			return true;
	}
	return false;
}

static bool strip(struct exchange *x, struct field *f)
{
	const struct conf_vhost *v = x->vhost;
	struct out o = exchange_out(x, f->value_len);

	(void)cookie_strip(field_value(f), v->sticky_cookies,
	    v->sticky_cookie_count, &o);
	if (!out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	x->stay.hidden = field_value(f);
	f->drop |= o.n == 0;
	f->value = o.p;
	f->value_len = (uint32_t)o.n;
	return true;
}

/* A cookie is for all paths, so other pools of the vhost get it, too.  Of
 * several fields that have ours, which nobody sends, the last is known. */
bool stay_hide(struct exchange *x)
{
	const struct message *m = &x->request;

	if (x->vhost->sticky_cookie_count == 0 ||
	    !(m->present & FIELD_BIT(FIELD_cookie)))
		return true;
	for (unsigned i = 0; i < m->field_count; i++) {
		struct field *f = &m->fields[i];

		if (f->id == FIELD_cookie && has_ours(x->vhost, field_value(f)) &&
		    !strip(x, f))
			return false;
	}
	return true;
}

bool stay_begin(struct exchange *x, struct pick *pick)
{
	const struct conf_stay *conf = x->pool->sticky;

	if (conf != NULL) {
		find(x);
		pick->wanted = x->stay.server;
		pick->only_wanted = conf->fails;
	}
	return x->end == END_NONE;
}

/* ---- where it stays from now on ---- */

/* Behind the field lines that X has already. */
static void set_cookie(struct exchange *x, uint64_t server)
{
	struct str name = x->pool->sticky->cookie;
	struct sticky_cookie c = {.server = server,
	    .issued = (uint32_t)(clock_wall() / USEC_PER_SEC)};
	struct out o = exchange_out(x, x->cookies.n + name.n + LINE_FIXED);
	char text[STICKY_COOKIE_SIZE];

	sticky_cookie_write(&keys[x->pool->id], c, text);
	out_str(&o, x->cookies);
	out_lit(&o, "Set-Cookie: ");
	out_str(&o, name);
	out_char(&o, '=');
	out_bytes(&o, text, sizeof(text));
	cookie_write_ours(x->scope->cookies,
	    str_eq(x->identity.proto, STR("https")), x->pool->sticky->ttl, &o);
	out_lit(&o, "\r\n");
	if (out_ok(&o))
		x->cookies = out_text(&o);
}

static void put(const struct exchange *x, struct hash_id key, uint64_t seen,
    uint64_t server)
{
	sticky_put(key, seen, server, loop_now(), x->pool->sticky->ttl);
}

/* The value of the cookie that F, a Set-Cookie field, sets, if it is the one
 * to be learnt; "" deletes it. */
static struct str taught_by(const struct exchange *x, const struct field *f)
{
	struct str list = field_value(f), pair, value;

	if (f->id == FIELD_set_cookie && str_next_part(&list, ';', &pair) &&
	    cookie_next(&pair, x->pool->sticky->cookie, &value))
		return value;
	return STR("");
}

/* Whoever brings the cookies that the reply sets stays with SERVER. */
static bool learn(const struct exchange *x, uint64_t server,
    const struct message *m)
{
	bool learnt = false;

	if (!(m->present & FIELD_BIT(FIELD_set_cookie)))
		return false;
	for (unsigned i = 0; i < m->field_count; i++) {
		struct str value = taught_by(x, &m->fields[i]);

		if (value.n == 0)
			continue;
		put(x, key_of(x, value), STICKY_ANY, server);
		learnt = true;
	}
	return learnt;
}

static enum stay_state state_of(const struct stay *stay, uint64_t server,
    const struct pick *pick)
{
	if (stay->server == 0)
		return STAY_NEW;
	if (stay->server == server)
		return STAY_HIT;
	return pick->wanted_full ? STAY_AWAY : STAY_MOVED;
}

/* The client stays with SERVER by what it is known by. */
static void keep(struct exchange *x, uint64_t server,
    const struct message *head)
{
	struct stay *stay = &x->stay;
	bool is_other = stay->state == STAY_NEW || stay->state == STAY_MOVED;

	switch (x->pool->sticky->kind) {
	case CONF_STAY_COOKIE:
		if (is_other || (stay->state == STAY_HIT && stay->is_due))
			set_cookie(x, server);
		return;
	case CONF_STAY_KEY:
		if (is_other && stay->has_key)
			put(x, stay->key, stay->server, server);
		if (!stay->has_key)
			stay->state = STAY_NONE;
		return;
	case CONF_STAY_LEARN:
		if (stay->state == STAY_MOVED)
			put(x, stay->key, stay->server, server);
		if (!learn(x, server, head) &&
		    stay->state == STAY_NEW)
			stay->state = STAY_NONE;
		return;
	}
}

void stay_end(struct exchange *x, const struct pick *pick,
    const struct message *head)
{
	if (x->pool->sticky == NULL)
		return;
	x->stay.state = state_of(&x->stay, x->server_id, pick);
	if (head->status >= STATUS_BROKEN && x->stay.state != STAY_HIT)
		x->stay.state = STAY_NONE;
	if (x->stay.state == STAY_MOVED)
		count(sticky_moved);
	if (x->stay.state != STAY_NONE)
		keep(x, x->server_id, head);
}

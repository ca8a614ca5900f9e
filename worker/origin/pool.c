/*
 * pool.c - a worker's view of the pools and their servers.
 *
 * Runs in workers.  A server is there for as long as its pool has it, or an
 * exchange has reserved it, whichever is longer; its row in the health table
 * is attached as long as that.
 */
#include "worker/origin/pool.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/origin/checks.h"
#include "worker/origin/origin.h"
#include "worker/origin/origin_tls.h"
#include "worker/origin/queue.h"
#include "worker/origin/shared.h"
#include "worker/origin/trust.h"

#define SERVER_MAGIC 0x53455256u

/* A server that has left is looked at yet by who has just given it back: for as
 * long as a fiber takes to unwind, and more. */
#define FAREWELL (10 * USEC_PER_SEC)

/* How fast what is known of a latency fades: it halves.  Soon: a server that
 * was slow once, with a hard question or at its start, gets no requests that
 * could say better of it. */
#define LATENCY_HALF (1 * USEC_PER_SEC)

static struct pool *pools;
static unsigned pool_count;
static unsigned private_rows;

/* ---- rows ---- */

struct hash_id pool_row_id(const struct conf_pool *p, enum health_kind kind)
{
	static const struct str kinds[] = {
	    [HEALTH_SERVER] = STR("server"),
	    [HEALTH_CHECK] = STR("check"),
	    [HEALTH_POOL] = STR("pool"),
	    [HEALTH_ARM] = STR("arm")};
	struct hash_id id = hash_id_add((struct hash_id){{0, 0}}, kinds[kind]);

	id = hash_id_add(id, str_from(p->vhost->name));
	return hash_id_add(id, str_from(p->name));
}

/* How many servers of P have that id already?  They are listed twice. */
static unsigned count_alike(const struct pool *p, uint64_t id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->count; i++)
		n += p->at[i]->id == id;
	return n;
}

static void name_server(struct server *s)
{
	struct hash_id row = pool_row_id(s->pool->conf, HEALTH_SERVER);
	struct hash_id own = {{0, 0}};

	own = hash_id_add(own, str_from(s->conf->url));
	own = hash_id_add(own, str_from(s->address.text));
	s->id = own.word[0] + count_alike(s->pool, own.word[0]);
	row = hash_id_add(row, str_from(s->conf->url));
	row = hash_id_add(row, str_from(s->address.text));
	s->row = health_attach(HEALTH_SERVER, row);
	private_rows += health_is_private(s->row);
}

struct health_row *pool_row(struct pool *p)
{
	if (p->row == NULL)
		p->row = health_attach(HEALTH_POOL,
		    pool_row_id(p->conf, HEALTH_POOL));
	return p->row;
}

unsigned pools_private(void)
{
	return private_rows;
}

/* ---- servers ---- */

/* Behind those of its tier, in the order of the configuration. */
static void insert(struct pool *p, struct server *s)
{
	unsigned at = p->count++;

	while (at > 0 && (p->at[at - 1]->tier > s->tier ||
	    (p->at[at - 1]->tier == s->tier &&
		p->at[at - 1]->conf > s->conf))) {
		p->at[at] = p->at[at - 1];
		at--;
	}
	p->at[at] = s;
}

static void server_free(struct server *s)
{
	timer_clear(&s->farewell);
	list_del(&s->link);
	health_detach(&s->row);
	tls_sessions_forget(&s->sessions);
	s->magic = 0;
	free((char *)s->address.text);
	free(s);
}

static void farewell(struct timer *t)
{
	struct server *s = container_of(t, struct server, farewell);

	INSIST_MAGIC(s, SERVER_MAGIC);
	if (!s->retired || s->reserved > 0)
		return;
	if (shared_has_any(s))
		timer_set(t, loop_now() + FAREWELL);
	else
		server_free(s);
}

static struct server *find_retired(struct pool *p,
    const struct conf_server *conf, const char *text)
{
	LIST_FOREACH(at, &p->retired) {
		struct server *s = container_of(at, struct server, link);

		if (s->conf == conf && strcmp(s->address.text, text) == 0)
			return s;
	}
	return NULL;
}

static struct server *server_make(struct pool *p,
    const struct conf_server *conf, const struct conf_address *address)
{
	struct server *s = calloc(1, sizeof(*s));
	char *text = strdup(address->text);

	if (s == NULL || text == NULL) {
		free(text);
		free(s);
		return NULL;
	}
	s->magic = SERVER_MAGIC;
	s->conf = conf;
	s->address = *address;
	s->address.text = text;
	s->pool = p;
	list_init(&s->link);
	list_init(&s->check_link);
	timer_init(&s->farewell, farewell);
	origin_init_server(s);
	shared_init_server(s);
	name_server(s);
	return s;
}

struct server *pool_add_server(struct pool *p, const struct conf_server *conf,
    const struct server_place *place)
{
	struct server **at =
	    realloc(p->at, (p->count + 1) * sizeof(struct server *));
	struct server *s;

	if (at == NULL)
		return NULL;
	p->at = at;
	s = find_retired(p, conf, place->address.text);
	if (s == NULL)
		s = server_make(p, conf, &place->address);
	if (s == NULL)
		return NULL;
	list_del(&s->link);
	timer_clear(&s->farewell);
	s->retired = false;
	s->weight = place->weight;
	s->tier = conf->tier << 16 | place->rank;
	insert(p, s);
	if (!checks_add(s)) {
		pool_retire_server(s);
		return NULL;
	}
	return s;
}

void pool_retire_server(struct server *s)
{
	struct pool *p = s->pool;
	unsigned i = 0;

	INSIST_MAGIC(s, SERVER_MAGIC);
	while (p->at[i] != s)
		i++;
	p->count--;
	memmove(&p->at[i], &p->at[i + 1],
	    (p->count - i) * sizeof(struct server *));
	s->retired = true;
	checks_remove(s);
	list_add_tail(&p->retired, &s->link);
	origin_close_idle(s);
	shared_leave(s);
	if (s->reserved == 0)
		timer_set(&s->farewell, loop_now() + FAREWELL);
}

/*
 * All workers that want the last place say so before they look: so never more
 * get it than there are places.  And who has seen nothing in flight at a server
 * that drains may rely on it.  To count the request is the fence between.
 */
bool server_reserve(struct server *s, bool stuck)
{
	INSIST_MAGIC(s, SERVER_MAGIC);
	health_hold(s->row);
	atomic_fetch_add(&s->row->server.requests, 1);
	if ((s->conf->max_conns > 0 &&
		server_in_flight(s) > s->conf->max_conns) ||
	    !server_is_wanted(s, stuck)) {
		atomic_fetch_sub(&s->row->server.requests, 1);
		health_release(s->row);
		return false;
	}
	s->reserved++;
	return true;
}

void server_release(struct server *s)
{
	INSIST_MAGIC(s, SERVER_MAGIC);
	INSIST(s->reserved > 0);
	s->reserved--;
	health_release(s->row);
	if (s->conf->max_conns > 0)
		queue_freed(s->pool);
	if (s->retired && s->reserved == 0)
		timer_set(&s->farewell, loop_now() + FAREWELL);
}

void server_move(struct server *from, struct server *to)
{
	if (from == to)
		return;
	health_hold(to->row);
	to->reserved++;
	server_release(from);
}

/* ---- what may be used ---- */

unsigned server_weight(const struct server *s)
{
	unsigned weight = atomic_load_explicit(&s->row->server.weight,
	    memory_order_relaxed);

	return weight > 0 ? weight : s->weight;
}

bool server_is_wanted(const struct server *s, bool stuck)
{
	switch ((enum health_wish)atomic_load_explicit(
	    &s->row->server.wish, memory_order_relaxed)) {
	case HEALTH_AS_CONFIGURED:
		return !s->conf->down;
	case HEALTH_DRAIN:
		return stuck;
	case HEALTH_DOWN:
		return false;
	case HEALTH_UP:
		break;
	}
	return true;
}

bool server_is_usable(const struct server *s, bool stuck, usec_t now)
{
	if (s->check != NULL && atomic_load_explicit(&s->check->check.state,
		memory_order_relaxed) == HEALTH_IS_DOWN)
		return false;
	return server_is_wanted(s, stuck) &&
	    atomic_load_explicit(&s->row->server.ejected_until,
		memory_order_relaxed) <= now;
}

bool server_has_room(const struct server *s)
{
	return s->conf->max_conns == 0 ||
	    server_in_flight(s) < s->conf->max_conns;
}

bool pool_is_usable(const struct pool *p)
{
	for (unsigned i = 0; i < p->count; i++)
		if (server_is_usable(p->at[i], false, loop_now()))
			return true;
	return false;
}

/* ---- latency ---- */

usec_t server_latency(const struct server *s, usec_t now)
{
	const struct health_server *h = &s->row->server;
	usec_t latency = atomic_load_explicit(&h->latency,
	    memory_order_relaxed);
	usec_t halves = (now - atomic_load_explicit(&h->latency_at,
	    memory_order_relaxed)) / LATENCY_HALF;

	if (halves > 0)
		latency = halves < 31 ? latency >> halves : 0;
	return latency;
}

/* What is slower than expected weighs more than what is faster. */
void server_measured(struct server *s, usec_t latency)
{
	struct health_server *h = &s->row->server;
	usec_t old = server_latency(s, loop_now());
	usec_t step = latency - old;
	usec_t next = old + (step > 0 ? step / 2 : step / 8);

	if (old == 0)
		next = latency;
	next = next < 1 ? 1 : next > UINT32_MAX ? UINT32_MAX : next;
	atomic_store_explicit(&h->latency, (uint32_t)next,
	    memory_order_relaxed);
	atomic_store_explicit(&h->latency_at, loop_now(),
	    memory_order_relaxed);
}

/* ---- all of them ---- */

static int pool_init(struct pool *p, const struct conf_pool *conf)
{
	int err = origin_tls_make(conf, &p->tls);

	p->conf = conf;
	list_init(&p->retired);
	queue_init_pool(p);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < conf->server_count; i++) {
		const struct conf_server *s = &conf->servers[i];

		struct server_place place = {s->address, s->weight, 0};

		if (s->name == NULL && pool_add_server(p, s, &place) == NULL)
			return -ENOMEM;
	}
	return 0;
}

int pools_init(const struct conf *conf)
{
	int err = 0;

	pools = calloc(conf->pool_count, sizeof(*pools));
	if (pools == NULL)
		return -ENOMEM;
	pool_count = conf->pool_count;
	for (unsigned i = 0; i < pool_count && err == 0; i++)
		err = pool_init(&pools[i], conf->pools[i]);
	return err;
}

/* Who resumes a session is known by what was shown when it began. */
static void renew(struct pool *p, const struct conf_pair *pair)
{
	origin_tls_renew(p->tls, pair);
	for (unsigned i = 0; i < p->count; i++)
		tls_sessions_forget(&p->at[i]->sessions);
}

void pools_renew_pair(unsigned number)
{
	for (unsigned i = 0; i < pool_count; i++) {
		const struct conf_pair *pair = pools[i].conf->tls.pair;

		if (pools[i].tls != NULL && pair != NULL &&
		    pair->number == number)
			renew(&pools[i], pair);
	}
}

static void pool_free(struct pool *p)
{
	while (p->count > 0)
		pool_retire_server(p->at[p->count - 1]);
	LIST_FOREACH(at, &p->retired) {
		struct server *s = container_of(at, struct server, link);

		if (s->reserved == 0 && !shared_has_any(s))
			server_free(s);
	}
	health_detach(&p->row);
	SSL_CTX_free(p->tls);
	free(p->at);
}

void pools_free(void)
{
	for (unsigned i = 0; i < pool_count; i++)
		pool_free(&pools[i]);
	trust_free();
	free(pools);
	pools = NULL;
	pool_count = 0;
}

struct pool *pool_find(const struct conf_pool *conf)
{
	INSIST(conf->id < pool_count && pools[conf->id].conf == conf);
	return &pools[conf->id];
}

struct pool *pool_at(unsigned i)
{
	return i < pool_count ? &pools[i] : NULL;
}

/*
 * mirror.c - a copy of a request to another pool, whose answer nobody reads.
 *
 * Runs in workers.  mirror_start copies what it needs on the exchange's fiber
 * and starts another, which belongs to the worker: the exchange goes on at
 * once, and whatever becomes of the copy, its client never learns.
 *
 * A mirror that hangs may hang for long, so all of them together are bounded,
 * in number and in memory; what would be beyond that is skipped and counted,
 * and so is a request whose body is not at hand as a whole.
 */
#include "worker/proxy/mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/random.h"
#include "common/shm/seat.h"
#include "worker/http/fetch.h"
#include "worker/http/field.h"
#include "worker/proxy/forward.h"
#include "worker/proxy/key.h"
#include "worker/proxy/relay.h"
#include "worker/proxy/spool.h"

#define MARK_NAME STR("X-Mirrored")
#define MARK_LINE "X-Mirrored: 1\r\n"

#define MIRRORS_MAX 256
#define MEMORY_MAX ((size_t)16 * 1024 * 1024)
#define REPLY_MAX ((size_t)1024 * 1024) /* of an answer that is read */
#define HEADS_MAX ((size_t)512 * 1024)	/* both heads of one, at the most */
#define SAY_EVERY (10 * USEC_PER_SEC)

struct mirror {
	size_t cost; /* in memory, with the head that is made of it */
	struct message request;
	struct fetch fetch;
	char memory[] __attribute__((aligned(16)));
};

static unsigned mirror_count;
static size_t memory_used;

/* ---- on a fiber of its own ---- */

/* Not of each. */
static void say_failed(const struct fetch *f, int err)
{
	static usec_t say_next;
	static unsigned untold;

	count(mirrors_failed);
	if (loop_now() < say_next) {
		untold++;
		return;
	}
	say_next = loop_now() + SAY_EVERY;
	log_warning("a mirror to %s%sthe pool \"%s\" failed: %s (and %u more "
		    "since it was last said)",
	    f->server != NULL ? f->server : "",
	    f->server != NULL ? " of " : "", f->pool->name,
	    fetch_error(f, err), untold);
	untold = 0;
}

static void mirror_free(struct mirror *m)
{
	mirror_count--;
	memory_used -= m->cost;
	free(m);
}

static void mirror_run(void *arg)
{
	struct mirror *m = arg;
	struct arena heads;
	int err;

	arena_init_bounded(&heads, NULL, 0, HEADS_MAX);
	m->fetch.talk.deadline =
	    loop_now() + m->fetch.pool->timeouts.first_byte;
	err = fetch(&m->fetch, &heads);
	if (err < 0 && err != -EMSGSIZE)
		say_failed(&m->fetch, err);
	arena_free(&heads);
	mirror_free(m);
}

/* ---- the copy ---- */

/* By a dice. */
static bool is_chosen(const struct conf_mirror *conf)
{
	return conf->percent == 100 ||
	    random_u64() % 100 < conf->percent;
}

/* A client's own mark would be believed. */
static void drop_marks(struct message *m)
{
	struct str name = MARK_NAME;

	for (unsigned i = 0; i < m->field_count; i++) {
		struct field *f = &m->fields[i];

		if (f->id == FIELD_expect || (f->name_len == name.n &&
		    field_reads_as(f->name, name.p, name.n)))
			f->drop = true;
	}
}

static struct str copy(char **at, struct str s)
{
	char *p = *at;

	memcpy(p, s.p, s.n);
	*at += s.n;
	return str_make(p, s.n);
}

/* With room for HEAD and BODY, or NULL. */
static struct mirror *mirror_new(size_t head, size_t body)
{
	size_t size = sizeof(struct mirror) + head + body;
	size_t cost = size + 2 * head; /* an arena takes twice what it needs */
	struct mirror *m;

	if (mirror_count == MIRRORS_MAX || cost > MEMORY_MAX - memory_used)
		return NULL;
	m = malloc(size);
	if (m == NULL)
		return NULL;
	m->cost = cost;
	mirror_count++;
	memory_used += cost;
	return m;
}

static struct mirror *make(const struct exchange *x, struct str lines,
    struct str host, struct str body)
{
	size_t fields = message_size(&x->request);
	struct mirror *m = mirror_new(
	    fields + lines.n + sizeof(MARK_LINE) + host.n, body.n);
	char *at;

	if (m == NULL)
		return NULL;
	at = m->memory + fields;
	message_copy(&x->request, m->memory, &m->request);
	drop_marks(&m->request);
	if (x->request.framing.kind != FRAMING_NONE)
		m->request.framing = (struct framing){
		    .kind = FRAMING_LENGTH, .length = body.n};
	m->fetch = (struct fetch){.pool = x->route->mirror->pool,
	    .request = &m->request,
	    .talk.body_max = REPLY_MAX};
	m->fetch.lines.p = at;
	(void)copy(&at, lines);
	(void)copy(&at, STR(MARK_LINE));
	m->fetch.lines.n = (size_t)(at - m->fetch.lines.p);
	m->fetch.host = host.p != NULL ? copy(&at, host) : STR_NONE;
	m->fetch.body = copy(&at, body);
	return m;
}

/* Nothing of X's memory is kept, and if it was too little, the exchange itself
 * will find that out. */
static struct mirror *copy_request(struct exchange *x)
{
	const struct conf_pool *pool = x->route->mirror->pool;
	struct arena mark = x->arena;
	struct mirror *m = NULL;
	struct str lines, body;
	uint64_t key = 0;

	if (!spool_holds(x, &body))
		return NULL;
	lines = relay_lines(x);
	if (lines.p != NULL && (pool->balance != CONF_BALANCE_hash ||
		key_hash(x, &pool->key, &key)))
		m = make(x, lines, forward_fixed_host(x), body);
	if (m != NULL)
		m->fetch.key = key;
	arena_rewind(&x->arena, &mark);
	x->end = END_NONE;
	return m;
}

void mirror_start(struct exchange *x)
{
	struct mirror *m;

	if (x->request.upgrade.n > 0 || !is_chosen(x->route->mirror))
		return;
	m = copy_request(x);
	if (m != NULL && fiber_start("mirror", mirror_run, m)) {
		count(mirrors);
		return;
	}
	count(mirrors_skipped);
	if (m != NULL)
		mirror_free(m);
}

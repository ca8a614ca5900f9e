/*
 * caching_content.c - a reply to a POST that is what a GET would bring.
 *
 * Runs in workers, on the exchange's fiber.  RFC 9110, 9.3.3: it says so by a
 * Content-Location that is the target, and for how long it holds.  Whoever made
 * a search or saved a form has fetched the page for all others then.
 *
 * The client is at the other end of this exchange, and might be slow; so only
 * what is small and comes as a whole is kept, before any of it is sent.
 */
#include "worker/proxy/caching_content.h"

#include "worker/cache/wait.h"
#include "worker/proxy/caching_store.h"

#define CONTENT_MAX ((uint64_t)64 * 1024)

struct content {
	struct source source;
	struct source *origins;
	struct exchange *x;
	struct str body;
};

static struct content *content_of(struct source *s)
{
	return container_of(s, struct content, source);
}

static int content_pull(struct source *s, struct str *piece_r)
{
	struct content *c = content_of(s);

	*piece_r = c->body;
	c->body.n = 0;
	s->ended = true;
	return piece_r->n > 0;
}

static bool content_is_ready(struct source *s)
{
	(void)s;
	return true;
}

static void content_close(struct source *s)
{
	struct source *origins = content_of(s)->origins;

	origins->close(origins);
}

/* All of S, N bytes, to P.  False: it broke off. */
static bool take_all(struct source *s, char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		struct str piece;

		if (s->pull(s, &piece) <= 0 || piece.n > n - at)
			return false;
		memcpy(p + at, piece.p, piece.n);
		at += piece.n;
	}
	return true;
}

/* REPLY's body is in memory from now on. */
static bool take_body(struct exchange *x, struct reply *reply,
    struct str *body_r)
{
	struct content *c = ARENA_NEW(&x->arena, struct content);
	size_t n = (size_t)reply->head.framing.length;
	char *p = arena_alloc(&x->arena, n);

	if (c == NULL || p == NULL || !take_all(reply->source, p, n))
		return false;
	*body_r = c->body = str_make(p, n);
	c->x = x;
	c->origins = reply->source;
	c->source = (struct source){.pull = content_pull,
	    .is_ready = content_is_ready,
	    .close = content_close};
	reply->source = &c->source;
	return true;
}

/* Guesses and defaults are for what a GET has brought. */
static struct conf_cache *explicit_only(struct exchange *x)
{
	struct conf_cache *conf = ARENA_NEW(&x->arena, struct conf_cache);

	if (conf == NULL)
		return NULL;
	*conf = *x->scope->cache;
	conf->heuristic = 0;
	conf->default_ttl = conf->negative_ttl = 0;
	return conf;
}

/* A fetch on our own fiber, whose reply is here already. */
static struct caching_fetch *make_fetch(struct exchange *x,
    const struct reply *reply)
{
	struct caching_fetch *f = ARENA_NEW(&x->arena, struct caching_fetch);

	if (f == NULL || !caching_make_key(x))
		return NULL;
	f->x = x;
	f->conf = explicit_only(x);
	f->key = x->caching->key;
	f->reply = *reply;
	f->asked = x->caching->since;
	f->holds = f->conf != NULL && cache_begin(&f->key, &f->object);
	return f->holds ? f : NULL;
}

void caching_keep_content(struct exchange *x, struct reply *reply)
{
	const struct framing *framing = &reply->head.framing;
	struct caching_fetch *f;
	struct str body;

	if (framing->kind != FRAMING_LENGTH || framing->length == 0 ||
	    framing->length > CONTENT_MAX || caching_is_for_one(x) ||
	    (reply->head.present & FIELD_BIT(FIELD_vary)))
		return;
	f = make_fetch(x, reply);
	if (f == NULL)
		return;
	x->request.method = METHOD_GET; /* what it is stored for */
	f->reason = caching_store_head(f);
	x->request.method = METHOD_POST;
	if (f->reason == CACHE_REASON_NONE && take_body(x, reply, &body) &&
	    caching_store_put(f, body))
		cache_finish(&f->object);
	else
		cache_abort(&f->object, CACHING_GO_ALONE);
	wait_tell(f->key.id);
}

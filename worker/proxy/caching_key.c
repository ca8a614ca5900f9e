/*
 * caching_key.c - whether a request goes through the cache, and under what
 * name.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  The name is the
 * URL as the client said it, so that who purges needs to know nothing else, and
 * behind that its *place*: whatever of the configuration decides what is
 * answered to that URL.  Two routes for one path, by a header or a split, must
 * never share a page.
 */
#include "worker/proxy/caching.h"

#include "common/base/hash.h"
#include "worker/cache/glob.h"
#include "worker/http/target.h"
#include "worker/proxy/credential.h"
#include "worker/proxy/split.h"

#define KEY_MORE 256 /* beside what the client sent: places, names */

/* ---- does it go through the cache? ---- */

/* "a" of "a=1", without spaces around it. */
static struct str name_of(struct str cookie)
{
	struct str name = STR("");

	(void)str_next_part(&cookie, '=', &name);
	return str_trim(name);
}

static bool has_cookie(const struct conf_cache_names *names, struct str list)
{
	struct str cookie;

	while (str_next_part(&list, ';', &cookie))
		if (glob_match_any(names, name_of(cookie)))
			return true;
	return false;
}

static bool has_bypass_cookie(const struct exchange *x)
{
	const struct conf_cache_names *names = &x->scope->cache->bypass_cookies;
	const struct message *m = &x->request;

	if (names->count == 0 || !(m->present & FIELD_BIT(FIELD_cookie)))
		return false;
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == FIELD_cookie &&
		    has_cookie(names, field_value(&m->fields[i])))
			return true;
	return false;
}

bool caching_is_for_one(const struct exchange *x)
{
	return has_bypass_cookie(x) || credential_lines(x).n > 0;
}

enum cache_reason caching_why_not(const struct exchange *x)
{
	const struct message *m = &x->request;

	if (m->method != METHOD_GET && m->method != METHOD_HEAD)
		return CACHE_REASON_method;
	if (body_expected(&m->framing) || m->upgrade.n > 0 ||
	    x->websocket != NULL)
		return CACHE_REASON_request_body;
	if (has_bypass_cookie(x))
		return CACHE_REASON_bypass_cookie;
	if (credential_lines(x).n > 0)
		return CACHE_REASON_authorization;
	return CACHE_REASON_NONE;
}

/* ---- its name ---- */

bool caching_is_rewritten(const struct exchange *x)
{
	return x->rule != NULL || x->route->strip;
}

/* What FIELDS write, whichever route they are of after a reload; of a pattern's
 * groups it is not known here. */
static void write_fields(struct out *o, const struct conf_fields *fields,
    uint64_t route)
{
	struct hash_id id = {{0, 0}};
	bool plain = true;

	for (unsigned i = 0; i < fields->count; i++) {
		const struct conf_field *f = &fields->at[i];

		id = hash_id_add(id, f->name);
		id = hash_id_add(id, f->removed ? STR("-")
			: f->added ? STR("+") : STR("="));
		plain = plain && conf_template_is_plain(&f->value);
		for (unsigned j = 0; j < f->value.count; j++) {
			const struct conf_template_part *p = &f->value.parts[j];

			id = hash_id_add(id, str_make((const char *)&p->id,
			    sizeof(p->id)));
			id = hash_id_add(id, p->text);
		}
	}
	out_char(o, ' ');
	out_u64(o, id.word[0]);
	if (!plain) {
		out_char(o, '.');
		out_u64(o, route);
	}
}

/* What the origin is told by the route: it may answer by that. */
static void write_told(struct out *o, const struct exchange *x)
{
	const struct conf_scope *scope = x->scope;

	if (scope->send_host == CONF_HOST_FIXED) {
		out_char(o, ' ');
		out_str(o, str_from(scope->fixed_host));
	}
	if (scope->request_fields.count > 0)
		write_fields(o, &scope->request_fields,
		    (uint64_t)(x->route - x->vhost->routes));
}

/* "example.com web new-checkout:beta /other/path?query" */
static struct str write_place(struct exchange *x, struct str host)
{
	const struct message *m = &x->request;
	struct str arms = split_text(x);
	struct out o = exchange_out(x, strlen(x->vhost->name) +
	    strlen(x->pool->name) + arms.n + m->authority.n + m->forward.n +
	    m->query.n + KEY_MORE);

	out_str(&o, str_from(x->vhost->name));
	out_char(&o, ' ');
	out_str(&o, str_from(x->pool->name));
	out_char(&o, ' ');
	out_str(&o, arms);
	write_told(&o, x);
	if (host.p != m->authority.p && !str_eq_nocase(host, m->authority)) {
		out_char(&o, ' ');
		out_str(&o, m->authority);
	}
	if (caching_is_rewritten(x)) {
		out_char(&o, ' ');
		out_str(&o, m->forward);
		out_char(&o, '?');
		out_str(&o, m->query);
	}
	return out_ok(&o) ? out_text(&o) : STR_NONE;
}

bool caching_ask(struct exchange *x, struct key_ask *ask_r)
{
	struct message said = x->request;

	if (caching_is_rewritten(x) &&
	    target_parse(&said, &x->arena) != FAULT_NONE)
		said = x->request;
	*ask_r = (struct key_ask){.scheme = x->identity.proto,
	    .host = x->identity.host,
	    .path = said.forward,
	    .query = said.query,
	    .place = write_place(x, x->identity.host),
	    .request = &x->request};
	return ask_r->place.p != NULL;
}

bool caching_make_key(struct exchange *x)
{
	struct key_ask ask;
	struct out o;

	if (!caching_ask(x, &ask))
		return false;
	o = exchange_out(x, ask.host.n + ask.path.n + ask.query.n +
	    ask.place.n + x->head_len + KEY_MORE);
	if (!key_write(&x->scope->cache->key, &ask, &o) ||
	    o.n > CACHE_KEY_MAX)
		return false;
	arena_trim(&x->arena, o.p, o.n);
	x->caching->key = cache_key_make(out_text(&o));
	return true;
}

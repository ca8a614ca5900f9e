/*
 * answer.c - answers of the operator's own.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.
 */
#include "worker/proxy/answer.h"

#include "common/base/insist.h"
#include "common/conf/address.h"
#include "common/conf/value.h"
#include "worker/proxy/expand.h"
#include "worker/proxy/ours.h"

/* REPLY becomes S with TEXT as its body. */
static void finish(struct exchange *x, const struct h1_simple *s,
    struct str text, struct reply *reply)
{
	struct str *body = ARENA_NEW(&x->arena, struct str);

	if (body == NULL) {
		exchange_fail(x, END_overloaded);
		return;
	}
	*body = text;
	reply->body = body;
	reply->body_count = text.n > 0;
	ours_make(x, s, reply);
}

/* ---- redirects ---- */

/*
 * TO with the query of the request, if it has none itself, before a fragment.
 * A path begins with one slash: "//example.com" would be somebody's host, and
 * browsers read a "\\" as a "/".
 */
static struct str complete(struct exchange *x, struct str to, bool is_url)
{
	struct str query = x->request.query;
	const char *hash = memchr(to.p, '#', to.n);
	size_t before = hash != NULL ? (size_t)(hash - to.p) : to.n;
	struct out o = exchange_out(x, to.n + query.n + 2);
	size_t start = 0;

	while (!is_url && start < before && strchr("/\\", to.p[start]) != NULL)
		start++;
	if (!is_url)
		out_char(&o, '/');
	out_bytes(&o, to.p + start, before - start);
	if (query.p != NULL && memchr(to.p, '?', before) == NULL) {
		out_char(&o, '?');
		out_str(&o, query);
	}
	out_bytes(&o, to.p + before, to.n - before);
	return out_ok(&o) ? out_text(&o) : STR_NONE;
}

void answer_redirect(struct exchange *x, unsigned status, struct str to,
    bool is_url, struct reply *reply)
{
	struct h1_field location = {STR("Location"), complete(x, to, is_url)};
	struct h1_simple simple = {.status = status,
	    .extra = &location,
	    .extra_count = 1};

	if (location.value.p != NULL)
		finish(x, &simple, h1_reason(status), reply);
	else
		exchange_fail(x, END_overloaded);
}

/* ---- what a route says ---- */

static void respond(struct exchange *x, const struct conf_answer *answer,
    const struct conf_captures *c, struct reply *reply)
{
	struct h1_simple simple = {.status = answer->status,
	    .type = str_from(answer->type)};
	struct str body = expand(x, &answer->body, c, answer->fill);

	if (body.p != NULL)
		finish(x, &simple, body, reply);
}

void answer_make(struct exchange *x, struct reply *reply)
{
	const struct conf_answer *answer = x->route->answer;
	struct conf_captures captures = {.count = 0};
	struct str to;

	INSIST(answer != NULL);
	if (x->route->pattern != NULL)
		(void)conf_pattern_match(x->route->pattern, x->request.path,
		    &captures);
	if (!answer->is_redirect) {
		respond(x, answer, &captures, reply);
		return;
	}
	to = expand(x, &answer->to, &captures, CONF_FILL_URL);
	if (to.p != NULL)
		answer_redirect(x, answer->status, to,
		    conf_value_is_url(&answer->to), reply);
}

/* ---- the one name, over TLS ---- */

/* "[::1]" of "[::1]:8080". */
static struct str without_port(struct str authority)
{
	struct str port = conf_address_port_in(authority);

	if (port.n > 0)
		authority.n -= port.n + 1;
	return authority;
}

struct place {
	struct str scheme;
	struct str name;
	struct str port;
	char digits[sizeof("65535")];
};

static void set_https(struct place *p, uint16_t port)
{
	struct out o = out_make(p->digits, sizeof(p->digits));

	p->scheme = STR("https");
	p->port = STR("");
	if (port == 443)
		return;
	out_u64(&o, port);
	p->port = out_text(&o);
}

/* Where X should have been asked for: true if that is elsewhere. */
static bool find_place(const struct exchange *x, struct place *p)
{
	const struct conf_vhost *v = x->vhost;
	bool renamed = v->canonical != NULL &&
	    !str_eq(str_from(v->canonical), x->request.host);
	bool secured =
	    v->https_redirect && str_eq(x->identity.proto, STR("http"));

	p->scheme = x->identity.proto;
	p->port = conf_address_port_in(x->identity.host);
	p->name = renamed ? str_from(v->canonical)
			  : without_port(x->identity.host);
	if (secured)
		set_https(p, v->https_port);
	return renamed || secured;
}

bool answer_elsewhere(struct exchange *x, struct reply *reply)
{
	struct place place;
	struct out o;

	if ((x->vhost->canonical == NULL && !x->vhost->https_redirect) ||
	    str_starts(x->request.path, STR("/.well-known/acme-challenge/")) ||
	    !find_place(x, &place))
		return false;
	o = exchange_out(x, place.name.n + x->request.forward.n + 32);
	out_str(&o, place.scheme);
	out_lit(&o, "://");
	out_str(&o, place.name);
	if (place.port.n > 0)
		out_char(&o, ':');
	out_str(&o, place.port);
	out_str(&o, x->request.forward);
	if (out_ok(&o))
		answer_redirect(x, 308, out_text(&o), true, reply);
	else
		exchange_fail(x, END_overloaded);
	return true;
}

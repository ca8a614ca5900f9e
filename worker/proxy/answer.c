/*
 * answer.c - answers of the operator's own.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.
 */
#include "worker/proxy/answer.h"

#include "common/base/insist.h"
#include "common/conf/value.h"
#include "worker/proxy/expand.h"
#include "worker/proxy/headers.h"

#define HEAD_MOST 512 /* of an answer's head, but for what varies */

/* S with its head, and TEXT as its body. */
static void finish(struct exchange *x, struct h1_simple *s, struct str text,
    struct reply *reply)
{
	struct str *body = ARENA_NEW(&x->arena, struct str);
	struct out o;

	exchange_pass_body(x);
	s->to_head = x->request.method == METHOD_HEAD;
	s->connection = reply_connection(x);
	s->wall = clock_wall();
	s->more = text.n;
	if (body == NULL || !headers_for_client(x, NULL, &s->lines)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	o = exchange_out(x, HEAD_MOST + s->type.n + s->lines.n +
	    (s->extra_count > 0 ? s->extra->value.n : 0));
	h1_simple_reply(&o, s);
	if (!out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	*body = text;
	reply->body = body;
	reply->body_count = text.n > 0 && !s->to_head;
	reply->ours = out_text(&o);
	x->status = s->status;
}

/* The type of a body, unless the operator says another. */
static struct str type_of(const struct exchange *x, struct str type)
{
	return headers_leave(x, STR("Content-Type")) ? type : STR("");
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
	    .type = type_of(x, STR("text/plain; charset=utf-8")),
	    .extra = &location,
	    .extra_count = headers_leave(x, location.name)};

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
	    .type = type_of(x, str_from(answer->type))};
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

/* ---- the one name ---- */

/* ":8080" of "www.example.com:8080", or "". */
static struct str port_of(struct str authority)
{
	size_t n = authority.n;

	while (n > 0 && char_is_digit(authority.p[n - 1]))
		n--;
	if (n == 0 || n == authority.n || authority.p[n - 1] != ':')
		return STR("");
	return str_make(authority.p + n - 1, authority.n - n + 1);
}

bool answer_canonical(struct exchange *x, struct reply *reply)
{
	struct str name;
	struct out o;

	if (x->vhost->canonical == NULL)
		return false;
	name = str_from(x->vhost->canonical);
	if (str_eq(name, x->request.host) ||
	    str_starts(x->request.path, STR("/.well-known/acme-challenge/")))
		return false;
	o = exchange_out(x, name.n + x->request.forward.n + 32);
	out_str(&o, x->identity.proto);
	out_lit(&o, "://");
	out_str(&o, name);
	out_str(&o, port_of(x->identity.host));
	out_str(&o, x->request.forward);
	if (out_ok(&o))
		answer_redirect(x, 308, out_text(&o), true, reply);
	else
		exchange_fail(x, END_overloaded);
	return true;
}

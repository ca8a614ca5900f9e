/*
 * expand.c - what a template says of a request.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  One pass,
 * into a small buffer; only what does not fit there is written again into a
 * large one.  Of either no more is kept than what was written.
 */
#include "worker/proxy/expand.h"

#include "common/base/insist.h"
#include "common/base/json.h"
#include "common/conf/value.h"
#include "worker/http/scan.h"
#include "worker/conn/tls.h"
#include "worker/proxy/condition.h"
#include "worker/proxy/credential.h"
#include "worker/proxy/split.h"

#define EXPAND_SMALL 512

static void put_encoded(struct out *o, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";

	out_char(o, '%');
	out_char(o, digits[c >> 4]);
	out_char(o, digits[c & 15]);
}

/* S, whose plain bytes are of CLASS and not among BUT. */
static void put_url(struct out *o, struct str s, enum scan_class class,
    const char *but)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (scan_is(c, class) && strchr(but, c) == NULL)
			out_char(o, c);
		else
			put_encoded(o, (unsigned char)c);
	}
}

static void put_html(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (strchr("<>&\"'", s.p[i]) != NULL)
			out_fmt(o, "&#%d;", s.p[i]);
		else
			out_char(o, s.p[i]);
	}
}

/* S into what is no URL. */
static void put_text(struct out *o, struct str s, enum conf_fill fill)
{
	if (fill == CONF_FILL_HTML)
		put_html(o, s);
	else if (fill == CONF_FILL_JSON)
		json_text(o, s);
	else
		out_str(o, s);
}

/* What a client may have written anything into. */
static void put_foreign(struct out *o, struct str s, enum conf_fill fill)
{
	if (fill == CONF_FILL_URL)
		put_url(o, s, SCAN_PLAIN, "");
	else
		put_text(o, s, fill);
}

static bool is_in_query(const struct out *o)
{
	return o->n > 0 && memchr(o->p, '?', o->n) != NULL;
}

/* A path, or a part of one: what would say more in a query than it did in the
 * path is encoded there. */
static void put_path(struct out *o, struct str s, enum conf_fill fill)
{
	if (fill != CONF_FILL_URL)
		put_text(o, s, fill);
	else if (is_in_query(o))
		put_url(o, s, SCAN_QUERY, "&=+;?");
	else
		out_str(o, s);
}

/* A query in a path would go up and down in it. */
static void put_query(struct out *o, struct str s, enum conf_fill fill)
{
	if (fill == CONF_FILL_URL && is_in_query(o))
		out_str(o, s);
	else
		put_foreign(o, s, fill);
}

static struct str header(const struct exchange *x, struct str name)
{
	const struct message *m = &x->request;

	for (unsigned i = 0; i < m->field_count; i++)
		if (str_eq_nocase(field_name(&m->fields[i]), name) &&
		    condition_sees(x, &m->fields[i]))
			return field_value(&m->fields[i]);
	return STR_NONE;
}

/* As it came to the route, whatever has become of it since. */
static struct str path(const struct exchange *x)
{
	return x->routed.n > 0 ? x->routed : x->request.path;
}

/* What is behind the path of the route: "" or "/...". */
static struct str path_rest(const struct exchange *x)
{
	struct str whole = path(x);
	const struct conf_route *route = x->route;

	if (route == NULL || route->pattern != NULL || route->path.n == 1)
		return whole;
	INSIST(str_starts(whole, route->path));
	return str_behind(whole, route->path.n);
}

static void put_arm(struct out *o, const struct exchange *x, struct str split,
    enum conf_fill fill)
{
	const struct conf_arm *arm = split_arm(x, split);

	if (arm != NULL)
		put_foreign(o, str_from(arm->name), fill);
}

static struct str of_tls(const struct exchange *x, bool cipher)
{
	const SSL *ssl = x->client->conn.tls;

	if (ssl == NULL)
		return STR("");
	return str_from(cipher ? SSL_get_cipher_name(ssl)
			       : SSL_get_version(ssl));
}

static void put_part(struct out *o, const struct exchange *x,
    const struct conf_template_part *part, enum conf_fill fill)
{
	switch ((enum conf_request_name)part->id) {
	case CONF_NAME_host:
		out_str(o, x->request.host);
		return;
	case CONF_NAME_client_ip:
		put_foreign(o, x->identity.address, fill);
		return;
	case CONF_NAME_path:
		put_path(o, path(x), fill);
		return;
	case CONF_NAME_path_rest:
		put_path(o, path_rest(x), fill);
		return;
	case CONF_NAME_query:
		put_query(o, x->request.query, fill);
		return;
	case CONF_NAME_scheme:
		out_str(o, x->identity.proto);
		return;
	case CONF_NAME_tls_version:
	case CONF_NAME_tls_cipher:
		out_str(o, of_tls(x, part->id == CONF_NAME_tls_cipher));
		return;
	case CONF_NAME_client_verify:
		put_foreign(o, credential_of(x->client)->verify, fill);
		return;
	case CONF_NAME_client_subject:
		put_foreign(o, credential_of(x->client)->subject, fill);
		return;
	case CONF_NAME_client_fingerprint:
		out_str(o, credential_of(x->client)->fingerprint);
		return;
	case CONF_NAME_method:
		put_foreign(o, x->request.method_text, fill);
		return;
	case CONF_NAME_request_id:
		put_foreign(o, x->id, fill);
		return;
	case CONF_NAME_header:
		put_foreign(o, header(x, part->text), fill);
		return;
	case CONF_NAME_cookie:
		put_foreign(o, condition_cookie(&x->request, part->text),
		    fill);
		return;
	case CONF_NAME_split:
		put_arm(o, x, part->text, fill);
		return;
	case CONF_NAME_END:
		break;
	}
	INSIST(part->id < CONF_NAME_END);
}

static void put_capture(struct out *o, const struct conf_captures *c,
    unsigned number, enum conf_fill fill)
{
	if (c != NULL && number < c->count)
		put_path(o, c->at[number], fill);
}

static void write(struct out *o, const struct exchange *x,
    const struct conf_template *t, const struct conf_captures *c,
    enum conf_fill fill)
{
	for (unsigned i = 0; i < t->count; i++) {
		const struct conf_template_part *part = &t->parts[i];

		if (part->id == CONF_PART_TEXT)
			out_str(o, part->text);
		else if (part->id == CONF_PART_CAPTURE)
			put_capture(o, c, part->number, fill);
		else
			put_part(o, x, part, fill);
	}
}

void expand_text(const struct exchange *x, const struct conf_template *t,
    struct out *o)
{
	write(o, x, t, NULL, CONF_FILL_TEXT);
}

struct str expand(struct exchange *x, const struct conf_template *t,
    const struct conf_captures *c, enum conf_fill fill)
{
	struct arena mark = x->arena;
	struct out o;

	if (conf_template_is_plain(t))
		return t->count > 0 ? t->parts[0].text : STR("");
	o = exchange_out(x, EXPAND_SMALL);
	write(&o, x, t, c, fill);
	if (!out_ok(&o)) {
		arena_rewind(&x->arena, &mark);
		o = exchange_out(x, EXPAND_MAX);
		write(&o, x, t, c, fill);
	}
	if (!out_ok(&o)) {
		exchange_fail(x,
		    o.cap == 0 ? END_overloaded : END_template_long);
		return STR_NONE;
	}
	arena_trim(&x->arena, o.p, o.n);
	return out_text(&o);
}

/*
 * hide.c - a reply without what tells of its origin.
 *
 * Runs on the exchange's fiber, once for each reply.  Fields that go are only
 * marked, and a value that changes is written anew into the arena: all others
 * stay where they are, so that h1.c can copy them in runs.  The usual reply
 * has nothing but a Server field and is done after one look at the bits of
 * what is there.
 */
#include "worker/proxy/hide.h"

#include "worker/http/date.h"
#include "worker/proxy/cookies.h"
#include "worker/proxy/error_page.h"
#include "worker/proxy/forward.h"
#include "worker/proxy/surrogate.h"

/* What names product or machine.  Via of ours would be a second one: a
 * gateway answers in its own name (RFC 9110, 7.6.3). */
#define NAMES (FIELD_BIT(FIELD_product) | FIELD_BIT(FIELD_via))

/* What may name the origin in its value. */
#define VALUES                                                                 \
	(FIELD_BIT(FIELD_location) | FIELD_BIT(FIELD_content_location) |       \
	    FIELD_BIT(FIELD_refresh) | FIELD_BIT(FIELD_set_cookie))

void hide_names(struct message *head)
{
	if (!(head->present & NAMES))
		return;
	for (unsigned i = 0; i < head->field_count; i++)
		if (FIELD_BIT(head->fields[i].id) & NAMES)
			head->fields[i].drop = true;
}

/* RFC 9110, 6.6.1. */
static void add_date(struct exchange *x, struct reply *reply)
{
	struct out o = exchange_out(x, DATE_SIZE);

	out_str(&o, date_now(clock_wall()));
	if (out_ok(&o))
		reply_add(reply, STR("Date"), out_text(&o));
	else
		exchange_fail(x, END_overloaded);
}

/* ---- the origin's names, and ours ---- */

static bool is_loopback(const struct conf_address *address)
{
	return str_starts(str_from(address->text), STR("127.")) ||
	    str_starts(str_from(address->text), STR("[::1]"));
}

/* "localhost:3000" for a server at 127.0.0.1:3000: that is what applications
 * call themselves there. */
static void add_localhost(struct exchange *x, struct naming *n,
    const struct conf_address *address)
{
	const char *colon = strrchr(address->text, ':');
	struct out o = exchange_out(x, sizeof("localhost:65535"));

	if (!is_loopback(address) || colon == NULL)
		return;
	out_lit(&o, "localhost");
	out_str(&o, str_from(colon));
	if (out_ok(&o))
		naming_add_inside(n, out_text(&o));
}

static struct naming naming_of(struct exchange *x)
{
	const struct conf_server *server = x->server;
	struct naming n = {.https = server->https,
	    .prefix = str_from(server->prefix),
	    .scheme = x->identity.proto};

	if (x->route->strip && x->route->path.n > 1)
		n.route = x->route->path;
	if (x->identity.host.n > 0 &&
	    naming_split(x->identity.host, n.scheme, &n.outside))
		n.authority = x->identity.host;
	naming_add_inside(&n, str_from(server->host));
	naming_add_inside(&n, forward_host(x, server));
	if (server->address.addr.ss_family != AF_UNIX) {
		naming_add_inside(&n, x->server_address);
		add_localhost(x, &n, &server->address);
	}
	return n;
}

/* ---- values ---- */

/* What the value of F becomes, if it is another one then. */
static enum cookie_fate map_value(const struct exchange *x,
    const struct naming *n, const struct field *f, struct out *o)
{
	struct str value = field_value(f);
	bool changed;

	if (f->id == FIELD_set_cookie)
		return cookie_map(n, x->scope->cookies, value, o);
	changed = f->id == FIELD_refresh ? location_map_refresh(n, value, o)
					 : location_map(n, value, o);
	return changed ? COOKIE_CHANGED : COOKIE_KEPT;
}

static size_t room_for(const struct exchange *x, const struct naming *n,
    const struct field *f)
{
	if (f->id == FIELD_set_cookie)
		return cookie_room(n, x->scope->cookies, field_value(f));
	return f->value_len + naming_growth(n);
}

/* What F is to be sent as; *HEAD_LEN grows by a new value. */
static void map_field(struct exchange *x, const struct naming *n,
    struct field *f, size_t *head_len)
{
	struct arena mark = x->arena;
	struct out o = exchange_out(x, room_for(x, n, f));
	enum cookie_fate fate = map_value(x, n, f, &o);

	if (fate == COOKIE_CHANGED && out_ok(&o)) {
		f->value = o.p;
		f->value_len = (uint32_t)o.n;
		*head_len += o.n;
		return;
	}
	arena_rewind(&x->arena, &mark);
	if (fate == COOKIE_REMOVED)
		f->drop = true;
	else if (!out_ok(&o))
		exchange_fail(x, END_overloaded);
}

static void map_values(struct exchange *x, struct message *head,
    size_t *head_len)
{
	struct naming n;

	if (!(head->present & VALUES))
		return;
	n = naming_of(x);
	for (unsigned i = 0; i < head->field_count; i++)
		if (!head->fields[i].drop &&
		    (FIELD_BIT(head->fields[i].id) & VALUES))
			map_field(x, &n, &head->fields[i], head_len);
}

bool hide_interim(struct exchange *x, struct message *head, size_t *head_len)
{
	hide_names(head);
	map_values(x, head, head_len);
	return x->end == END_NONE;
}

void hide_traces(struct exchange *x, struct reply *reply)
{
	struct message *head = &reply->head;

	hide_names(head);
	if (!(head->present & FIELD_BIT(FIELD_date)) && head->status >= 200)
		add_date(x, reply);
	map_values(x, head, &reply->head_len);
	reply->is_bare = true;
}

void hide_origin(struct exchange *x, struct reply *reply)
{
	if (!reply->is_bare)
		hide_traces(x, reply);
	surrogate_hide(x, &reply->head);
	if (x->end == END_NONE)
		error_page_instead(x, reply);
}

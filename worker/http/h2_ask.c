/*
 * h2_ask.c - the head of a request to an origin, for a stream of HTTP/2.
 *
 * Runs in workers, once for each.  RFC 9113, 8.3.1: what HTTP/1 says in its
 * first line and in Host are pseudo-header fields here, which come first.  A
 * WebSocket begins with an extended CONNECT (RFC 8441, 4).
 */
#include "worker/http/h2_ask.h"

#include "common/base/insist.h"

#define OTHERS 7	 /* fields beside those of M and LINES */
#define OTHER_NAMES 64	 /* bytes of their names */

static struct str write_path(const struct message *m, struct str prefix,
    struct arena *a)
{
	size_t room = prefix.n + m->forward.n + m->query.n + 1;
	char *p = arena_alloc(a, room);
	struct out o = out_make(p, p != NULL ? room : 0);

	if (m->forward.p[0] == '/')
		out_str(&o, prefix);
	out_str(&o, m->forward);
	if (m->query.p != NULL) {
		out_char(&o, '?');
		out_str(&o, m->query);
	}
	return out_ok(&o) ? out_text(&o) : STR("");
}

static size_t names_of(const struct message *m)
{
	size_t n = OTHER_NAMES;

	for (unsigned i = 0; i < m->field_count; i++)
		n += m->fields[i].name_len;
	return n;
}

bool h2_ask(const struct message *m, const struct h2_ask *ask,
    struct arena *a, struct h2_fields *f)
{
	struct str path = write_path(m, ask->prefix, a);

	INSIST(m->method_text.n > 0 && m->forward.n > 0);
	*f = h2_fields_make(a,
	    m->field_count + h2_fields_in(ask->lines) + OTHERS,
	    names_of(m) + ask->lines.n);
	h2_fields_add(f, STR(":method"),
	    ask->websocket ? STR("CONNECT") : m->method_text);
	if (ask->websocket)
		h2_fields_add(f, STR(":protocol"), STR("websocket"));
	h2_fields_add(f, STR(":scheme"),
	    ask->https ? STR("https") : STR("http"));
	h2_fields_add(f, STR(":authority"),
	    ask->host.p != NULL ? ask->host : m->authority);
	h2_fields_add(f, STR(":path"), path);
	h2_fields_add_kept(f, m);
	h2_fields_add_lines(f, ask->lines);
	h2_fields_add_length(f, &m->framing);
	if (m->takes_trailers)
		h2_fields_add(f, STR("te"), STR("trailers"));
	return path.n > 0 && h2_fields_ok(f);
}

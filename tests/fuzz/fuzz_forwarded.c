/*
 * fuzz_forwarded.c - any fields, as what a trusted peer says of a request.
 *
 * The input stands behind a request line and Host.  Whatever it claims, what
 * we tell an origin is well-formed and has each field once; a second proxy of
 * ours, which trusts the first, reads the same client out of it; and a peer
 * whom nobody trusts gets nothing believed.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/random.h"
#include "worker/http/field.h"
#include "worker/http/head.h"
#include "worker/proxy/exchange.h"
#include "worker/proxy/forward.h"

#define START "GET / HTTP/1.1\r\nHost: a.test\r\n"
#define INPUT_MAX ((size_t)16 * 1024)
#define HEAD_MAX ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_network own = {AF_INET, 8, {10}};
static const struct conf conf = {.trusted = {&own, 1}};
static const struct conf_head_limits limits = {CONF_HEADER_MAX,
    CONF_FIELDS_MAX, 1024};
static const struct conf_scope scope = {.forwarded = true};
static struct conf_listener listener = {.address.text = "127.0.0.1:8080"};

/* A request from the peer 10.0.0.LAST, or one whom nobody trusts (0). */
struct asked {
	struct client client;
	struct exchange x;
	char head[HEAD_MAX];
};

static bool ask(struct asked *a, uint8_t last, struct str fields)
{
	struct out o = out_make(a->head, sizeof(a->head));

	out_lit(&o, START);
	out_str(&o, fields);
	out_lit(&o, "\r\n");
	INSIST(out_ok(&o));
	a->client = (struct client){.listener = &listener,
	    .peer = {AF_INET, {last > 0 ? 10 : 192, 0, 2, last}}};
	memset(&a->x, 0, sizeof(a->x));
	a->x.client = &a->client;
	a->x.scope = &scope;
	arena_init(&a->x.arena);
	if (head_length(o.p, o.n, 0) != o.n ||
	    head_parse_request(out_text(&o), &limits, &a->x.arena,
		&a->x.request) != FAULT_NONE)
		return false;
	identity_take(&a->x);
	return true;
}

static void check_once(const struct message *m, enum field_id id)
{
	INSIST((m->present & FIELD_BIT(id)) && !(m->repeated & FIELD_BIT(id)));
}

static void check_told(const struct asked *first, struct str lines)
{
	static struct asked second;
	const struct identity *who = &first->x.identity;
	const struct identity *again = &second.x.identity;
	size_t hops = 1;

	INSIST(ask(&second, 99, lines));
	check_once(&second.x.request, FIELD_x_forwarded_for);
	check_once(&second.x.request, FIELD_x_forwarded_proto);
	check_once(&second.x.request, FIELD_x_forwarded_host);
	check_once(&second.x.request, FIELD_x_forwarded_port);
	check_once(&second.x.request, FIELD_x_request_id);
	check_once(&second.x.request, FIELD_traceparent);
	check_once(&second.x.request, FIELD_forwarded);
	INSIST(str_eq(second.x.id, first->x.id));
	INSIST(str_eq(again->proto, who->proto));
	INSIST(str_eq(again->host, who->host));
	INSIST(str_eq(again->port, who->port));
	INSIST(again->trace.n > 0);
	for (size_t i = 0; i < who->chain.n; i++)
		hops += who->chain.p[i] == ',';
	INSIST(hops <= IDENTITY_HOPS_MAX + 1);
	if (hops <= IDENTITY_HOPS_MAX)
		INSIST(ip_eq(&again->client, &who->client));
	arena_free(&second.x.arena);
}

static void check_nothing_believed(struct str fields)
{
	static struct asked stranger;
	const struct message *m = &stranger.x.request;

	if (ask(&stranger, 0, fields)) {
		INSIST(ip_eq(&stranger.x.identity.client,
		    &stranger.client.peer));
		INSIST(stranger.x.id.p == stranger.x.identity.id_text);
		for (unsigned i = 0; i < m->field_count; i++)
			INSIST(m->fields[i].drop ||
			    !(field_flags(m->fields[i].id) & FIELD_CLAIM));
	}
	arena_free(&stranger.x.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct asked first;
	static bool begun;
	struct str fields = str_make((const char *)data, size);

	if (size > INPUT_MAX)
		return 0;
	if (!begun) {
		INSIST(random_init() == 0);
		identity_init(&conf, "sluice-0123456789abcdef");
		begun = true;
	}
	if (ask(&first, 1, fields)) {
		struct str lines = forward_lines(&first.x);

		INSIST(lines.n > 0);
		check_told(&first, lines);
	}
	arena_free(&first.x.arena);
	check_nothing_believed(fields);
	return 0;
}

/*
 * asked_request.c - a request that an operator asks about, and nobody sends.
 *
 * Runs in workers, when an operator asks.  The question is made a request head
 * and read by the parser that reads all others.
 */
#include "worker/proxy/asked_request.h"

#include "common/base/insist.h"
#include "common/base/out.h"
#include "common/conf/address.h"
#include "common/conf/network.h"
#include "worker/http/head.h"

#define HEAD_SIZE ((size_t)16 * 1024)
#define MEMORY_SIZE ((size_t)64 * 1024)

/* Up to the next tab; *REST moves behind it. */
static struct str next_word(struct str *rest)
{
	struct str word = STR("");

	(void)str_next_part(rest, '\t', &word);
	return word;
}

/* The bytes of S before a "/" or "?", or all. */
static size_t authority_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '/' && s.p[n] != '?')
		n++;
	return n;
}

static bool read_url(struct asked_request *q, struct str url)
{
	static const struct str schemes[] = {STR("http://"), STR("https://"),
	    STR("tcp://")};
	size_t n;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!str_starts(url, schemes[i]))
			continue;
		q->scheme = str_make(schemes[i].p, schemes[i].n - 3);
		url = str_behind(url, schemes[i].n);
		n = authority_length(url);
		q->authority = str_make(url.p, n);
		q->target = str_behind(url, n);
		return n > 0;
	}
	return false;
}

bool asked_request_read_url(struct asked_request *q, struct str url)
{
	*q = (struct asked_request){
	    .method = STR("GET"), .from = STR("127.0.0.1")};
	return read_url(q, url) && ip_parse(q->from, &q->client);
}

bool asked_request_read(struct asked_request *q, struct str text,
    const char **why_r)
{
	*q = (struct asked_request){.scheme = STR("")};
	q->method = next_word(&text);
	*why_r = "a URL is missing: write it with its scheme, "
		 "http://app.example.com/path";
	if (!read_url(q, next_word(&text)))
		return false;
	q->from = next_word(&text);
	*why_r = "--from is not an address";
	q->fields = text;
	return ip_parse(q->from, &q->client);
}

/* The head that a client would send. */
static struct out write_head(const struct asked_request *q, char *memory)
{
	struct out o = out_make(memory, HEAD_SIZE);
	struct str fields = q->fields;

	out_str(&o, q->method);
	out_char(&o, ' ');
	if (q->target.n == 0 || q->target.p[0] != '/')
		out_char(&o, '/');
	out_str(&o, q->target);
	out_lit(&o, " HTTP/1.1\r\nHost: ");
	out_str(&o, q->authority);
	while (fields.n > 0) {
		out_lit(&o, "\r\n");
		out_str(&o, next_word(&fields));
	}
	out_lit(&o, "\r\n\r\n");
	return o;
}

/* ---- the exchange ---- */

/* The address that the URL's port means, or the first. */
static const struct conf_listener *find_listener(const struct conf *conf,
    const struct asked_request *q)
{
	struct str port = conf_address_port_in(q->authority);

	if (port.n == 0)
		port = str_eq(q->scheme, STR("https")) ? STR("443") : STR("80");
	for (unsigned i = 0; i < conf->listener_count; i++) {
		const struct conf_listener *l = &conf->listeners[i];

		if (!l->is_unix &&
		    str_eq(conf_address_port_in(str_from(l->address.text)),
			port))
			return l;
	}
	return &conf->listeners[0];
}

/* X becomes a request that was just read; its body is not asked about. */
static enum fault read_request(struct exchange *x,
    const struct asked_request *q, struct str head)
{
	enum fault fault = head_parse_request(head,
	    &x->client->listener->scope->limits.head, &x->arena, &x->request);

	x->scope = x->client->listener->scope;
	x->identity.client = q->client;
	x->identity.address = q->from;
	x->identity.proto = q->scheme;
	x->identity.host = q->authority;
	x->head_len = head.n;
	x->body.done = true;
	return fault;
}

struct exchange *asked_request_begin(const struct conf *conf,
    const struct asked_request *q, enum fault *fault_r)
{
	static char head_memory[HEAD_SIZE];
	static char memory[MEMORY_SIZE];
	static struct client client;
	static struct exchange x;
	struct out head = write_head(q, head_memory);

	client = (struct client){.listener = find_listener(conf, q)};
	x = (struct exchange){.client = &client};
	arena_init_bounded(&x.arena, memory, sizeof(memory), EXCHANGE_MORE);
	x.identity.believed = conf_networks_hold(&conf->trusted, &q->client);
	*fault_r = out_ok(&head) ? read_request(&x, q, out_text(&head))
				 : FAULT_head_large;
	return &x;
}

void asked_request_end(struct exchange **x)
{
	arena_free(&(*x)->arena);
	*x = NULL;
}

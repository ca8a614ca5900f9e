/*
 * fuzz_head.c - any bytes as a request head, and as a reply head.
 *
 * Whatever is accepted is written out and parsed again: that must be accepted
 * too, mean the same, and be written out as the same bytes.  So nothing that
 * we pass on can be understood differently by a reader as strict as we are.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/out.h"
#include "worker/http/body.h"
#include "worker/http/h1.h"
#include "worker/http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A head in a block of exactly its size, and what was read in it. */
static const struct conf_head_limits limits = {CONF_HEADER_MAX, CONF_FIELDS_MAX,
    16 * 1024};

struct reading {
	char *block;
	struct arena arena;
	struct message m;
	enum fault fault;
};

static void reading_begin(struct reading *r, struct str head)
{
	r->block = malloc(head.n);
	INSIST(r->block != NULL);
	memcpy(r->block, head.p, head.n);
	arena_init(&r->arena);
}

static void reading_end(struct reading *r)
{
	free(r->block);
	arena_free(&r->arena);
}

static void read_as(struct reading *r, struct str head, bool request,
    enum method method)
{
	reading_begin(r, head);
	head = str_make(r->block, head.n);
	if (request)
		r->fault = head_parse_request(head, &limits, &r->arena, &r->m);
	else
		r->fault = head_parse_reply(head, method, &limits, &r->arena, &r->m);
	INSIST(r->fault >= FAULT_NONE && r->fault < FAULT_END);
}

/* What every accepted message keeps to. */
static void check_message(const struct message *m)
{
	INSIST(m->minor <= 1 && m->field_count <= CONF_FIELDS_MAX);
	for (unsigned i = 0; i < m->field_count; i++) {
		struct str name = field_name(&m->fields[i]);
		struct str value = field_value(&m->fields[i]);

		INSIST(name.n > 0 && memchr(name.p, ':', name.n) == NULL);
		INSIST(memchr(value.p, '\r', value.n) == NULL);
		INSIST(memchr(value.p, '\n', value.n) == NULL);
		INSIST(memchr(value.p, '\0', value.n) == NULL);
	}
	if (m->path.n > 1)
		INSIST(m->path.p[0] == '/' && m->path.p[1] != '/');
}

static void check_same(const struct message *a, const struct message *b)
{
	INSIST(str_eq(a->method_text, b->method_text));
	INSIST(str_eq(a->forward, b->forward) && str_eq(a->path, b->path));
	INSIST((a->query.p == NULL) == (b->query.p == NULL));
	INSIST(str_eq(a->query, b->query) && str_eq(a->host, b->host));
	INSIST(a->status == b->status && str_eq(a->reason, b->reason));
	INSIST(a->framing.kind == b->framing.kind);
	INSIST(a->framing.length == b->framing.length);
	INSIST(a->expects_continue == b->expects_continue);
}

static struct str write_as(const struct message *m, bool request, char *text,
    size_t cap)
{
	struct out o = out_make(text, cap);
	struct h1_request_options to_origin = {.connection = H1_PERSIST};
	struct h1_reply_options to_client = {
	    .framing = m->framing,
	    .connection = H1_KEEP_ALIVE,
	};

	if (request)
		h1_write_request(&o, m, &to_origin);
	else
		h1_write_reply(&o, m, &to_client);
	INSIST(out_ok(&o));
	return out_text(&o);
}

/* Can M be written at all?  CONNECT is refused, 1.0 may have no host. */
static bool goes_on(const struct message *m, bool request)
{
	return !request || (m->method != METHOD_CONNECT && m->host.n > 0);
}

static void check_round(const struct message *m, size_t head_len,
    bool request, enum method method)
{
	static char first[CONF_HEADER_MAX + H1_GROWTH];
	static char second[CONF_HEADER_MAX + H1_GROWTH];
	struct str written = write_as(m, request, first, head_len + H1_GROWTH);
	struct reading again;

	INSIST(head_length(written.p, written.n, 0) == written.n);
	read_as(&again, written, request, method);
	INSIST(again.fault == FAULT_NONE || written.n > CONF_HEADER_MAX ||
	    again.fault == FAULT_fields_many);
	if (again.fault == FAULT_NONE) {
		check_same(m, &again.m);
		INSIST(str_eq(written, write_as(&again.m, request, second,
		    sizeof(second))));
	}
	reading_end(&again);
}

static void try_as(struct str head, bool request, enum method method)
{
	struct reading r;

	read_as(&r, head, request, method);
	if (r.fault == FAULT_NONE) {
		check_message(&r.m);
		if (goes_on(&r.m, request))
			check_round(&r.m, head.n, request, method);
	}
	reading_end(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	size_t n = head_length(p, size, 0);
	size_t cuts = n > 0 ? n : size;

	for (size_t seen = 0; seen < cuts && seen < 64; seen++)
		INSIST(head_length(p, size, seen) == n);
	if (n == 0)
		return 0;
	try_as(str_make(p, n), true, METHOD_OTHER);
	try_as(str_make(p, n), false, METHOD_GET);
	try_as(str_make(p, n), false, METHOD_HEAD);
	return 0;
}

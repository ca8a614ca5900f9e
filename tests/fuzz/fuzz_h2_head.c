/*
 * fuzz_h2_head.c - any names and values as a head of HTTP/2.
 *
 * Lines, "name: value" LF, are gathered as HPACK would give them: as a request,
 * a reply, and trailers.  A request that is accepted is written out for
 * HTTP/1, where it must be accepted too, and mean the same: what an origin
 * reads is what we have read.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/http/h1.h"
#include "worker/http/h2_head.h"
#include "worker/http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((size_t)64 * 1024)

static const struct conf_head_limits limits = {CONF_HEADER_MAX, CONF_FIELDS_MAX,
    16 * 1024};

static void gather(struct h2_head *h, char *memory, enum h2_head_of of,
    struct str text)
{
	struct str line;

	*h = (struct h2_head){.p = memory,
	    .cap = MEMORY,
	    .most = MEMORY - H2_HEAD_BESIDE,
	    .fields_most = CONF_FIELDS_MAX};
	h2_head_begin(h, of);
	while (str_next_part(&text, '\n', &line)) {
		const char *colon =
		    line.n > 1 ? memchr(line.p + 1, ':', line.n - 1) : NULL;
		size_t n = colon != NULL ? (size_t)(colon - line.p) : line.n;
		size_t gap = n + 2 < line.n ? n + 2 : line.n;

		INSIST(h2_head_add(h, str_make(line.p, n),
		    str_behind(line, gap)));
		INSIST(h->n + H2_HEAD_BESIDE <= MEMORY);
	}
}

/* What HTTP/1 makes of M. */
static void check_onward(const struct message *m)
{
	static char text[2 * MEMORY];
	struct out o = out_make(text, sizeof(text));
	struct h1_request_options options = {.connection = H1_PERSIST};
	struct message onward = *m;
	struct message again;
	struct arena arena;
	enum fault fault;

	onward.framing = body_frame_onward(m->framing, 1);
	h1_write_request(&o, &onward, &options);
	INSIST(out_ok(&o) && head_length(text, o.n, 0) == o.n);
	if (o.n > CONF_HEADER_MAX)
		return;
	arena_init(&arena);
	fault = head_parse_request(out_text(&o), &limits, &arena, &again);
	INSIST(fault == FAULT_NONE || fault == FAULT_fields_many);
	if (fault == FAULT_NONE) {
		INSIST(str_eq(again.method_text, m->method_text));
		INSIST(str_eq(again.forward, m->forward));
		INSIST(str_eq(again.path, m->path));
		INSIST(str_eq(again.query, m->query));
		INSIST(str_eq(again.host, m->host));
		INSIST(again.framing.kind == onward.framing.kind);
		INSIST(again.framing.length == onward.framing.length);
		INSIST(again.keep_alive);
	}
	arena_free(&arena);
}

static void try_request(char *memory, struct str text, bool ended)
{
	struct h2_head_how how = {.websocket = true,
	    .ended = ended,
	    .limits = &limits};
	struct h2_head h;
	struct message m;
	struct arena arena;

	arena_init(&arena);
	gather(&h, memory, H2_OF_REQUEST, text);
	if (h2_head_request(&h, &how, &arena, &m) == FAULT_NONE &&
	    m.method != METHOD_CONNECT)
		check_onward(&m);
	arena_free(&arena);
}

static void try_others(char *memory, struct str text)
{
	struct h2_head h;
	struct message m;
	struct arena arena;

	arena_init(&arena);
	gather(&h, memory, H2_OF_REPLY, text);
	if (h2_head_reply(&h, true, METHOD_GET, &arena, &m) == FAULT_NONE)
		INSIST(m.status >= 200 && m.status <= 599);
	gather(&h, memory, H2_OF_TRAILERS, text);
	if (h2_head_trailers(&h, &arena, &m) == FAULT_NONE)
		INSIST(!(m.present & FIELD_BIT(FIELD_content_length)));
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	char *memory = malloc(MEMORY);

	INSIST(memory != NULL);
	try_request(memory, text, true);
	try_request(memory, text, false);
	try_others(memory, text);
	free(memory);
	return 0;
}

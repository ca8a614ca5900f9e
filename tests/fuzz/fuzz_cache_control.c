/*
 * fuzz_cache_control.c - any field lines as those of a reply and of a request,
 * and what the cache makes of them.
 *
 * The first byte chooses what the operator says, the second the status; then
 * come the reply's lines, a NUL, and the request's.  What must hold:
 *
 *  - a line may be cut in two where its elements end
 *  - a word that forbids to keep a reply, read without any finesse, is never
 *    passed by
 *  - a targeted field that counts makes Cache-Control mean nothing
 *  - times are in their order; what must not be used stale or unvalidated is
 *    not, whatever a request says
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/out.h"
#include "worker/cache/reuse.h"
#include "worker/cache/storable.h"
#include "worker/cache/targeted.h"
#include "worker/http/head.h"

#define LINES_MAX ((size_t)8 * 1024)
#define HEAD_MAX (2 * LINES_MAX + 128)
#define RECEIVED (1000000 * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_head_limits limits = {CONF_HEADER_MAX, CONF_FIELDS_MAX,
    16 * 1024};

static const struct str targets[] = {STR("CDN-Cache-Control"),
    STR("Surrogate-Control")};

struct reading {
	char *head;
	struct arena arena;
	struct message m;
};

/* A head of START and LINES, in a block of exactly its size; false if it is
 * none. */
static bool reading_begin(struct reading *r, struct str start,
    struct str lines, bool request)
{
	char *text = malloc(HEAD_MAX);
	struct out o = out_make(text, HEAD_MAX);
	struct str line, head;

	INSIST(text != NULL);
	out_str(&o, start);
	while (str_next_part(&lines, '\n', &line)) {
		out_str(&o, line);
		out_lit(&o, "\r\n");
	}
	out_lit(&o, "\r\n");
	INSIST(out_ok(&o));
	r->head = malloc(o.n);
	INSIST(r->head != NULL);
	memcpy(r->head, text, o.n);
	free(text);
	head = str_make(r->head, o.n);
	arena_init(&r->arena);
	if (head_length(head.p, head.n, 0) != head.n)
		return false;
	return (request ? head_parse_request(head, &limits, &r->arena, &r->m)
			: head_parse_reply(head, METHOD_GET, &limits, &r->arena,
			      &r->m)) == FAULT_NONE;
}

static void reading_end(struct reading *r)
{
	free(r->head);
	arena_free(&r->arena);
}

/* ---- Cache-Control ---- */

static bool is_same(const struct control *a, const struct control *b)
{
	if (a->there != b->there || a->said != b->said ||
	    a->unclear != b->unclear || a->list_count != b->list_count ||
	    memcmp(a->seconds, b->seconds, sizeof(a->seconds)) != 0)
		return false;
	for (unsigned i = 0; i < a->list_count; i++)
		if (!str_eq(a->lists[i], b->lists[i]))
			return false;
	return true;
}

static bool has_quote(struct str s)
{
	return s.n > 0 && memchr(s.p, '"', s.n) != NULL;
}

/* Each element of F, which has no quotes, as a line of its own. */
static void check_cut(const struct field *f)
{
	enum { MOST = 64 };
	struct field lines[MOST];
	struct message m = {.fields = lines,
	    .present = FIELD_BIT(FIELD_cache_control)};
	struct message whole = {.field_count = 1,
	    .fields = (struct field *)f,
	    .present = FIELD_BIT(FIELD_cache_control)};
	struct str list = field_value(f), element;
	struct control a, b;

	while (str_next_part(&list, ',', &element)) {
		if (m.field_count == MOST)
			return;
		element = str_trim(element);
		lines[m.field_count] = *f;
		lines[m.field_count].value = element.p;
		lines[m.field_count++].value_len = (uint32_t)element.n;
	}
	control_read(&whole, &a);
	control_read(&m, &b);
	INSIST(is_same(&a, &b));
}

static bool says(struct str list, struct str word)
{
	struct str element;

	while (str_next_part(&list, ',', &element))
		if (str_eq_nocase(str_trim(element), word))
			return true;
	return false;
}

static void check_fields(const struct message *m)
{
	struct control c;

	control_read(m, &c);
	for (unsigned i = 0; i < m->field_count; i++) {
		struct str value = field_value(&m->fields[i]);

		if (m->fields[i].id != FIELD_cache_control ||
		    has_quote(value))
			continue;
		check_cut(&m->fields[i]);
		INSIST(!says(value, STR("no-store")) ||
		    control_has(&c, CONTROL_NO_STORE));
		INSIST(!says(value, STR("private")) ||
		    control_has(&c, CONTROL_PRIVATE));
		INSIST(!says(value, STR("no-cache")) ||
		    control_has(&c, CONTROL_NO_CACHE));
	}
	for (unsigned d = 0; d < CONTROL_END; d++)
		INSIST(c.seconds[d] <= CONTROL_SECONDS_MAX ||
		    c.seconds[d] == CONTROL_ANY);
}

static void check_targeted(const struct conf_cache *conf,
    const struct message *m)
{
	struct message without = *m;
	struct control a, b;

	if (!targeted_read(&conf->targets, m, &a))
		return;
	INSIST(a.there);
	without.present &= ~FIELD_BIT(FIELD_cache_control);
	INSIST(targeted_read(&conf->targets, &without, &b));
	INSIST(is_same(&a, &b));
}

/* ---- verdicts ---- */

static void check_meta(const struct cache_meta *meta)
{
	INSIST(meta->born <= RECEIVED);
	INSIST(meta->fresh_until <=
	    RECEIVED + CONTROL_SECONDS_MAX * USEC_PER_SEC);
	INSIST(meta->while_revalidate_until >= meta->fresh_until);
	INSIST(meta->if_error_until >= meta->fresh_until);
	INSIST(!(meta->flags & STORABLE_NOT_STALE) ||
	    (meta->while_revalidate_until == meta->fresh_until &&
		meta->if_error_until == meta->fresh_until));
	INSIST(!(meta->flags & STORABLE_VALIDATE) ||
	    meta->fresh_until <= RECEIVED);
}

static void check_use(const struct conf_cache *conf, const struct message *m,
    const struct cache_meta *meta, usec_t now)
{
	struct reuse r = reuse_judge(conf, m, meta, now);
	bool stale = now >= meta->fresh_until;

	INSIST((r.what == REUSE_FRESH) == (r.reason == CACHE_REASON_NONE));
	INSIST(r.what != REUSE_FRESH || !stale);
	INSIST(!(meta->flags & STORABLE_VALIDATE) ||
	    ((r.what == REUSE_VALIDATE || r.what == REUSE_TIMEOUT ||
		 r.what == REUSE_NOT) &&
		!r.if_error));
	if (stale && (meta->flags & STORABLE_NOT_STALE))
		INSIST(r.what != REUSE_STALE && r.what != REUSE_BACKGROUND &&
		    !r.if_error);
}

static void check_stored(const struct conf_cache *conf,
    const struct message *request, const struct storable *s)
{
	const struct cache_meta *meta = &s->meta;

	check_meta(meta);
	check_use(conf, request, meta, RECEIVED);
	check_use(conf, request, meta, meta->fresh_until);
	check_use(conf, request, meta, meta->fresh_until - 1);
	check_use(conf, request, meta, meta->while_revalidate_until);
	check_use(conf, request, meta, meta->if_error_until + USEC_PER_HOUR);
}

static void try_both(const struct conf_cache *conf,
    const struct message *request, const struct message *reply)
{
	struct storable_ask ask = {.conf = conf,
	    .request = request,
	    .reply = reply,
	    .asked = RECEIVED - 5 * USEC_PER_SEC,
	    .received = RECEIVED,
	    .wall = INT64_C(1795294800) * USEC_PER_SEC,
	    .max_object = 1000};
	struct storable s;

	check_fields(request);
	check_fields(reply);
	check_targeted(conf, reply);
	storable_judge(&ask, &s);
	INSIST(s.reason < CACHE_REASON_END);
	INSIST(s.without_count <= STORABLE_WITHOUT_MAX);
	if (s.reason == CACHE_REASON_NONE)
		check_stored(conf, request, &s);
}

static struct conf_cache conf_of(unsigned choice)
{
	return (struct conf_cache){
	    .default_ttl = choice & 1 ? 10 * USEC_PER_SEC : 0,
	    .negative_ttl = choice & 2 ? 10 * USEC_PER_SEC : 0,
	    .heuristic = choice & 4 ? 100000 : 0,
	    .heuristic_max = USEC_PER_HOUR,
	    .stale = {choice & 8 ? USEC_PER_HOUR : 0,
		choice & 16 ? USEC_PER_HOUR : 0},
	    .set_cookie = choice & 32 ? CONF_SET_COOKIE_REMOVE
				      : CONF_SET_COOKIE_REFUSE,
	    .targets = {targets, choice & 64 ? 2 : 0},
	    .request_directives = !(choice & 128)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct conf_cache conf;
	struct reading request, reply;
	struct str replied;
	char start[32];

	if (size < 2 || size > LINES_MAX)
		return 0;
	conf = conf_of(data[0]);
	snprintf(start, sizeof(start), "HTTP/1.1 %u x\r\n",
	    200 + data[1] * 10u % 400);
	text = str_behind(text, 2);
	if (!str_next_part(&text, '\0', &replied))
		replied = STR("");
	if (reading_begin(&reply, str_from(start), replied, false)) {
		if (reading_begin(&request, STR("GET / HTTP/1.1\r\nHost: x\r\n"),
			text, true))
			try_both(&conf, &request.m, &reply.m);
		reading_end(&request);
	}
	reading_end(&reply);
	return 0;
}

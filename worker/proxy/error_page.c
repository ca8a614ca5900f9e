/*
 * error_page.c - what a client is answered instead of what it asked for.
 *
 * Runs on the exchange's fiber.  People get a page, programs JSON (RFC 9457)
 * or plain text, as their Accept says; operators may have files of their own
 * (errors), read and cut into pieces by the master.  All of these are pages of
 * pieces, and are sent as such: nothing of them is copied.
 *
 * Clients of gRPC get an error of gRPC (grpc.c) and never a page.
 *
 * Nothing tells what we are or what is behind us.  The request's id is in the
 * page and in the log: who reports an error can be found there.
 *
 * Invariant: whatever is filled in is harmless in HTML and in JSON.  Phrases
 * and words are from a table that has no such bytes, and an id has none.
 */
#include "worker/proxy/error_page.h"

#include "common/base/insist.h"
#include "worker/http/accept.h"
#include "worker/http/h1.h"
#include "worker/proxy/grpc.h"
#include "worker/proxy/options.h"
#include "worker/proxy/ours.h"

#define STATUS_DIGITS 3
#define TRY_AGAIN 5	  /* seconds, with 429, and with 502 to 504 */

/* ---- our own pages ---- */

#define TEXT(literal) {CONF_PAGE_TEXT, {literal, sizeof(literal) - 1}}
#define FILLED(part) {CONF_PAGE_##part, {NULL, 0}}

static const struct conf_page_piece plain[] = {
    FILLED(STATUS),
    TEXT(" "),
    FILLED(REASON),
    TEXT("\n\n"),
    FILLED(WORDS),
    TEXT("\n\nRequest ID: "),
    FILLED(ID),
    TEXT("\n"),
};

static const struct conf_page_piece json[] = {
    TEXT("{\"title\":\""),
    FILLED(REASON),
    TEXT("\",\"status\":"),
    FILLED(STATUS),
    TEXT(",\"detail\":\""),
    FILLED(WORDS),
    TEXT("\",\"request_id\":\""),
    FILLED(ID),
    TEXT("\"}\n"),
};

static const struct conf_page_piece html[] = {
    TEXT("<!DOCTYPE html>\n"
	 "<html lang=\"en\">\n"
	 "<head>\n"
	 "<meta charset=\"utf-8\">\n"
	 "<meta name=\"viewport\" content=\"width=device-width\">\n"
	 "<meta name=\"robots\" content=\"noindex\">\n"
	 "<link rel=\"icon\" href=\"data:,\">\n"
	 "<title>"),
    FILLED(STATUS),
    TEXT(" "),
    FILLED(REASON),
    TEXT("</title>\n"
	 "<style>\n"
	 ":root { color-scheme: light dark; --dim: #667; --line: #dde; }\n"
	 "@media (prefers-color-scheme: dark) {\n"
	 ":root { --dim: #99a; --line: #334; }\n"
	 "body { background: #15161c; color: #e6e6ee; }\n"
	 "}\n"
	 "body { margin: 0; min-height: 100vh; display: grid;\n"
	 "  place-items: center; line-height: 1.5;\n"
	 "  font-family: system-ui, sans-serif; }\n"
	 "main { max-width: 30rem; padding: 2rem; }\n"
	 "b { font-size: 4rem; line-height: 1; font-weight: 200;\n"
	 "  color: var(--dim); }\n"
	 "h1 { margin: 0.5rem 0; font-size: 1.5rem; font-weight: 600; }\n"
	 "p { margin: 0; }\n"
	 "footer { margin-top: 2rem; padding-top: 1rem; font-size: 0.8rem;\n"
	 "  border-top: 1px solid var(--line); color: var(--dim); }\n"
	 "code { overflow-wrap: anywhere; }\n"
	 "</style>\n"
	 "</head>\n"
	 "<body>\n"
	 "<main>\n"
	 "<b>"),
    FILLED(STATUS),
    TEXT("</b>\n"
	 "<h1>"),
    FILLED(REASON),
    TEXT("</h1>\n"
	 "<p>"),
    FILLED(WORDS),
    TEXT("</p>\n"
	 "<footer>Request ID <code>"),
    FILLED(ID),
    TEXT("</code></footer>\n"
	 "</main>\n"
	 "</body>\n"
	 "</html>\n"),
};

#define PAGE(type, pieces)                                                     \
	{{type, sizeof(type) - 1}, pieces, sizeof(pieces) / sizeof(pieces[0])}

/* What can be had, the usual first, and the page that it is. */
static const struct accept_offer offers[] = {
    {{"text", 4}, {"plain", 5}},
    {{"text", 4}, {"html", 4}},
    {{"application", 11}, {"problem+json", 12}},
    {{"application", 11}, {"json", 4}},
};

#define OFFERS (sizeof(offers) / sizeof(offers[0]))

static const struct conf_page pages[OFFERS] = {
    PAGE("text/plain; charset=utf-8", plain),
    PAGE("text/html; charset=utf-8", html),
    PAGE("application/problem+json", json),
    PAGE("application/problem+json", json),
};

struct str error_page_words(unsigned status)
{
	switch (status) {
#define REASON(number, phrase, words)                                          \
	case number:                                                           \
		return STR(words);
#include "worker/http/reasons.h"
#undef REASON
	default:
		return STR("The request could not be answered.");
	}
}

/* ---- which page ---- */

struct answer {
	unsigned status;
	const struct conf_page *page;
	unsigned retry_after;	    /* seconds; 0: not said */
	const struct message *from; /* an origin's head, or NULL */
};

static bool is_for(const struct conf_error_page *entry, unsigned status)
{
	unsigned bit = status - CONF_ERROR_LEAST;

	return entry->statuses[bit / 64] >> bit % 64 & 1;
}

/* The first entry of errors for STATUS, or NULL. */
static const struct conf_error_page *find_entry(const struct exchange *x,
    unsigned status, bool of_origin)
{
	if (status < CONF_ERROR_LEAST || status > CONF_ERROR_MOST)
		return NULL;
	for (unsigned i = 0; i < x->scope->error_count; i++) {
		const struct conf_error_page *entry = &x->scope->errors[i];

		if (is_for(entry, status) && (entry->origin || !of_origin))
			return entry;
	}
	return NULL;
}

/* ENTRY and FROM may be NULL. */
static struct answer choose(const struct exchange *x, unsigned status,
    const struct conf_error_page *entry, const struct message *from)
{
	struct answer a = {.status = status, .from = from};

	if (entry != NULL) {
		a.retry_after = entry->retry_after;
		a.page = entry->page;
	}
	if (from == NULL && a.retry_after == 0 &&
	    (status == 429 || (status >= 502 && status <= 504)))
		a.retry_after = TRY_AGAIN;
	if (a.page == NULL)
		a.page = &pages[accept_choose(&x->request, offers, OFFERS)];
	return a;
}

/* ---- the reply ---- */

/* STATUS is NUMBER in digits. */
static struct str fill(const struct exchange *x,
    const struct conf_page_piece *piece, struct str status, unsigned number)
{
	struct str reason = h1_reason(number);

	switch (piece->part) {
	case CONF_PAGE_TEXT:
		break;
	case CONF_PAGE_STATUS:
		return status;
	case CONF_PAGE_REASON:
		return reason.n > 0 ? reason : STR("Error");
	case CONF_PAGE_WORDS:
		return error_page_words(number);
	case CONF_PAGE_ID:
		return x->id;
	}
	return piece->text;
}

/* The body; false: no memory. */
static bool make_body(struct exchange *x, const struct answer *a,
    struct reply *reply)
{
	unsigned count = a->page->piece_count;
	struct str *body = arena_alloc(&x->arena, count * sizeof(*body));
	struct out status = exchange_out(x, STATUS_DIGITS);

	INSIST(count <= CONF_PAGE_PIECES_MAX);
	out_u64(&status, a->status);
	if (body == NULL || !out_ok(&status))
		return false;
	for (unsigned i = 0; i < count; i++)
		body[i] = fill(x, &a->page->pieces[i], out_text(&status),
		    a->status);
	reply->body = body;
	reply->body_count = count;
	return true;
}

static void add(struct reply *reply, struct str name, struct str value)
{
	if (reply->extra_count < REPLY_EXTRA_MAX)
		reply_add(reply, name, value);
}

/* What an origin's error would not be whole without. */
static bool is_kept(struct str name, const struct answer *a)
{
	return str_eq_nocase(name, STR("WWW-Authenticate")) ||
	    str_eq_nocase(name, STR("Allow")) ||
	    (a->retry_after == 0 &&
		str_eq_nocase(name, STR("Retry-After")));
}

static void add_kept(struct reply *reply, const struct answer *a)
{
	for (unsigned i = 0; i < a->from->field_count; i++) {
		const struct field *f = &a->from->fields[i];

		if (!f->drop && is_kept(field_name(f), a))
			add(reply, field_name(f), field_value(f));
	}
}

static void add_retry_after(struct exchange *x, struct reply *reply,
    unsigned seconds)
{
	struct out o = exchange_out(x, sizeof("4294967295"));

	out_u64(&o, seconds);
	if (out_ok(&o))
		add(reply, STR("Retry-After"), out_text(&o));
}

static void add_fields(struct exchange *x, const struct answer *a,
    struct reply *reply)
{
	reply->extra_count = 0;
	add(reply, STR("Cache-Control"), STR("no-store"));
	if (a->from != NULL)
		add_kept(reply, a);
	else if (a->status == 405)
		add(reply, STR("Allow"), STR(OPTIONS_ALLOW));
	if (a->retry_after > 0)
		add_retry_after(x, reply, a->retry_after);
}

/* Out of memory: the reply stays empty, and the client's connection closes. */
static void make_reply(struct exchange *x, const struct answer *a,
    struct reply *reply)
{
	struct h1_simple simple = {.status = a->status,
	    .type = a->page->type};

	if (!make_body(x, a, reply))
		return;
	add_fields(x, a, reply);
	simple.extra_count = reply->extra_count;
	simple.extra = reply->extra;
	ours_make(x, &simple, reply);
}

void error_page(struct exchange *x, struct reply *reply)
{
	unsigned status = x->end == END_malformed ? fault_status(x->fault)
						  : end_status(x->end);
	struct answer a;

	if (status == 0)
		return;
	if (grpc_is(&x->request)) {
		grpc_refuse(x, status, error_page_words(status), reply);
		return;
	}
	a = choose(x, status, find_entry(x, status, false), NULL);
	make_reply(x, &a, reply);
}

/* ---- instead of an origin's ---- */

/* What has come of the body is read, so that the connection can be used again
 * if that was all. */
static void drain_ready(struct source *s)
{
	struct str piece;

	while (!s->ended && s->is_ready(s))
		if (s->pull(s, &piece) <= 0)
			return;
}

void error_page_instead(struct exchange *x, struct reply *reply)
{
	const struct conf_error_page *entry;
	struct answer a;

	if (reply->head.status < CONF_ERROR_LEAST ||
	    x->scope->error_count == 0 || grpc_is(&x->request))
		return;
	entry = find_entry(x, reply->head.status, true);
	if (entry == NULL)
		return;
	a = choose(x, reply->head.status, entry, &reply->head);
	drain_ready(reply->source);
	if (x->end != END_NONE)
		return;
	make_reply(x, &a, reply);
	reply->replaced = reply->source;
	reply->source = NULL;
}

/*
 * fuzz_value.c - any bytes as the value of a field.
 *
 * The first byte chooses the field.  What our parser says of the value is held
 * against a second, simple reading of it.  A parser more is a function and a
 * line of the table at the end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/out.h"
#include "worker/http/accept.h"
#include "worker/http/field.h"
#include "worker/http/head.h"
#include "worker/http/scan.h"
#include "worker/http/target.h"

#define VALUE_MAX ((size_t)4096)
#define HEAD_ROOM ((size_t)256)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_head_limits limits = {
    .header = CONF_HEADER_MAX,
    .fields = CONF_FIELDS_MAX,
    .url = 1024,
};

/* A message in which VALUE stands between BEFORE and AFTER. */
struct reading {
	char text[VALUE_MAX + HEAD_ROOM];
	struct arena arena;
	struct message m;
	enum fault fault;
};

static struct str write_around(struct reading *r, const char *before,
    struct str value, const char *after)
{
	struct out o = out_make(r->text, sizeof(r->text));

	arena_init(&r->arena);
	out_str(&o, str_from(before));
	out_str(&o, value);
	out_str(&o, str_from(after));
	INSIST(out_ok(&o));
	return out_text(&o);
}

static void read_request(struct reading *r, const char *before,
    struct str value, const char *after)
{
	struct str head = write_around(r, before, value, after);

	r->fault = head_parse_request(head, &limits, &r->arena, &r->m);
}

static void read_reply(struct reading *r, const char *before,
    struct str value, const char *after)
{
	struct str head = write_around(r, before, value, after);

	r->fault = head_parse_reply(head, METHOD_GET, &limits, &r->arena,
	    &r->m);
}

static bool has_token(struct str list, const char *word)
{
	struct str token;

	while (str_next_token(&list, &token))
		if (str_eq_nocase(token, str_from(word)))
			return true;
	return false;
}

/* ---- what a connection is told ---- */

#define CONNECTION                                                             \
	"GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nCookie: b\r\nUpgrade: x\r\n"     \
	"Connection:"

static void try_connection(struct reading *r, struct str value)
{
	read_request(r, CONNECTION, value, "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE || r->fault == FAULT_connection);
	INSIST(r->fault == FAULT_connection || !has_token(value, "Cookie"));
	INSIST(r->fault == FAULT_connection || !has_token(value, "host"));
	if (r->fault != FAULT_NONE)
		return;
	INSIST(r->m.keep_alive == !has_token(value, "close"));
	INSIST(r->m.upgrade.n == has_token(value, "upgrade"));
	INSIST(r->m.fields[1].drop == has_token(value, "a"));
	INSIST(!r->m.fields[2].drop && r->m.fields[4].drop);
}

static void try_upgrade(struct reading *r, struct str value)
{
	struct str trimmed = str_trim(value);

	read_request(r, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
	    "Upgrade:", value, "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE);
	if (r->m.upgrade.n == 0)
		return;
	INSIST(str_eq(r->m.upgrade, trimmed));
	INSIST(memchr(trimmed.p, ',', trimmed.n) == NULL);
	INSIST(memchr(trimmed.p, ' ', trimmed.n) == NULL);
	INSIST(!str_eq_nocase(trimmed, STR("h2c")));
}

static void try_te(struct reading *r, struct str value)
{
	read_request(r, "GET / HTTP/1.1\r\nHost: a\r\nTE:", value,
	    "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE && r->m.fields[1].drop);
	INSIST(!r->m.takes_trailers || has_token(value, "trailers"));
}

static void try_expect(struct reading *r, struct str value)
{
	bool known = str_eq_nocase(str_trim(value), STR("100-continue"));

	read_request(r, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
	    "Expect:", value, "\r\n\r\n");
	INSIST(r->fault == (known ? FAULT_NONE : FAULT_expect_unknown));
	INSIST(!known || r->m.expects_continue);
}

/* ---- framing ---- */

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static void try_length(struct reading *r, struct str value)
{
	struct str s = str_trim(value);
	char written[32];

	read_request(r, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length:", value,
	    "\r\n\r\n");
	if (r->fault == FAULT_NONE) {
		INSIST(r->m.framing.kind == FRAMING_LENGTH);
		snprintf(written, sizeof(written), "%llu",
		    (unsigned long long)r->m.framing.length);
		INSIST(str_eq(s, str_from(written)));
		return;
	}
	INSIST(r->fault == FAULT_length_malformed);
	INSIST(!is_number(s) || s.n >= 19 || (s.n > 1 && s.p[0] == '0'));
}

static void try_reply_length(struct reading *r, struct str value)
{
	read_reply(r, "HTTP/1.1 200 OK\r\nContent-Length:", value,
	    "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE || r->fault == FAULT_length_malformed);
	INSIST((r->fault == FAULT_NONE) <= is_number(str_trim(value)));
}

static void try_coding(struct reading *r, struct str value)
{
	bool chunked = str_eq_nocase(str_trim(value), STR("chunked"));

	read_request(r, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:",
	    value, "\r\n\r\n");
	INSIST((r->fault == FAULT_NONE) == chunked);
	INSIST(chunked == (r->m.framing.kind == FRAMING_CHUNKED));
	INSIST(r->fault != FAULT_coding_unknown || has_token(value, "chunked"));
}

/* ---- who is meant ---- */

static void try_host(struct reading *r, struct str value)
{
	struct str s = str_trim(value);

	read_request(r, "GET / HTTP/1.1\r\nHost:", value, "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE || r->fault == FAULT_host_malformed);
	if (r->fault != FAULT_NONE)
		return;
	INSIST(str_eq(r->m.authority, s) && r->m.host.n <= s.n);
	for (size_t i = 0; i < s.n; i++)
		INSIST(s.p[i] == ':' || s.p[i] == '[' || s.p[i] == ']' ||
		    s.p[i] == '.' || s.p[i] == '-' || s.p[i] == '_' ||
		    (s.p[i] >= '0' && s.p[i] <= '9') ||
		    (char_lower(s.p[i]) >= 'a' && char_lower(s.p[i]) <= 'z'));
}

/* A Host that is taken is the same Host in an absolute target. */
static void try_absolute(struct reading *r, struct str value)
{
	struct str s = str_trim(value);
	struct str host;
	enum fault fault;

	read_request(r, "GET http://", s, "/b HTTP/1.0\r\n\r\n");
	if (r->fault != FAULT_NONE || memchr(s.p, '/', s.n) != NULL ||
	    memchr(s.p, '?', s.n) != NULL)
		return;
	fault = target_parse_authority(s, &r->arena, &host);
	INSIST(fault == FAULT_NONE && str_eq(host, r->m.host));
}

/* ---- fields that hold one value ---- */

static void try_type(struct reading *r, struct str value)
{
	read_request(r, "GET / HTTP/1.1\r\nHost: a\r\nContent-Type:", value,
	    "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE || r->fault == FAULT_singleton);
	INSIST(r->fault == FAULT_NONE ||
	    memchr(value.p, ',', value.n) != NULL);
	INSIST(r->fault == FAULT_singleton ||
	    memchr(value.p, ',', value.n) == NULL ||
	    memchr(value.p, '"', value.n) != NULL);
}

static void try_authorization(struct reading *r, struct str value)
{
	read_request(r, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ",
	    value, "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE || r->fault == FAULT_singleton);
	INSIST((r->fault == FAULT_singleton) <=
	    (memchr(value.p, ',', value.n) != NULL));
}

static void try_accept(struct reading *r, struct str value)
{
	static const struct accept_offer offers[] = {
	    {{"text", 4}, {"html", 4}},
	    {{"application", 11}, {"json", 4}},
	};

	read_request(r, "GET / HTTP/1.1\r\nHost: a\r\nAccept:", value,
	    "\r\n\r\n");
	INSIST(r->fault == FAULT_NONE);
	INSIST(accept_choose(&r->m, offers, 2) < 2);
}

/* ---- all of them ---- */

static void (*const parsers[])(struct reading *r, struct str value) = {
    try_connection,
    try_upgrade,
    try_te,
    try_expect,
    try_length,
    try_reply_length,
    try_coding,
    try_host,
    try_absolute,
    try_type,
    try_authorization,
    try_accept,
};

#define PARSERS (sizeof(parsers) / sizeof(parsers[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading r;
	struct str value = str_make((const char *)data + 1, size - 1);

	if (size < 1 || value.n > VALUE_MAX ||
	    scan_value(value.p, value.p + value.n) != value.p + value.n)
		return 0;
	parsers[data[0] % PARSERS](&r, value);
	arena_free(&r.arena);
	return 0;
}

/*
 * test_identity.h - a request with the fields given, from a peer: what the
 * tests of identity.c and forward.c share.
 *
 * 10.0.0.0/8, fd00::/8 and the peers of unix sockets are trusted, others are
 * not.  X is the exchange, from take to drop.
 */
#ifndef TESTS_UNIT_TEST_IDENTITY_H
#define TESTS_UNIT_TEST_IDENTITY_H

#include "common/base/random.h"
#include "tests/unit/test_head.h"
#include "worker/http/claim.h"
#include "worker/http/scan.h"
#include "worker/proxy/exchange.h"

#define PSEUDONYM "sluice-0123456789abcdef"
#define LINE "\r\n"
#define FOR "X-Forwarded-For: "
#define FORWARDED "Forwarded: "
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static const struct conf_network own_networks[] = {
    {AF_INET, 8, {10}},
    {AF_INET6, 8, {0xfd}},
    {AF_UNIX, 0, {0}},
};
static const struct conf conf = {.trusted = {own_networks, 3}};
static struct conf_listener listener = {.address.text = "127.0.0.1:8080"};
static struct conf_scope scope;
static struct client client;
static struct exchange *x;
static struct parsed parsed;

static inline void setup(void)
{
	ck_assert_int_eq(random_init(), 0);
	identity_init(&conf, PSEUDONYM);
	listener.is_unix = false;
	scope = (struct conf_scope){.forwarded = false};
}

static inline struct ip ip_from(const char *text)
{
	struct ip ip = {.family = AF_UNIX};

	if (strcmp(text, "unix") != 0)
		ck_assert(ip_parse(str_from(text), &ip));
	return ip;
}

/* HEAD begins with its request line; the empty line is added. */
static inline void take_head(const char *peer, const char *head)
{
	static char text[70000];
	struct out o = out_make(text, sizeof(text));

	out_str(&o, str_from(head));
	out_lit(&o, LINE);
	ck_assert(out_ok(&o));
	parse_request(&parsed, out_text(&o));
	check_fault(&parsed, FAULT_NONE);
	client.peer = ip_from(peer);
	client.listener = &listener;
	x = calloc(1, sizeof(*x));
	ck_assert_ptr_nonnull(x);
	x->client = &client;
	x->request = parsed.m;
	x->scope = &scope;
	arena_init(&x->arena);
	identity_take(x);
}

static inline void take(const char *peer, const char *fields)
{
	static char text[70000];

	ck_assert_int_lt(snprintf(text, sizeof(text),
	    "GET / HTTP/1.1\r\nHost: A.test\r\n%s", fields),
	    (int)sizeof(text));
	take_head(peer, text);
}

static inline void drop(void)
{
	arena_free(&x->arena);
	free(x);
	parsed_free(&parsed);
}

/* 32 hexadecimal digits in lower case? */
static inline bool is_ours(struct str id)
{
	bool ok = id.n == IDENTITY_ID_SIZE;

	for (size_t i = 0; ok && i < id.n; i++)
		ok = strchr("0123456789abcdef", id.p[i]) != NULL;
	return ok;
}

#endif

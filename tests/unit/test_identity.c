/*
 * test_identity.c - who asks: what is believed of a request's claims, and what
 * is dropped.
 */
#include "tests/unit/test_identity.h"

/* ---- who ---- */

struct row {
	const char *peer;
	const char *fields;
	const char *address;
	const char *chain;
};

static const struct row rows[] = {
    /* nobody is believed who is not trusted */
    {"192.0.2.1", "", "192.0.2.1", "192.0.2.1"},
    {"2001:db8::1", "", "2001:db8::1", "2001:db8::1"},
    {"192.0.2.1", FOR "1.1.1.1" LINE, "192.0.2.1", "192.0.2.1"},
    {"192.0.2.1", FOR "10.0.0.1" LINE, "192.0.2.1", "192.0.2.1"},
    {"192.0.2.1", FORWARDED "for=1.1.1.1" LINE, "192.0.2.1", "192.0.2.1"},
    {"11.0.0.1", FOR "1.1.1.1" LINE, "11.0.0.1", "11.0.0.1"},

    /* a trusted peer that says nothing asks for itself */
    {"10.0.0.1", "", "10.0.0.1", "10.0.0.1"},
    {"unix", "", "unix", ""},

    /* from right to left, up to the first who is not trusted */
    {"10.0.0.1", FOR "192.0.2.9" LINE, "192.0.2.9", "192.0.2.9, 10.0.0.1"},
    {"10.0.0.1", FOR "1.1.1.1, 192.0.2.9" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.1"},
    {"10.0.0.1", FOR "1.1.1.1, 192.0.2.9, 10.0.0.8" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.8, 10.0.0.1"},
    {"10.0.0.1", FOR "10.0.0.9, 192.0.2.9, 10.0.0.8" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.8, 10.0.0.1"},
    {"10.0.0.1", FOR "10.0.0.9,10.0.0.8" LINE, "10.0.0.9",
	"10.0.0.9, 10.0.0.8, 10.0.0.1"},
    {"10.0.0.1", FOR "1.1.1.1" LINE FOR "192.0.2.9" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.1"},
    {"10.0.0.1", FOR "192.0.2.9" LINE FOR "10.0.0.8" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.8, 10.0.0.1"},
    {"unix", FOR "1.1.1.1, 192.0.2.9" LINE, "192.0.2.9", "192.0.2.9"},
    {"fd00::1", FOR "2001:DB8::0:9, fd00::2" LINE, "2001:db8::9",
	"2001:db8::9, fd00::2, fd00::1"},

    /* spellings */
    {"10.0.0.1", FOR "192.0.2.9:1234" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.1"},
    {"10.0.0.1", FOR "[2001:db8::9]:1234" LINE, "2001:db8::9",
	"2001:db8::9, 10.0.0.1"},
    {"10.0.0.1", FOR "192.0.2.9, ::ffff:10.0.0.8" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.8, 10.0.0.1"},
    {"10.0.0.1", FOR ",, 192.0.2.9 ,," LINE FOR "," LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.1"},

    /* what can't be read ends it */
    {"10.0.0.1", FOR "192.0.2.9, unknown" LINE, "10.0.0.1", "10.0.0.1"},
    {"10.0.0.1", FOR "192.0.2.9, _x, 10.0.0.8" LINE, "10.0.0.8",
	"10.0.0.8, 10.0.0.1"},
    {"10.0.0.1", FOR "192.0.2.9, 10.0.0.8, 10.0.0.300" LINE, "10.0.0.1",
	"10.0.0.1"},
    {"10.0.0.1", FOR "\"192.0.2.9" LINE, "10.0.0.1", "10.0.0.1"},
    {"10.0.0.1", FOR LINE, "10.0.0.1", "10.0.0.1"},
    {"10.0.0.1", FOR "\", 192.0.2.9" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.1"},

    /* Forwarded, where there is no X-Forwarded-For */
    {"10.0.0.1", FORWARDED "for=192.0.2.9" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.1"},
    {"10.0.0.1", FORWARDED "for=1.1.1.1, for=\"[2001:db8::9]:80\";proto=http"
	LINE FORWARDED "For=10.0.0.8;by=10.0.0.1" LINE, "2001:db8::9",
	"2001:db8::9, 10.0.0.8, 10.0.0.1"},
    {"10.0.0.1", FORWARDED "for=\"1.1.1.1, for=192.0.2.9" LINE, "192.0.2.9",
	"192.0.2.9, 10.0.0.1"},
    {"10.0.0.1", FORWARDED "for=192.0.2.9, proto=http" LINE, "10.0.0.1",
	"10.0.0.1"},
    {"10.0.0.1", FORWARDED "for=192.0.2.9, for=unknown" LINE, "10.0.0.1",
	"10.0.0.1"},
    {"10.0.0.1", FORWARDED "for=1.1.1.1" LINE FOR "192.0.2.9" LINE,
	"192.0.2.9", "192.0.2.9, 10.0.0.1"},
    {"10.0.0.1", FORWARDED "for=1.1.1.1" LINE FOR "unknown" LINE,
	"10.0.0.1", "10.0.0.1"},
};

START_TEST(client_is_the_last_whom_nobody_trusts)
{
	const struct row *row = &rows[_i];
	struct ip expected = ip_from(row->address);

	take(row->peer, row->fields);
	ck_assert_uint_eq(x->end, END_NONE);
	check_text(x->identity.address, str_from(row->address));
	check_text(x->identity.chain, str_from(row->chain));
	ck_assert(ip_eq(&x->identity.client, &expected));
	drop();
}
END_TEST

START_TEST(endless_chain_of_our_own_is_cut)
{
	static char fields[64000] = FOR "192.0.2.9";
	size_t n = strlen(fields);

	for (int i = 0; i < 5000; i++)
		n += (size_t)sprintf(fields + n, ",10.1.%d.%d", i / 250,
		    i % 250);
	strcpy(fields + n, LINE);
	take("10.0.0.1", fields);
	ck_assert_uint_eq(x->end, END_NONE);
	check_text(x->identity.address, STR("10.1.19.218"));
	ck_assert_uint_eq(scan_count(x->identity.chain.p,
	    x->identity.chain.n, ','), IDENTITY_HOPS_MAX);
	drop();
}
END_TEST

/* ---- how ---- */

struct word_row {
	const char *peer;
	const char *fields;
	const char *proto, *host, *port;
};

static const struct word_row words[] = {
    {"192.0.2.1", "", "http", "A.test", "8080"},
    {"192.0.2.1", "X-Forwarded-Proto: https" LINE "X-Forwarded-Host: b" LINE
	"X-Forwarded-Port: 1" LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "", "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Proto: HTTPS" LINE "X-Forwarded-Host: b:9" LINE
	"X-Forwarded-Port: 1" LINE, "https", "b:9", "1"},

    /* the port goes with what else is said */
    {"10.0.0.1", "X-Forwarded-Port: 1" LINE, "http", "A.test", "1"},
    {"10.0.0.1", "X-Forwarded-Proto: https" LINE, "https", "A.test", "443"},
    {"10.0.0.1", "X-Forwarded-Proto: http" LINE, "http", "A.test", "80"},
    {"10.0.0.1", "X-Forwarded-Host: b" LINE, "http", "b", "80"},
    {"10.0.0.1", "X-Forwarded-Host: [::1]:81" LINE, "http", "[::1]:81", "81"},
    {"10.0.0.1", "X-Forwarded-Proto: https" LINE "X-Forwarded-Host: b:82" LINE,
	"https", "b:82", "82"},

    /* malformed or several: ours */
    {"10.0.0.1", "X-Forwarded-Proto: https, http" LINE, "http", "A.test",
	"8080"},
    {"10.0.0.1", "X-Forwarded-Proto: https" LINE "X-Forwarded-Proto: http"
	LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Proto: javascript" LINE, "http", "A.test",
	"8080"},
    {"10.0.0.1", "X-Forwarded-Host: b, c" LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Host: b/c" LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Host: b\"c" LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Host:" LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Port: 0" LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Port: 65536" LINE, "http", "A.test", "8080"},
    {"10.0.0.1", "X-Forwarded-Port: 080" LINE, "http", "A.test", "8080"},

    /* Forwarded: of the hop that is the client's */
    {"10.0.0.1", FORWARDED "for=192.0.2.9;proto=https;host=\"b:9\"" LINE,
	"https", "b:9", "9"},
    {"10.0.0.1", FORWARDED "for=1.1.1.1;proto=http;host=x, "
	"for=192.0.2.9;proto=https, for=10.0.0.8;proto=http;host=y" LINE,
	"https", "A.test", "443"},
    {"10.0.0.1", FORWARDED "for=192.0.2.9;proto=ftp;host=\"b c\"" LINE,
	"http", "A.test", "8080"},
    {"10.0.0.1", FOR "192.0.2.9" LINE FORWARDED "for=192.0.2.9;proto=https"
	LINE, "http", "A.test", "8080"},
};

START_TEST(words_are_a_trusted_peers_or_ours)
{
	const struct word_row *row = &words[_i];

	take(row->peer, row->fields);
	check_text(x->identity.proto, str_from(row->proto));
	check_text(x->identity.host, str_from(row->host));
	check_text(x->identity.port, str_from(row->port));
	drop();
}
END_TEST

/* ---- ids ---- */

START_TEST(id_is_a_trusted_peers_or_ours)
{
	take("10.0.0.1", "X-Request-Id: a-1" LINE);
	check_text(x->id, STR("a-1"));
	drop();
	take("192.0.2.1", "X-Request-Id: a-1" LINE);
	ck_assert(is_ours(x->id));
	drop();
	take("10.0.0.1", "X-Request-Id: a 1" LINE);
	ck_assert(is_ours(x->id));
	drop();
	take("10.0.0.1", "X-Request-Id: a" LINE "X-Request-Id: b" LINE);
	ck_assert(is_ours(x->id));
	drop();
}
END_TEST

START_TEST(what_was_not_understood_has_an_id_and_an_address)
{
	struct client c = {.peer = ip_from("10.0.0.1"), .listener = &listener};
	struct exchange malformed = {.client = &c, .end = END_malformed};

	identity_take(&malformed);
	ck_assert(is_ours(malformed.id));
	check_text(malformed.identity.address, STR("10.0.0.1"));
}
END_TEST

/* ---- loops ---- */

START_TEST(our_own_pseudonym_in_via_is_a_loop)
{
	take("192.0.2.1", "Via: 1.1 other" LINE
	    "Via: 1.0 a, HTTP/1.1 " PSEUDONYM " (x), 1.1 b" LINE);
	ck_assert_uint_eq(x->end, END_loop);
	drop();
	take("192.0.2.1", "Via: 1.1 sluice-fedcba9876543210" LINE);
	ck_assert_uint_eq(x->end, END_NONE);
	drop();
	take("192.0.2.1", "X-Via: 1.1 " PSEUDONYM LINE);
	ck_assert_uint_eq(x->end, END_NONE);
	drop();
}
END_TEST

/* ---- what is dropped ---- */

/* The names that are kept, but Host, with a blank behind each. */
static void check_kept(const char *peer, const char *fields,
    const char *expected)
{
	char text[1024];
	struct out o = out_make(text, sizeof(text));

	take(peer, fields);
	for (unsigned i = 0; i < x->request.field_count; i++)
		if (!x->request.fields[i].drop) {
			out_str(&o, field_name(&x->request.fields[i]));
			out_char(&o, ' ');
		}
	check_text(out_text(&o), str_from(expected));
	drop();
}

#define ALL_CLAIMS FOR "1.1.1.1" LINE "X-Forwarded-Proto: https" LINE \
	"X-Forwarded-Host: b" LINE "X-Forwarded-Port: 1" LINE \
	"X-Forwarded-User: root" LINE "X-Forwarded: for=1" LINE \
	FORWARDED "for=1" LINE "X-Real-IP: 1.1.1.1" LINE \
	"true-client-ip: 1.1.1.1" LINE "Front-End-Https: on" LINE \
	"X-Original-URL: /admin" LINE "X-Request-ID: 1" LINE \
	"tracestate: a=b" LINE "Via: 1.0 z" LINE "A: b" LINE

START_TEST(claims_of_strangers_are_dropped)
{
	check_kept("192.0.2.1", ALL_CLAIMS "traceparent: " TRACE LINE,
	    "Via A ");
}
END_TEST

START_TEST(claims_of_the_trusted_are_kept_if_we_write_none)
{
	check_kept("10.0.0.1", ALL_CLAIMS "traceparent: " TRACE LINE,
	    "X-Forwarded-User X-Forwarded X-Real-IP true-client-ip "
	    "Front-End-Https X-Original-URL tracestate Via A ");
	check_kept("10.0.0.1", "tracestate: a=b" LINE, "");
	check_kept("10.0.0.1", "tracestate: a=b" LINE "traceparent: x" LINE,
	    "");
	check_kept("10.0.0.1", "tracestate: a=b" LINE "traceparent: " TRACE LINE
	    "traceparent: " TRACE LINE, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("identity");
	TCase *tc = tcase_create("identity");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, client_is_the_last_whom_nobody_trusts, 0,
	    COUNT(rows));
	tcase_add_test(tc, endless_chain_of_our_own_is_cut);
	tcase_add_loop_test(tc, words_are_a_trusted_peers_or_ours, 0,
	    COUNT(words));
	tcase_add_test(tc, id_is_a_trusted_peers_or_ours);
	tcase_add_test(tc, what_was_not_understood_has_an_id_and_an_address);
	tcase_add_test(tc, our_own_pseudonym_in_via_is_a_loop);
	tcase_add_test(tc, claims_of_strangers_are_dropped);
	tcase_add_test(tc, claims_of_the_trusted_are_kept_if_we_write_none);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

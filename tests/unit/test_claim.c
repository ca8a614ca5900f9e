/*
 * test_claim.c - what a request says of its own way, as values.
 */
#include "tests/unit/test_head.h"
#include "worker/http/claim.h"

#define LINE "\r\n"
#define FOR "X-Forwarded-For: "
#define START "GET / HTTP/1.1\r\nHost: a\r\n"

/* ---- lists ---- */

struct list_row {
	struct str fields;
	const char *expected; /* from the last to the first, "|" between */
};

static const struct list_row lists[] = {
    {TEXT(FOR "1" LINE), "1"},
    {TEXT(FOR "1, 2,3 ,\t4" LINE), "4|3|2|1"},
    {TEXT(FOR "1, 2" LINE "A: x" LINE FOR "3, 4" LINE), "4|3|2|1"},
    {TEXT(FOR "" LINE), ""},
    {TEXT(FOR " , ,, " LINE), ""},
    {TEXT(FOR ",1,,2," LINE FOR "," LINE), "2|1"},
    {TEXT(FOR "a b, c" LINE), "c|a b"},
    {TEXT(FOR "\"1, 2\", 3" LINE), "3|\"1, 2\""},
    {TEXT(FOR "1, \"2, 3" LINE), "3|1, \"2"},
    {TEXT(FOR "\", 3, 4" LINE), "4|3|\""},
    {TEXT("x-forwarded-FOR: 1" LINE FOR "2" LINE), "2|1"},
    {TEXT("X-Forwarded-Host: 1" LINE), ""},
};

static void parse_fields(struct parsed *p, struct str fields)
{
	char text[4096];
	struct out o = out_make(text, sizeof(text));

	out_lit(&o, START);
	out_str(&o, fields);
	out_lit(&o, LINE);
	ck_assert(out_ok(&o));
	parse_request(p, out_text(&o));
	check_fault(p, FAULT_NONE);
}

START_TEST(list_is_read_from_its_end)
{
	const struct list_row *row = &lists[_i];
	char text[256];
	struct out o = out_make(text, sizeof(text));
	struct claim_list list;
	struct str element;
	struct parsed p;

	parse_fields(&p, row->fields);
	list = claim_list(&p.m, FIELD_x_forwarded_for);
	while (claim_list_last(&list, &element)) {
		if (o.n > 0)
			out_char(&o, '|');
		out_str(&o, element);
	}
	check_text(out_text(&o), str_from(row->expected));
	ck_assert(!claim_list_last(&list, &element));
	parsed_free(&p);
}
END_TEST

/* ---- addresses ---- */

struct node_row {
	struct str text;
	const char *expected; /* NULL: it is none */
};

static const struct node_row nodes[] = {
    {TEXT("192.0.2.1"), "192.0.2.1"},
    {TEXT("0.0.0.0"), "0.0.0.0"},
    {TEXT("255.255.255.255:65535"), "255.255.255.255"},
    {TEXT("192.0.2.1:0"), "192.0.2.1"},
    {TEXT("2001:DB8:0::1"), "2001:db8::1"},
    {TEXT("::"), "::"},
    {TEXT("[::1]"), "::1"},
    {TEXT("[2001:db8::1]:443"), "2001:db8::1"},
    {TEXT("::ffff:192.0.2.1"), "192.0.2.1"},
    {TEXT("[::ffff:c000:201]:1"), "192.0.2.1"},
    {TEXT(""), NULL},
    {TEXT("unknown"), NULL},
    {TEXT("_hidden"), NULL},
    {TEXT("_hidden:80"), NULL},
    {TEXT("localhost"), NULL},
    {TEXT("192.0.2"), NULL},
    {TEXT("192.0.2.1.1"), NULL},
    {TEXT("192.0.2.256"), NULL},
    {TEXT("192.0.02.1"), NULL},
    {TEXT("0x7f.0.0.1"), NULL},
    {TEXT("3221225985"), NULL},
    {TEXT("192.0.2.1/32"), NULL},
    {TEXT("192.0.2.1 "), NULL},
    {TEXT("192.0.2.1 192.0.2.2"), NULL},
    {TEXT("192.0.2.1:"), NULL},
    {TEXT("192.0.2.1:65536"), NULL},
    {TEXT("192.0.2.1:000080"), NULL},
    {TEXT("192.0.2.1:_port"), NULL},
    {TEXT("192.0.2.1\0"), NULL},
    {TEXT("192.0.2.1\0:80"), NULL},
    {TEXT("[192.0.2.1]"), NULL},
    {TEXT("[]"), NULL},
    {TEXT("["), NULL},
    {TEXT("[::1"), NULL},
    {TEXT("[::1]x"), NULL},
    {TEXT("[::1]:"), NULL},
    {TEXT("[::1]:x"), NULL},
    {TEXT("::1]"), NULL},
    {TEXT("fe80::1%eth0"), NULL},
    {TEXT(":::1"), NULL},
    {TEXT("2001:db8:0:0:0:0:0:0:1"), NULL},
    {TEXT("2001:0db8:0000:0000:0000:0000:0000:0000:0000:0001"), NULL},
    {TEXT("\"192.0.2.1\""), NULL},
    {TEXT(":80"), NULL},
};

START_TEST(node_is_an_address_or_nothing)
{
	const struct node_row *row = &nodes[_i];
	char text[IP_TEXT_MAX];
	struct out o = out_make(text, sizeof(text));
	struct ip ip;
	bool is = claim_node(row->text, &ip);

	ck_assert_msg(is == (row->expected != NULL), "%" PRI_STR,
	    ARG_STR(row->text));
	if (!is)
		return;
	ip_write(&ip, &o);
	ck_assert(out_ok(&o));
	check_text(out_text(&o), str_from(row->expected));
}
END_TEST

/* ---- Forwarded ---- */

struct hop_row {
	struct str element;
	bool good;
	const char *node, *proto, *host;
};

static const struct hop_row hops[] = {
    {TEXT("for=192.0.2.1"), true, "192.0.2.1", NULL, NULL},
    {TEXT("For=\"[2001:db8::1]:80\";PROTO=https;host=\"a:8\""), true,
	"[2001:db8::1]:80", "https", "a:8"},
    {TEXT("by=10.0.0.1;secret=x;for=_a"), true, "_a", NULL, NULL},
    {TEXT("proto=http; host=a"), true, NULL, "http", "a"},
    {TEXT("for=\"a, b\""), true, "a, b", NULL, NULL},
    {TEXT("for=1;for=2"), false, NULL, NULL, NULL},
    {TEXT("for"), false, NULL, NULL, NULL},
    {TEXT("for="), false, NULL, NULL, NULL},
    {TEXT("=1"), false, NULL, NULL, NULL},
    {TEXT("for=\"\""), false, NULL, NULL, NULL},
    {TEXT("for=\"1"), false, NULL, NULL, NULL},
    {TEXT("for=\""), false, NULL, NULL, NULL},
    {TEXT("for=\"a\\\"b\""), false, NULL, NULL, NULL},
    {TEXT("for=[::1]"), false, NULL, NULL, NULL},
    {TEXT("for=192.0.2.1:80"), false, NULL, NULL, NULL},
    {TEXT("for=1;"), false, NULL, NULL, NULL},
    {TEXT(";for=1"), false, NULL, NULL, NULL},
    {TEXT("for=1 proto=http"), false, NULL, NULL, NULL},
    {TEXT("for =1"), false, NULL, NULL, NULL},
    {TEXT("for= 1"), false, NULL, NULL, NULL},
};

static void check_part(struct str found, const char *expected)
{
	ck_assert_int_eq(found.p != NULL, expected != NULL);
	if (expected != NULL)
		check_text(found, str_from(expected));
}

START_TEST(hop_of_forwarded_is_read_strictly)
{
	const struct hop_row *row = &hops[_i];
	struct claim_hop hop;

	ck_assert_msg(claim_hop(row->element, &hop) == row->good,
	    "%" PRI_STR, ARG_STR(row->element));
	if (!row->good)
		return;
	check_part(hop.node, row->node);
	check_part(hop.proto, row->proto);
	check_part(hop.host, row->host);
}
END_TEST

/* ---- words ---- */

START_TEST(proto_is_one_of_two)
{
	check_text(claim_proto(STR("http")), STR("http"));
	check_text(claim_proto(STR("HTTPS")), STR("https"));
	ck_assert_ptr_null(claim_proto(STR("https, http")).p);
	ck_assert_ptr_null(claim_proto(STR("ftp")).p);
	ck_assert_ptr_null(claim_proto(STR("")).p);
	ck_assert_ptr_null(claim_proto(STR_NONE).p);
}
END_TEST

START_TEST(request_id_is_short_and_plain)
{
	char text[CLAIM_REQUEST_ID_MAX + 1];

	memset(text, 'a', sizeof(text));
	ck_assert(claim_is_request_id(str_make(text, sizeof(text) - 1)));
	ck_assert(!claim_is_request_id(str_make(text, sizeof(text))));
	ck_assert(claim_is_request_id(STR("0aZ._=+/-")));
	ck_assert(!claim_is_request_id(STR("")));
	ck_assert(!claim_is_request_id(STR_NONE));
	for (unsigned c = 0; c < 256; c++) {
		char one = (char)c;
		bool good = c > 0 && c < 128 &&
		    (char_is_digit(one) || strchr("._=+/-", one) != NULL ||
			(char_lower(one) >= 'a' && char_lower(one) <= 'z'));

		ck_assert_int_eq(claim_is_request_id(str_make(&one, 1)), good);
	}
}
END_TEST

#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"
#define ZEROS SIXTEEN("0")

struct word_row {
	struct str text;
	bool good;
};

static const struct word_row traces[] = {
    {TEXT("00-" TRACE_ID "-" SPAN "-01"), true},
    {TEXT("00-" TRACE_ID "-" SPAN "-ff"), true},
    {TEXT("cc-" TRACE_ID "-" SPAN "-01"), true},
    {TEXT("01-" TRACE_ID "-" SPAN "-01-what.else"), true},
    {TEXT("00-" TRACE_ID "-" SPAN "-01-what.else"), false},
    {TEXT("01-" TRACE_ID "-" SPAN "-01x"), false},
    {TEXT("ff-" TRACE_ID "-" SPAN "-01"), false},
    {TEXT("00-" ZEROS ZEROS "-" SPAN "-01"), false},
    {TEXT("00-" TRACE_ID "-" ZEROS "-01"), false},
    {TEXT("00-0AF7651916cd43dd8448eb211c80319c-" SPAN "-01"), false},
    {TEXT("00-" TRACE_ID "-" SPAN "-0"), false},
    {TEXT("00-" TRACE_ID "-" SPAN "-0g"), false},
    {TEXT("00_" TRACE_ID "-" SPAN "-01"), false},
    {TEXT("00-" TRACE_ID SPAN "--01"), false},
    {TEXT("00-" TRACE_ID "-" SPAN), false},
    {TEXT(""), false},
};

START_TEST(traceparent_is_read_as_its_standard_says)
{
	ck_assert_msg(claim_is_trace(traces[_i].text) == traces[_i].good,
	    "%" PRI_STR, ARG_STR(traces[_i].text));
}
END_TEST

START_TEST(endless_traceparent_is_none)
{
	char text[CLAIM_TRACE_MAX + 1];

	memset(text, 'x', sizeof(text));
	memcpy(text, "01-" TRACE_ID "-" SPAN "-01-", 56);
	ck_assert(claim_is_trace(str_make(text, sizeof(text) - 1)));
	ck_assert(!claim_is_trace(str_make(text, sizeof(text))));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("claim");
	TCase *tc = tcase_create("claim");

	tcase_add_loop_test(tc, list_is_read_from_its_end, 0, COUNT(lists));
	tcase_add_loop_test(tc, node_is_an_address_or_nothing, 0,
	    COUNT(nodes));
	tcase_add_loop_test(tc, hop_of_forwarded_is_read_strictly, 0,
	    COUNT(hops));
	tcase_add_test(tc, proto_is_one_of_two);
	tcase_add_test(tc, request_id_is_short_and_plain);
	tcase_add_loop_test(tc, traceparent_is_read_as_its_standard_says, 0,
	    COUNT(traces));
	tcase_add_test(tc, endless_traceparent_is_none);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

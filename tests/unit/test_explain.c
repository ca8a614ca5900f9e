/*
 * test_explain.c - the way of a request: conditions, templates, rewriting and
 * routes, as explain goes and tells it.
 */
#include <check.h>

#include "tests/unit/test_conf_util.h"
#include "worker/proxy/explain.h"

static struct conf_case c;

static const char vhost[] =
    "host = [ \"a.test\", \"b.test\" ];\n"
    "canonical = \"a.test\";\n"
    "rewrite = ( { match = \"^/v/(.*)$\"; to = \"/${1}?v=${1}\"; },\n"
    "  { match = \"oo+\"; to = \"0\"; then = \"continue\"; },\n"
    "  { match = \"^/s/(?<x>.*)$\"; redirect = 301; to = \"/t/${x}\"; },\n"
    "  { match = \"^/e(.*)$\"; to = \"${1}\"; } );\n"
    "routes = (\n"
    "  { path = \"/\"; proxy = \"http://127.0.0.1:1/base\"; },\n"
    "  { path = \"/api\"; strip = true; proxy = \"http://127.0.0.1:2\"; },\n"
    "  { path = \"/c\"; cookie = \"k=1\"; respond = \"c\"; },\n"
    "  { path = \"/c\"; query = \"k=a b\"; header = \"X-H\";\n"
    "    respond = { status = 404; }; },\n"
    "  { path = \"/m\"; method = [ \"PUT\", \"POST\" ]; respond = \"m\"; },\n"
    "  { path = \"/f\"; from = \"10.0.0.0/8\"; respond = \"f\"; },\n"
    "  { path = \"/to\"; redirect = \"/u/${header:X-H}/${cookie:k}\"; },\n"
    "  { path = \"/up\"; redirect = \"/x${path_rest}?p=${path}&q=${query}\"; }"
    ",\n"
    "  { path_regex = \"^/p/(.)\"; first = true;\n"
    "    rewrite = \"/q/${1}\"; proxy = \"http://127.0.0.1:3\"; },\n"
    "  { path_regex = \"^/hard/(a+)+$\"; respond = \"s\"; } );\n";

static void setup(void)
{
	conf_case_begin(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf", vhost);
	conf_case_load(&c, NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
}

static void teardown(void)
{
	conf_case_end(&c);
}

#define GET(rest) "GET\thttp://a.test" rest
#define HERE "\t127.0.0.1"
#define OK "answer    HTTP/1.1 200 OK\n"
#define PLACE(there) "answer    Location: " there "\n"
#define TO(port, target) "forwards  GET " target " to 127.0.0.1:" port ","

static const struct {
	const char *question;
	const char *told;
} cases[] = {
    /* routes, strip, the prefix of a server */
    {GET("/x?y") HERE, TO("1", "/base/x?y")},
    {GET("") HERE, TO("1", "/base/")},
    {GET("/api/x") HERE, TO("2", "/x")},
    {GET("/api//x//y/") HERE, TO("2", "/x//y/")},
    {GET("/api") HERE, TO("2", "/")},
    {GET("/apix") HERE, TO("1", "/base/apix")},
    {GET("/p/1/2?z") HERE, TO("3", "/q/1?z")},
    /* conditions */
    {GET("/c") HERE "\tCookie: a=b; k=1", OK},
    {GET("/c") HERE "\tCookie: k=2; k=1", TO("1", "/base/c")},
    {GET("/c") HERE "\tCookie: kk=1", "not /c: needs cookie k=1"},
    {GET("/c?k=a+b") HERE "\tX-h:", "HTTP/1.1 404 Not Found"},
    {GET("/c?z&%6b=a%20%62&") HERE "\tX-H: 1", "HTTP/1.1 404 Not Found"},
    {GET("/c?k=a%2") HERE "\tX-H: 1", "needs query k=a b"},
    {GET("/c?k=a+b") HERE, "needs header X-H"},
    {"PUT\thttp://a.test/m" HERE, OK},
    {GET("/m") HERE, "needs method PUT or POST"},
    {GET("/f") "\t10.255.0.1", OK},
    {GET("/f") "\t11.0.0.1", "needs from"},
    /* rewriting */
    {GET("/v/a&b+c=d;e?f=g") HERE,
	TO("1", "/base/a&b+c=d;e?v=a%26b%2Bc%3Dd%3Be")},
    {GET("/foo/bo?o=oo") HERE, TO("1", "/base/f0/bo?o=oo")},
    {GET("/s/oo/x?y") HERE, "HTTP/1.1 301 Moved Permanently"},
    {GET("/s/oo/x?y") HERE, PLACE("/t/0/x?y")},
    {GET("/e") HERE, TO("1", "/base/")},
    {GET("/ea%2Fb") HERE, TO("1", "/base/a%2Fb")},
    {GET("/e/api/x") HERE, TO("2", "/x")},
    {GET("/e..") HERE, "answer    400, end=malformed"},
    /* templates */
    {GET("/to") HERE "\tX-H: a/\xc3\xa4 \"%\tCookie: k=/..//",
	PLACE("/u/a%2F%C3%A4%20%22%25/%2F..%2F%2F")},
    {GET("/to") HERE, PLACE("/u//")},
    {GET("/up/a=b/c?d&e=f") HERE, PLACE("/x/a=b/c?p=/up/a%3Db/c&q=d&e=f")},
    {GET("/up") HERE, PLACE("/x?p=/up&q=")},
    /* hosts */
    {"GET\thttps://B.test.:444/x" HERE, PLACE("https://a.test:444/x")},
    {"GET\thttp://c.test/" HERE, "answer    421, end=unknown_host"},
    {"TRACE\thttp://a.test/" HERE, "answer    405, end=method_refused"},
    /* what is refused */
    {GET("/hard/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab") HERE,
	"answer    500, end=pattern_too_hard"},
    {GET("/%2e%2e/") HERE, "the path climbs above the root"},
    {GET("/api%2Fx") HERE, "lenient readers may find another route"},
    {GET("/") HERE "\tHost: a", "there is more than one Host"},
    {GET("/") HERE "\tA: b\rX: y", "answer    400: "},
    {"\thttp://a.test/" HERE, "answer    400: "},
    {"", "error: a URL is missing"},
    {"GET", "error: a URL is missing"},
    {"GET\thttp://" HERE, "error: a URL is missing"},
    {GET("/"), "error: --from is not an address"},
    {GET("/") "\t::1%lo", "error: --from is not an address"},
};

START_TEST(a_request_goes_this_way)
{
	static char text[48 * 1024];
	struct out answer = out_make(text, sizeof(text));
	bool ok = explain(c.conf, str_from(cases[_i].question), &answer);
	const char *got = out_cstr(&answer);

	ck_assert_msg(strstr(got, cases[_i].told) != NULL,
	    "%s:\n%s is not in\n%s", cases[_i].question, cases[_i].told, got);
	ck_assert_int_eq(ok, strncmp(got, "error: ", 7) != 0);
}
END_TEST

START_TEST(an_answer_that_is_too_long_is_known_to_be)
{
	char text[100];
	struct out answer = out_make(text, sizeof(text));

	ck_assert(explain(c.conf, str_from(GET("/") HERE), &answer));
	ck_assert(!out_ok(&answer));
	ck_assert_uint_le(answer.n, sizeof(text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain");
	TCase *tc = tcase_create("explain");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_request_goes_this_way, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, an_answer_that_is_too_long_is_known_to_be);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

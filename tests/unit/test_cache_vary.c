/*
 * test_cache_vary.c - which of a resource's replies a request selects.
 */
#include "tests/unit/test_head.h"
#include "worker/cache/vary.h"

#define ROOM 2048
#define TEN(x) x x x x x x x x x x

/* A head that is nothing but field lines. */
static void parse_fields(struct parsed *p, const char *lines)
{
	char text[ROOM];
	struct out o = out_make(text, ROOM);

	out_lit(&o, "GET / HTTP/1.1\r\nHost: x\r\n");
	out_str(&o, str_from(lines));
	out_lit(&o, "\r\n");
	ck_assert(out_ok(&o));
	parse_request(p, out_text(&o));
	ck_assert_str_eq(fault_name(p->fault), "none");
}

/* ---- specs ---- */

static const struct {
	const char *lines;
	enum vary vary;
	const char *spec;
} specs[] = {
    {"", VARY_NOTHING, ""},
    {"Vary:\r\n", VARY_NOTHING, ""},
    {"Vary: ,, ,\r\n", VARY_NOTHING, ""},
    {"Vary: Foo\r\n", VARY_FIELDS, "foo"},
    {"vary: foo, FOO\r\nVARY: Foo\r\n", VARY_FIELDS, "foo"},
    {"Vary: Foo,Bar\r\nVary: baz\r\n", VARY_FIELDS, "bar\nbaz\nfoo"},
    {"Vary: ab, a\r\n", VARY_FIELDS, "a\nab"},
    {"Vary: *\r\n", VARY_ANY, ""},
    {"Vary: Foo, *\r\n", VARY_ANY, ""},
    {"Vary: *, Foo\r\n", VARY_ANY, ""},
    {"Vary: *, *\r\n", VARY_ANY, ""},
    {"Vary:\r\nVary: *\r\n", VARY_ANY, ""},
    {"Vary: foo bar\r\n", VARY_ANY, ""},
    {"Vary: \"foo\"\r\n", VARY_ANY, ""},
    {"Vary: Host, Range, If-None-Match\r\n", VARY_NOTHING, ""},
    {"Vary: Host, Cookie\r\n", VARY_FIELDS, "cookie"},
    {"Vary: X-Forwarded-Proto\r\n", VARY_NOTHING, ""},
    {"Vary: X-Forwarded-For\r\n", VARY_ANY, ""},
    {"Vary: Cookie, X-Real-IP\r\n", VARY_ANY, ""},
    {"Vary: Client-Cert\r\n", VARY_ANY, ""},
    {"Vary: x_forwarded_for\r\n", VARY_ANY, ""},
    {"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\r\n", VARY_FIELDS,
	"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np"},
    {"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n", VARY_HARD, ""},
    {"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,*\r\n", VARY_ANY, ""},
    {"Vary: " TEN(TEN("abc")) "\r\n", VARY_HARD, ""},
};

START_TEST(specs_are_sorted_names_without_case)
{
	char text[ROOM];
	struct out o = out_make(text, ROOM);
	struct parsed p;

	parse_fields(&p, specs[_i].lines);
	ck_assert_int_eq(vary_read(&p.m, &o), specs[_i].vary);
	if (specs[_i].vary != VARY_HARD)
		ck_assert_str_eq(out_cstr(&o), specs[_i].spec);
	parsed_free(&p);
}
END_TEST

START_TEST(a_spec_that_does_not_fit_is_hard)
{
	char text[6];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	parse_fields(&p, "Vary: one, two\r\n");
	ck_assert_int_eq(vary_read(&p.m, &o), VARY_HARD);
	parsed_free(&p);
}
END_TEST

/* ---- texts ---- */

static struct str text_of(const char *spec, const char *lines, char *buf)
{
	struct str texts[VARY_TEXTS_MAX];
	struct out o = out_make(buf, ROOM);
	struct parsed p;

	parse_fields(&p, lines);
	ck_assert_uint_gt(vary_of_request(str_from(spec), &p.m, &o, texts), 0);
	parsed_free(&p);
	return texts[0];
}

static const struct {
	const char *spec;
	const char *lines;
	const char *text;
} texts[] = {
    {"", "Foo: 1\r\n", ""},
    {"foo", "", "foo\n"},
    {"foo", "Foo:\r\n", "foo:\n"},
    {"foo", "FOO: 1\r\n", "foo:1\n"},
    {"foo", "Foo:  1 ,\t2 , 3\r\n", "foo:1,2,3\n"},
    {"foo", "Foo: 1\r\nBar: x\r\nFoo: 2\r\n", "foo:1,2\n"},
    {"foo", "Foo: one  word, two\r\n", "foo:one  word,two\n"},
    {"foo", "Foo: \"a , b\" , c\r\n", "foo:\"a , b\",c\n"},
    {"foo", "Foo: \"a\\\" , b\" , c\r\n", "foo:\"a\\\" , b\",c\n"},
    {"foo", "Foo: \"a , b\r\n", "foo:\"a , b\n"},
    {"foo", "Foo: \"a\\\r\n", "foo:\"a\\\n"},
    {"bar\nfoo", "Foo: 1\r\n", "bar\nfoo:1\n"},
    {"cookie", "Cookie: a=1; b=2\r\n", "cookie:a=1;b=2\n"},
    {"cookie", "Cookie: a=1, 2\r\nCookie: b=2\r\n", "cookie:a=1, 2;b=2\n"},
    {"accept-encoding", "", "accept-encoding\n"},
    {"accept-encoding", "Accept-Encoding:\r\n", "accept-encoding:\n"},
    {"accept-encoding", "Accept-Encoding: gzip, br\r\n",
	"accept-encoding:br,gzip\n"},
    {"accept-encoding", "Accept-Encoding: BR\r\nAccept-Encoding: GZip\r\n",
	"accept-encoding:br,gzip\n"},
    {"accept-encoding", "Accept-Encoding: br;q=0.5, gzip ; q=1.0\r\n",
	"accept-encoding:gzip;br\n"},
    {"accept-encoding", "Accept-Encoding: br;q=0.2, gzip;Q=0.4\r\n",
	"accept-encoding:gzip;br\n"},
    {"accept-encoding", "Accept-Encoding: gzip, br;q=0, identity\r\n",
	"accept-encoding:gzip\n"},
    {"accept-encoding", "Accept-Encoding: gzip, identity;q=0.1\r\n",
	"accept-encoding:gzip\n"},
    {"accept-encoding", "Accept-Encoding: identity\r\n",
	"accept-encoding:\n"},
    {"accept-encoding", "Accept-Encoding: identity, gzip;q=0.5\r\n",
	"accept-encoding:identity;gzip\n"},
    {"accept-encoding", "Accept-Encoding: gzip, identity;q=0\r\n",
	"accept-encoding:gzip/identity\n"},
    {"accept-encoding", "Accept-Encoding: gzip, *;q=0\r\n",
	"accept-encoding:gzip/*\n"},
    {"accept-encoding", "Accept-Encoding: gzip, identity;q=0.5, *;q=0\r\n",
	"accept-encoding:gzip\n"},
    {"accept-encoding", "Accept-Encoding: *, br;q=0\r\n",
	"accept-encoding:*/br\n"},
    {"accept-encoding", "Accept-Encoding: gzip, gzip;q=0.1\r\n",
	"accept-encoding:gzip\n"},
    {"accept-encoding", "Accept-Encoding: gzip;br\r\n",
	"accept-encoding?gzip;br\n"},
    {"accept-encoding", "Accept-Encoding: gzip;q=2\r\n",
	"accept-encoding?gzip;q=2\n"},
    {"accept-language", "Accept-Language: en, de\r\n",
	"accept-language:de,en\n"},
    {"accept-language", "Accept-Language: eN ,   De\r\n",
	"accept-language:de,en\n"},
    {"accept-language", "Accept-Language: de-CH,de;q=0.9,fr;q=0,*;q=0.1\r\n",
	"accept-language:de-ch;de;*/fr\n"},
    {"accept-language", "Accept-Language: identity\r\n",
	"accept-language:identity\n"},
    {"accept-encoding\naccept-language\nfoo",
	"Accept-Language: de\r\nAccept-Encoding: gzip\r\nFoo: 1\r\n",
	"accept-encoding:gzip\naccept-language:de\nfoo:1\n"},
};

START_TEST(what_has_no_meaning_is_not_in_a_text)
{
	char buf[ROOM];

	/* The second time it is remembered. */
	for (int times = 0; times < 2; times++)
		check_text(text_of(texts[_i].spec, texts[_i].lines, buf),
		    str_from(texts[_i].text));
}
END_TEST

START_TEST(what_is_remembered_is_never_anothers)
{
	char value[120] = "Accept-Encoding: ", buf[ROOM], expected[ROOM];
	size_t start = strlen(value);

	/* Many values for each place, and some too long for any. */
	for (unsigned n = 1; n < 70; n++)
		for (char c = 'a'; c <= 'z'; c++) {
			memset(value + start, 'x', n);
			value[start + n / 3] = c;
			snprintf(value + start + n, 3, "\r\n");
			snprintf(expected, ROOM, "accept-encoding:%.*s\n",
			    (int)n, value + start);
			check_text(text_of("accept-encoding", value, buf),
			    str_from(expected));
		}
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_told)
{
	struct str found[VARY_TEXTS_MAX];
	char buf[8];
	struct out o = out_make(buf, sizeof(buf));
	struct parsed p;

	parse_fields(&p, "Foo: 1234\r\n");
	ck_assert_uint_eq(vary_of_request(STR("foo"), &p.m, &o, found), 0);
	o = out_make(buf, sizeof(buf));
	ck_assert(!vary_of_reply(STR("foo"), &p.m, &p.m, &o));
	parsed_free(&p);
}
END_TEST

/* ---- languages ---- */

/* Is a reply in LANGUAGE to STORED used for ASKED? */
static const struct {
	const char *stored;
	const char *language;
	const char *asked;
	bool used;
} languages[] = {
    {"en, de", "de", "en, de", true},
    {"en, de", "de", "fr;q=0.5, de;q=1.0", true},
    {"en, de", "DE", "de", true},
    {"en, de", "de", "en;q=0.9, de", true},
    {"en, de", "de", "en, de;q=0.9", false},
    {"en, de", "de", "en", false},
    {"en, de", "fr", "fr", false},
    {"en, de", "fr", "de, en", true},
    {"en, de;q=0.5", "de", "de", false},
    {"en, de;q=0.5", "de", "en, de;q=0.4", true},
    {"en", "en, de", "en;q=0.5", true},
    {"en, fr", "en, de", "en", false},
    {"de-CH, de;q=0.5", "de", "de", false},
    {"de, *", "de", "de", false},
    {"a, b, c, d", "a", "a", false},
    {"a, b, c", "a", "a", true},
    {"de;q=0", "de", "de;q=0, fr;q=0", false},
    {"", "de", "de", false},
    {"de", "", "de, fr", false},
};

START_TEST(a_reply_is_used_for_who_wants_nothing_more_than_its_language)
{
	struct str found[VARY_TEXTS_MAX];
	char stored[ROOM], asked[ROOM], lines[ROOM];
	struct out stored_text = out_make(stored, ROOM);
	struct out asked_text = out_make(asked, ROOM);
	struct parsed request, reply;
	bool used = false;
	unsigned count;

	snprintf(lines, ROOM, "Accept-Language: %s\r\n", languages[_i].stored);
	parse_fields(&request, lines);
	snprintf(lines, ROOM, "Content-Language: %s\r\n",
	    languages[_i].language);
	parse_fields(&reply, lines);
	ck_assert(vary_of_reply(STR("accept-language\nfoo"), &request.m,
	    &reply.m, &stored_text));
	parsed_free(&request);
	parsed_free(&reply);
	snprintf(lines, ROOM, "Accept-Language: %s\r\n", languages[_i].asked);
	parse_fields(&request, lines);
	count = vary_of_request(STR("accept-language\nfoo"), &request.m,
	    &asked_text, found);
	ck_assert_uint_gt(count, 0);
	for (unsigned i = 0; i < count; i++)
		used = used || str_eq(found[i], out_text(&stored_text));
	ck_assert_int_eq(used, languages[_i].used);
	parsed_free(&request);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_vary");
	TCase *tests = tcase_create("vary");

	tcase_add_loop_test(tests, specs_are_sorted_names_without_case, 0,
	    COUNT(specs));
	tcase_add_test(tests, a_spec_that_does_not_fit_is_hard);
	tcase_add_loop_test(tests, what_has_no_meaning_is_not_in_a_text, 0,
	    COUNT(texts));
	tcase_add_test(tests, what_is_remembered_is_never_anothers);
	tcase_add_test(tests, a_text_that_does_not_fit_is_told);
	tcase_add_loop_test(tests,
	    a_reply_is_used_for_who_wants_nothing_more_than_its_language, 0,
	    COUNT(languages));
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}

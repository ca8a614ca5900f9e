/*
 * test_cache_control.c - Cache-Control and its targeted kin, as written by the
 * careful, the careless, and those who want to be misunderstood.
 *
 * What is expected is told in words: directives that count, their seconds ("?":
 * unclear), and lists of names in braces.
 */
#include "tests/unit/test_cache_policy.h"
#include "worker/cache/targeted.h"

static const char *const names[CONTROL_END] = {"no-store", "no-cache",
    "private", "public", "must-revalidate", "proxy-revalidate",
    "must-understand", "immutable", "only-if-cached", "max-age", "s-maxage",
    "max-stale", "min-fresh", "stale-while-revalidate", "stale-if-error"};

static void tell_seconds(const struct control *c, unsigned d, struct out *o)
{
	if (control_is_unclear(c, d))
		out_lit(o, "=?");
	else if (c->seconds[d] == CONTROL_ANY)
		out_lit(o, "=any");
	else
		out_fmt(o, "=%u", c->seconds[d]);
}

static void tell(const struct control *c, struct out *o)
{
	for (unsigned d = 0; d < CONTROL_END; d++) {
		if (!control_has(c, d))
			continue;
		out_str(o, str_from(o->n > 0 ? " " : ""));
		out_str(o, str_from(names[d]));
		if (d >= CONTROL_MAX_AGE)
			tell_seconds(c, d, o);
	}
	for (unsigned i = 0; i < c->list_count; i++)
		out_fmt(o, "%s{%" PRI_STR "}", o->n > 0 ? " " : "",
		    ARG_STR(c->lists[i]));
}

static void check_control(const char *title, const struct control *c,
    const char *expected)
{
	char text[1024];
	struct out o = out_make(text, sizeof(text));

	tell(c, &o);
	ck_assert_msg(str_eq(out_text(&o), str_from(expected)),
	    "%s: \"%" PRI_STR "\", not \"%s\"", title, ARG_STR(out_text(&o)),
	    expected);
}

/* ---- replies ---- */

#define CC "Cache-Control: "

struct control_case {
	const char *title;
	const char *lines;
	const char *expected;
};

static const struct control_case replies[] = {
    {"none", "", ""},
    {"empty", CC, ""},
    {"commas only", CC ",, ,", ""},
    {"one", CC "no-store", "no-store"},
    {"any case", CC "No-StOrE, MAX-AGE=1", "no-store max-age=1"},
    {"no blank", CC "no-store,private,public", "no-store private public"},
    {"tabs", CC "no-store\t,\tpublic", "no-store public"},
    {"empty elements", CC ", no-store,, public,", "no-store public"},
    {"several lines", CC "no-store\n" CC "max-age=5", "no-store max-age=5"},
    {"name of the field in any case", "cache-CONTROL: private", "private"},
    {"all without a value",
	CC "must-revalidate, proxy-revalidate, must-understand, immutable",
	"must-revalidate proxy-revalidate must-understand immutable"},
    {"all with seconds",
	CC "max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4",
	"max-age=1 s-maxage=2 stale-while-revalidate=3 stale-if-error=4"},
    {"extensions are passed by", CC "foo, max-age=1, bar=\"x\", baz=1",
	"max-age=1"},
    {"no-transform is not of interest", CC "no-transform", ""},
    {"names are not cut", CC "no-stores, xno-store, no-store-remote", ""},
    {"underscore is no dash", CC "max_age=60, no_store", ""},
    /* seconds */
    {"zero", CC "max-age=0", "max-age=0"},
    {"leading zeros", CC "max-age=003600", "max-age=3600"},
    {"many leading zeros", CC "max-age=00000000000000000000000000000000060",
	"max-age=60"},
    {"2^31 - 1", CC "max-age=2147483647", "max-age=2147483647"},
    {"2^31", CC "max-age=2147483648", "max-age=2147483648"},
    {"2^31 + 1", CC "max-age=2147483649", "max-age=2147483648"},
    {"2^32", CC "max-age=4294967296", "max-age=2147483648"},
    {"2^64", CC "max-age=18446744073709551616", "max-age=2147483648"},
    {"2^64 + 60", CC "max-age=18446744073709551676", "max-age=2147483648"},
    {"a hundred digits",
	CC "max-age=9999999999999999999999999999999999999999999999999999999999"
	   "999999999999999999999999999999999999999999",
	"max-age=2147483648"},
    {"quoted", CC "max-age=\"60\"", "max-age=60"},
    {"negative", CC "max-age=-60", "max-age=?"},
    {"plus", CC "max-age=+60", "max-age=?"},
    {"fraction", CC "max-age=60.0", "max-age=?"},
    {"exponent", CC "max-age=6e1", "max-age=?"},
    {"hexadecimal", CC "max-age=0x60", "max-age=?"},
    {"letters before", CC "max-age=a60", "max-age=?"},
    {"letters behind", CC "max-age=60s", "max-age=?"},
    {"nothing behind the sign", CC "max-age=", "max-age=?"},
    {"no sign", CC "max-age", "max-age=?"},
    {"empty quotes", CC "max-age=\"\"", "max-age=?"},
    {"single quotes", CC "max-age='60'", "max-age=?"},
    {"blank before the sign", CC "max-age =60", "max-age=?"},
    {"blank behind the sign", CC "max-age= 60", "max-age=?"},
    {"blanks at both sides", CC "max-age = 60", "max-age=?"},
    {"blank in quotes", CC "max-age=\" 60\"", "max-age=?"},
    {"escape in quotes", CC "max-age=\"6\\0\"", "max-age=?"},
    {"a semicolon", CC "max-age=60;x", "max-age=?"},
    {"semicolons for commas", CC "max-age=60; no-store", "max-age=?"},
    {"blank for a comma", CC "max-age=60 no-store", "max-age=?"},
    {"colon for the sign", CC "max-age:60", "max-age=?"},
    {"two signs", CC "max-age==60", "max-age=?"},
    {"more behind quotes", CC "max-age=\"60\"0", "max-age=?"},
    {"quotes within", CC "max-age=6\"0\"", "max-age=?"},
    {"UTF-8 digits", CC "max-age=\xd9\xa6\xd9\xa0", "max-age=?"},
    {"twice the same", CC "max-age=60, max-age=60", "max-age=60"},
    {"twice the same, but for zeros", CC "max-age=60, max-age=060",
	"max-age=60"},
    {"twice", CC "max-age=60, max-age=1", "max-age=?"},
    {"twice, the other way", CC "max-age=1, max-age=60", "max-age=?"},
    {"on two lines", CC "max-age=60\n" CC "max-age=1", "max-age=?"},
    {"three times, and again the first",
	CC "max-age=60, max-age=1, max-age=60", "max-age=?"},
    {"once right, once not", CC "max-age=60, max-age=x", "max-age=?"},
    {"once not, once right", CC "max-age=x, max-age=60", "max-age=?"},
    {"s-maxage is another one", CC "max-age=x, s-maxage=60",
	"max-age=? s-maxage=60"},
    {"s-max-age is none", CC "s-max-age=60", ""},
    {"shared-max-age is none", CC "shared-max-age=60", ""},
    /* what restricts counts */
    {"no-store with a value", CC "no-store=1", "no-store"},
    {"no-store with an empty one", CC "no-store=", "no-store"},
    {"no-store=false is not what it seems", CC "no-store=false", "no-store"},
    {"no-store and junk", CC "no-store max-age=60", "no-store"},
    {"no-store quoted", CC "\"no-store\"", ""},
    {"must-revalidate with a value", CC "must-revalidate=0",
	"must-revalidate"},
    {"proxy-revalidate and junk", CC "proxy-revalidate;", "proxy-revalidate"},
    {"private and junk", CC "private;x", "private"},
    {"private and an empty value", CC "private=", "private"},
    {"twice", CC "no-store, no-store", "no-store"},
    /* what permits must be right */
    {"public with a value", CC "public=1", ""},
    {"public and junk", CC "public max-age=60", ""},
    {"immutable with a value", CC "immutable=\"x\"", ""},
    {"immutable and an empty value", CC "immutable=", ""},
    /* lists of names */
    {"no-cache", CC "no-cache", "no-cache"},
    {"no-cache of one", CC "no-cache=\"x-a\"", "{x-a}"},
    {"no-cache of two", CC "no-cache=\"x-a, X-B\"", "{x-a, X-B}"},
    {"private of two", CC "private=\"a,b\"", "{a,b}"},
    {"a token", CC "no-cache=x-a", "{x-a}"},
    {"both", CC "no-cache=\"a\", private=\"b\"", "{a} {b}"},
    {"with and without", CC "no-cache=\"a\", no-cache", "no-cache {a}"},
    {"an empty list", CC "no-cache=\"\"", "no-cache"},
    {"a list of nothing", CC "private=\", ,\"", "private"},
    {"no list of names", CC "private=\"a b\"", "private"},
    {"an escape", CC "private=\"a\\b\"", "private"},
    {"a quote in quotes", CC "private=\"a\\\"b\"", "private"},
    {"single quotes are of the name", CC "no-cache='a'", "{'a'}"},
    {"a list in single quotes", CC "no-cache='a, b'", "{'a}"},
    {"blank before quotes", CC "no-cache= \"a\"", "no-cache"},
    {"blank before the sign", CC "private =\"a\"", "private"},
    {"more behind it", CC "private=\"a\"b", "private"},
    {"as many lists as there is room for",
	CC "private=a, private=b, private=c, private=d, private=e, private=f,"
	   " private=g, private=h",
	"{a} {b} {c} {d} {e} {f} {g} {h}"},
    {"one more",
	CC "private=a, private=b, private=c, private=d, private=e, private=f,"
	   " private=g, private=h, private=i",
	"private {a} {b} {c} {d} {e} {f} {g} {h}"},
    /* quoted strings */
    {"directives in quotes", CC "x=\"no-store, max-age=60\", max-age=1",
	"max-age=1"},
    {"the other way", CC "max-age=1, x=\"no-store, max-age=60\"",
	"max-age=1"},
    {"an escaped quote", CC "x=\"\\\", no-store, \", public", "public"},
    {"an escaped backslash", CC "x=\"\\\\\", no-store", "no-store"},
    {"a quote that is not closed", CC "x=\"a, no-store", "no-store"},
    {"seconds before it", CC "max-age=60, x=\"a", "max-age=?"},
    {"seconds behind it", CC "x=\"a, max-age=60", "max-age=?"},
    {"seconds in it", CC "max-age=\"60", "max-age=?"},
    {"what permits, beside it", CC "public, immutable, x=\"a", ""},
    {"a list that is not closed", CC "private=\"a, b", "private"},
    {"closed by the wrong one", CC "x=\"a, max-age=\"60\"", "max-age=?"},
    {"quotes end with the line", CC "x=\"a\n" CC "no-store, max-age=60\"",
	"no-store max-age=?"},
    {"another line is not hurt", CC "x=\"a\n" CC "max-age=60", "max-age=60"},
    {"a name in quotes", CC "\"max-age\"=60", ""},
    {"a sign alone", CC "=, =60, max-age=1", "max-age=1"},
    {"obs-text", CC "\xff\xfe, no-store\xff", "no-store"},
    /* not of replies, but read */
    {"of requests", CC "only-if-cached, max-stale, min-fresh=3",
	"only-if-cached max-stale=any min-fresh=3"},
};

START_TEST(reply_means)
{
	struct parsed p;
	struct control c;

	policy_reply(&p, "200 OK", replies[_i].lines);
	control_read(&p.m, &c);
	check_control(replies[_i].title, &c, replies[_i].expected);
	parsed_free(&p);
}
END_TEST

/* ---- requests ---- */

#define PRAGMA "Pragma: "

static const struct control_case requests[] = {
    {"none", "", ""},
    {"reload", CC "max-age=0", "max-age=0"},
    {"forced reload", CC "no-cache\n" PRAGMA "no-cache", "no-cache"},
    {"Pragma", PRAGMA "no-cache", "no-cache"},
    {"Pragma in any case", PRAGMA "No-Cache", "no-cache"},
    {"Pragma in a list", PRAGMA "x, no-cache", "no-cache"},
    {"Pragma in quotes", PRAGMA "x=\", no-cache\"", ""},
    {"another Pragma", PRAGMA "foo", ""},
    {"Pragma beside Cache-Control", CC "max-age=1\n" PRAGMA "no-cache",
	"max-age=1"},
    {"Pragma beside an empty one", CC "\n" PRAGMA "no-cache", ""},
    {"no-cache of names", CC "no-cache=\"a\"", "no-cache {a}"},
    {"max-stale", CC "max-stale", "max-stale=any"},
    {"max-stale of seconds", CC "max-stale=60", "max-stale=60"},
    {"max-stale of junk", CC "max-stale=x", "max-stale=?"},
    {"max-stale of nothing", CC "max-stale=", "max-stale=?"},
    {"max-stale of 2^32 - 1", CC "max-stale=4294967295",
	"max-stale=2147483648"},
    {"max-stale twice", CC "max-stale, max-stale=60", "max-stale=?"},
    {"min-fresh", CC "min-fresh=60", "min-fresh=60"},
    {"only-if-cached", CC "only-if-cached", "only-if-cached"},
    {"only-if-cached with a value", CC "only-if-cached=1", ""},
    {"no-store", CC "no-store", "no-store"},
};

START_TEST(request_means)
{
	struct parsed p;
	struct control c;

	policy_request(&p, requests[_i].lines);
	control_read_request(&p.m, &c);
	check_control(requests[_i].title, &c, requests[_i].expected);
	parsed_free(&p);
}
END_TEST

/* ---- targeted fields ---- */

#define CDN "CDN-Cache-Control: "
#define SURROGATE "Surrogate-Control: "
#define NOT_IT "Cache-Control: public"

static const struct str all_targets[] = {STR("Sluice-Cache-Control"),
    STR("cdn-cache-control"), STR("Surrogate-Control")};
static const struct conf_cache_names targets = {all_targets, 3};

static const struct control_case targeted[] = {
    /* RFC 9213 */
    {"no targeted field", NOT_IT, "public"},
    {"max-age", CDN "max-age=60\n" NOT_IT, "max-age=60"},
    {"zero", CDN "max-age=0\n" NOT_IT, "max-age=0"},
    {"no-store", CDN "no-store\n" NOT_IT, "no-store"},
    {"Cache-Control: no-store means nothing",
	CDN "max-age=60\nCache-Control: no-store", "max-age=60"},
    {"all that must be known",
	CDN "max-age=60, must-revalidate, no-store, no-cache, private\n" NOT_IT,
	"no-store no-cache private must-revalidate max-age=60"},
    {"more of them",
	CDN "s-maxage=1, stale-while-revalidate=2, stale-if-error=3, public,"
	    " immutable, must-understand, proxy-revalidate\n" NOT_IT,
	"public proxy-revalidate must-understand immutable s-maxage=1 "
	"stale-while-revalidate=2 stale-if-error=3"},
    {"unknown ones are passed by",
	CDN "foo, bar=1.5, baz=:YQ==:, q=(a \"b\" 1;x), max-age=1\n" NOT_IT,
	"max-age=1"},
    {"only unknown ones", CDN "foo\n" NOT_IT, ""},
    {"parameters are ignored", CDN "max-age=60;x;y=1;z=\"a\", private;a=?0\n"
	NOT_IT, "private max-age=60"},
    {"a blank before a parameter's name", CDN "max-age=60; x\n" NOT_IT,
	"max-age=60"},
    {"a blank before the semicolon", CDN "max-age=60 ;x\n" NOT_IT, "public"},
    {"several lines", CDN "max-age=60\n" CDN "private\n" NOT_IT,
	"private max-age=60"},
    {"the last of a key counts", CDN "max-age=1, max-age=60\n" NOT_IT,
	"max-age=60"},
    {"the last line's too", CDN "no-store\n" CDN "no-store=?0, max-age=2\n"
	NOT_IT, "max-age=2"},
    {"true said", CDN "no-store=?1\n" NOT_IT, "no-store"},
    {"false", CDN "no-store=?0, private=?0, max-age=5\n" NOT_IT, "max-age=5"},
    {"a list of names", CDN "no-cache=\"a, b\"\n" NOT_IT, "{a, b}"},
    {"a token for one", CDN "private=a\n" NOT_IT, "private"},
    {"tabs around commas", CDN "max-age=1\t,\tprivate\n" NOT_IT,
	"private max-age=1"},
    {"the largest integer", CDN "max-age=999999999999999\n" NOT_IT,
	"max-age=2147483648"},
    {"leading zeros", CDN "max-age=0060\n" NOT_IT, "max-age=60"},
    {"minus zero", CDN "max-age=-0\n" NOT_IT, "max-age=0"},
    {"keys with odd characters", CDN "*a, a_.-*9=1, max-age=3\n" NOT_IT,
	"max-age=3"},
    {"a date and a display string", CDN "a=@1659578233, b=%\"%c3%bc\", "
	"max-age=4\n" NOT_IT, "max-age=4"},
    /* of a wrong type: unclear, or restricts */
    {"a string", CDN "max-age=\"60\"\n" NOT_IT, "max-age=?"},
    {"a decimal", CDN "max-age=60.0\n" NOT_IT, "max-age=?"},
    {"a token", CDN "max-age=a60\n" NOT_IT, "max-age=?"},
    {"a boolean", CDN "max-age\n" NOT_IT, "max-age=?"},
    {"negative", CDN "max-age=-60\n" NOT_IT, "max-age=?"},
    {"an inner list", CDN "max-age=(60)\n" NOT_IT, "max-age=?"},
    {"bytes", CDN "max-age=:YQ==:\n" NOT_IT, "max-age=?"},
    {"a date", CDN "max-age=@60\n" NOT_IT, "max-age=?"},
    {"no-store with a number", CDN "no-store=1\n" NOT_IT, "no-store"},
    {"no-store with a token", CDN "no-store=a\n" NOT_IT, "no-store"},
    {"private with an empty list", CDN "private=\"\"\n" NOT_IT, "private"},
    {"public with a number", CDN "public=1, max-age=1\n" NOT_IT, "max-age=1"},
    {"immutable with a string", CDN "immutable=\"a\", max-age=1\n" NOT_IT,
	"max-age=1"},
    {"max-age=?0 is not said", CDN "max-age=?0, private\n" NOT_IT, "private"},
    /* invalid: as if it were not there */
    {"empty", CDN "\n" NOT_IT, "public"},
    {"two empty lines", CDN "\n" CDN "\n" NOT_IT, "public"},
    {"a key in upper case", CDN "Max-Age=60\n" NOT_IT, "public"},
    {"a comma at the end", CDN "max-age=60,\n" NOT_IT, "public"},
    {"a comma at the end of a line", CDN "max-age=60,\n" CDN "a\n" NOT_IT,
	"public"},
    {"a comma at the start", CDN ", max-age=60\n" NOT_IT, "public"},
    {"two commas", CDN "a,, max-age=60\n" NOT_IT, "public"},
    {"an empty line before", CDN "\n" CDN "max-age=60\n" NOT_IT, "public"},
    {"an empty line behind", CDN "max-age=60\n" CDN "\n" NOT_IT, "public"},
    {"blank before the sign", CDN "max-age =60\n" NOT_IT, "public"},
    {"blank behind the sign", CDN "max-age= 60\n" NOT_IT, "public"},
    {"nothing behind the sign", CDN "max-age=\n" NOT_IT, "public"},
    {"no comma", CDN "max-age=60 private\n" NOT_IT, "public"},
    {"semicolons for commas", CDN "max-age=60; Private\n" NOT_IT, "public"},
    {"single quotes", CDN "max-age='60'\n" NOT_IT, "public"},
    {"too many digits", CDN "max-age=1000000000000000\n" NOT_IT, "public"},
    {"letters behind digits", CDN "max-age=60s\n" NOT_IT, "public"},
    {"a point without digits", CDN "max-age=60.\n" NOT_IT, "public"},
    {"four digits behind the point", CDN "a=1.0000, max-age=60\n" NOT_IT,
	"public"},
    {"13 digits before the point", CDN "a=1000000000000.0, max-age=60\n" NOT_IT,
	"public"},
    {"12 digits before the point", CDN "a=100000000000.0, max-age=60\n" NOT_IT,
	"max-age=60"},
    {"a plus", CDN "max-age=+60\n" NOT_IT, "public"},
    {"a lonely minus", CDN "max-age=-\n" NOT_IT, "public"},
    {"a string that is not closed", CDN "a=\"b, max-age=60\n" NOT_IT,
	"public"},
    {"a string on two lines", CDN "a=\"b\n" CDN "c\", max-age=60\n" NOT_IT,
	"public"},
    {"an unknown escape", CDN "a=\"\\b\", max-age=60\n" NOT_IT, "public"},
    {"obs-text in a string", CDN "a=\"\xff\", max-age=60\n" NOT_IT, "public"},
    {"a known escape", CDN "a=\"\\\"\\\\\", max-age=60\n" NOT_IT,
	"max-age=60"},
    {"bytes that are not closed", CDN "a=:YQ==, max-age=60\n" NOT_IT,
	"public"},
    {"a boolean of 2", CDN "a=?2, max-age=60\n" NOT_IT, "public"},
    {"a boolean in words", CDN "no-store=?true, max-age=60\n" NOT_IT,
	"public"},
    {"a list that is not closed", CDN "a=(1 2, max-age=60\n" NOT_IT,
	"public"},
    {"a list with commas", CDN "a=(1,2), max-age=60\n" NOT_IT, "public"},
    {"a list without blanks", CDN "a=(1\"b\"), max-age=60\n" NOT_IT,
	"public"},
    {"a date with a fraction", CDN "a=@1.5, max-age=60\n" NOT_IT, "public"},
    {"a display string's escape", CDN "a=%\"%C3\", max-age=60\n" NOT_IT,
	"public"},
    {"a parameter in upper case", CDN "max-age=60;X\n" NOT_IT, "public"},
    {"a parameter without a value", CDN "max-age=60;x=\n" NOT_IT, "public"},
    {"junk behind it", CDN "max-age=10000, &&&&&\n" NOT_IT, "public"},
    {"no key", CDN "=1, max-age=60\n" NOT_IT, "public"},
    {"a key begins with a digit", CDN "1a, max-age=60\n" NOT_IT, "public"},
    /* which of them */
    {"the first of the list", CDN "max-age=1\nSluice-Cache-Control: private\n"
	NOT_IT, "private"},
    {"the first that is valid",
	CDN "max-age=1\nSluice-Cache-Control: Private\n" NOT_IT, "max-age=1"},
    {"the first that is not empty",
	CDN "max-age=1\nSluice-Cache-Control:\n" NOT_IT, "max-age=1"},
    {"none that is not in the list", "Other-Cache-Control: no-store\n" NOT_IT,
	"public"},
    {"it comes before Surrogate-Control",
	CDN "max-age=1\n" SURROGATE "no-store\n" NOT_IT, "max-age=1"},
    /* the Edge Architecture Specification */
    {"max-age of surrogates", SURROGATE "max-age=60\n" NOT_IT,
	"max-age=60 stale-while-revalidate=0 stale-if-error=0"},
    {"and what they may add", SURROGATE "max-age=3600+600\n" NOT_IT,
	"max-age=3600 stale-while-revalidate=600 stale-if-error=600"},
    {"no-store for surrogates", SURROGATE "no-store\n" NOT_IT, "no-store"},
    {"not for near ones", SURROGATE "no-store-remote\n" NOT_IT, "public"},
    {"content is not ours", SURROGATE "content=\"ESI/1.0\"\n" NOT_IT,
	"public"},
    {"the example of the specification",
	SURROGATE "no-store, content=\"ESI/1.0\"\n" NOT_IT, "no-store"},
    {"quoted commas", SURROGATE "content=\"a, no-store;sluice\", max-age=1\n"
	NOT_IT, "max-age=1 stale-while-revalidate=0 stale-if-error=0"},
    {"for us", SURROGATE "max-age=60;sluice\n" NOT_IT,
	"max-age=60 stale-while-revalidate=0 stale-if-error=0"},
    {"for us in any case", SURROGATE "no-store; Sluice\n" NOT_IT, "no-store"},
    {"for another", SURROGATE "no-store;other\n" NOT_IT, "public"},
    {"for us comes before for all",
	SURROGATE "no-store, max-age=60;sluice\n" NOT_IT,
	"max-age=60 stale-while-revalidate=0 stale-if-error=0"},
    {"for all, when another is named, too",
	SURROGATE "no-store;other, max-age=5\n" NOT_IT,
	"max-age=5 stale-while-revalidate=0 stale-if-error=0"},
    {"on two lines", SURROGATE "max-age=5\n" SURROGATE "no-store\n" NOT_IT,
	"no-store max-age=5 stale-while-revalidate=0 stale-if-error=0"},
    {"in any case", SURROGATE "Max-Age=5\n" NOT_IT,
	"max-age=5 stale-while-revalidate=0 stale-if-error=0"},
    {"blank before the sign", SURROGATE "max-age =5\n" NOT_IT, "public"},
    {"blank behind the sign", SURROGATE "max-age= 5\n" NOT_IT, "public"},
    {"junk", SURROGATE "max-age=x\n" NOT_IT, "public"},
    {"nothing to add", SURROGATE "max-age=5+\n" NOT_IT, "public"},
    {"nothing to add to", SURROGATE "max-age=+5\n" NOT_IT, "public"},
    {"2^31 and more", SURROGATE "max-age=99999999999\n" NOT_IT,
	"max-age=2147483648 stale-while-revalidate=0 stale-if-error=0"},
    {"a quote that is not closed", SURROGATE "content=\"a, no-store\n" NOT_IT,
	"public"},
    {"an empty one", SURROGATE "\n" NOT_IT, "public"},
};

START_TEST(targeted_field_means)
{
	const struct control_case *row = &targeted[_i];
	struct parsed p;
	struct control c;
	bool found;

	policy_reply(&p, "200 OK", row->lines);
	found = targeted_read(&targets, &p.m, &c);
	check_control(row->title, &c, row->expected);
	ck_assert_msg(found == (strcmp(row->expected, "public") != 0), "%s",
	    row->title);
	parsed_free(&p);
}
END_TEST

START_TEST(surrogate_control_is_told_of_if_it_is_a_target)
{
	static const struct conf_cache_names cdn = {all_targets, 2};
	struct parsed p;

	policy_reply(&p, "200 OK", CDN "max-age=1\n" SURROGATE "no-store");
	ck_assert(!targeted_is_surrogate(&p.m.fields[0]));
	ck_assert(targeted_is_surrogate(&p.m.fields[1]));
	ck_assert(targeted_is_told(&targets));
	ck_assert(!targeted_is_told(&cdn));
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_control");
	TCase *tcase = tcase_create("control");

	tcase_add_loop_test(tcase, reply_means, 0, COUNT(replies));
	tcase_add_loop_test(tcase, request_means, 0, COUNT(requests));
	tcase_add_loop_test(tcase, targeted_field_means, 0, COUNT(targeted));
	tcase_add_test(tcase, surrogate_control_is_told_of_if_it_is_a_target);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

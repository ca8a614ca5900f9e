/*
 * test_cache_key.c - what a resource is stored under, and what a request that
 * changes things puts an end to.
 */
#include "tests/unit/test_head.h"
#include "worker/cache/glob.h"
#include "worker/cache/invalidate.h"
#include "worker/cache/key.h"
#include "worker/cache/status_field.h"

#define ROOM 1024

static const struct str parameters[] = {STR("utm_*"), STR("fbclid"), STR("")};
static const struct str cookies[] = {STR("currency"), STR("b")};
static const struct str headers[] = {STR("x-country")};
static const struct conf_cache_key plain;
static const struct conf_cache_key rich = {{parameters, 3}, {cookies, 2},
    {headers, 1}};

/* The key of a GET of TARGET, with HOST and more field LINES. */
static struct str key_of(const struct conf_cache_key *conf, const char *host,
    const char *target, const char *lines, char buf[ROOM])
{
	struct out text = out_make(buf, ROOM);
	struct parsed p;
	struct key_ask ask;

	out_fmt(&text, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", target, host,
	    lines);
	parse_request(&p, out_text(&text));
	ck_assert_str_eq(fault_name(p.fault), "none");
	ask = (struct key_ask){STR("https"), p.m.authority, p.m.forward,
	    p.m.query, STR(""), &p.m};
	text = out_make(buf, ROOM);
	ck_assert(key_write(conf, &ask, &text));
	parsed_free(&p);
	return out_text(&text);
}

static const struct {
	const struct conf_cache_key *conf;
	const char *host;
	const char *target;
	const char *lines;
	const char *key;
} keys[] = {
    {&plain, "x", "/", "", "https://x/\n"},
    {&plain, "Example.COM.", "/", "", "https://example.com/\n"},
    {&plain, "x:443", "/", "", "https://x/\n"},
    {&plain, "x:0443", "/", "", "https://x/\n"},
    {&plain, "x:80", "/", "", "https://x:80/\n"},
    {&plain, "[::1]:443", "/", "", "https://[::1]/\n"},
    {&plain, "[::1]:8443", "/", "", "https://[::1]:8443/\n"},
    {&plain, "[::1]", "/", "", "https://[::1]/\n"},
    {&plain, "x", "/a/../b//%7Ec?", "", "https://x/b//~c?\n"},
    {&plain, "x", "/?utm_source=1", "Cookie: currency=eur\r\n",
	"https://x/?utm_source=1\n"},
    {&rich, "x", "/?utm_source=1", "Cookie: currency=eur\r\n",
	"https://x/\nccurrency=eur\ncb\nhx-country\n"},
    {&rich, "x", "/?b=2&utm_source=1&a=1&fbclid", "",
	"https://x/?b=2&a=1\nccurrency\ncb\nhx-country\n"},
    {&rich, "x", "/?fbclid2=1&xutm_=2&Fbclid", "",
	"https://x/?fbclid2=1&xutm_=2&Fbclid\nccurrency\ncb\nhx-country\n"},
    {&rich, "x", "/?&&a", "", "https://x/?a\nccurrency\ncb\nhx-country\n"},
    {&rich, "x", "/?", "", "https://x/?\nccurrency\ncb\nhx-country\n"},
    {&rich, "x", "/", "Cookie: b=1; a=2; b=; currency=\"e; b\r\n",
	"https://x/\nccurrency=\"e\ncb=1;;\nhx-country\n"},
    {&rich, "x", "/", "Cookie: b=1\r\nCookie: currency=1\r\n",
	"https://x/\nccurrency=1\ncb=1\nhx-country\n"},
    {&rich, "x", "/", "X-Country:  de , ch\r\nx-country: at\r\n",
	"https://x/\nccurrency\ncb\nhx-country:de,ch,at\n"},
    {&rich, "x", "/", "X-Country:\r\n",
	"https://x/\nccurrency\ncb\nhx-country:\n"},
};

START_TEST(keys_are_written)
{
	char buf[ROOM];

	check_text(key_of(keys[_i].conf, keys[_i].host, keys[_i].target,
		       keys[_i].lines, buf),
	    str_from(keys[_i].key));
}
END_TEST

START_TEST(who_answers_and_another_host_are_in_the_key)
{
	struct message m = {.authority = STR("inside:443")};
	struct key_ask ask = {STR("HTTPS"), STR("App.example.com"), STR("/a"),
	    STR_NONE, STR("pool-b"), &m};
	char buf[ROOM];
	struct out o = out_make(buf, ROOM);

	ck_assert(key_write(&plain, &ask, &o));
	check_text(out_text(&o),
	    STR("https://app.example.com/a\n=pool-b\n@inside\n"));
	m.authority = STR("app");
	o = out_make(buf, ROOM);
	ck_assert(key_write(&plain, &ask, &o));
	check_text(out_text(&o),
	    STR("https://app.example.com/a\n=pool-b\n@app\n"));
	m.authority = STR("APP.example.com:443");
	o = out_make(buf, ROOM);
	ck_assert(key_write(&plain, &ask, &o));
	check_text(out_text(&o), STR("https://app.example.com/a\n=pool-b\n"));
	for (size_t n = 0; n < sizeof("https://app.example.com/a\n=pool-b");
	     n++) {
		o = out_make(buf, n);
		ck_assert(!key_write(&rich, &ask, &o));
	}
}
END_TEST

static const struct {
	const char *pattern;
	const char *text;
	bool matches;
} globs[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"*", "", true},
    {"*", "abc", true},
    {"utm_*", "utm_", true},
    {"utm_*", "utm_x", true},
    {"utm_*", "utm", false},
    {"*_id", "user_id", true},
    {"*_id", "user_id2", false},
    {"a*b*c", "abbc", true},
    {"a*b*c", "acb", false},
    {"a**c", "ac", true},
    {"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    {"*ab", "aab", true},
    {"*", "*", true},
};

START_TEST(a_star_is_any_bytes)
{
	ck_assert_int_eq(glob_match(str_from(globs[_i].pattern),
			     str_from(globs[_i].text)),
	    globs[_i].matches);
}
END_TEST

/* ---- invalidating ---- */

static const struct {
	const char *method;
	unsigned status;
	bool needed;
} methods[] = {
    {"GET", 200, false},
    {"HEAD", 200, false},
    {"OPTIONS", 200, false},
    {"TRACE", 200, false},
    {"PROPFIND", 207, false},
    {"QUERY", 200, false},
    {"POST", 200, true},
    {"POST", 303, true},
    {"POST", 199, false},
    {"POST", 400, false},
    {"POST", 500, false},
    {"PUT", 204, true},
    {"DELETE", 200, true},
    {"PATCH", 200, true},
    {"M-SEARCH", 200, true},
    {"MKCOL", 201, true},
};

START_TEST(what_is_not_safe_and_went_well_invalidates)
{
	struct str text = str_from(methods[_i].method);
	struct message m = {.method_text = text,
	    .method = method_identify(text)};

	ck_assert_int_eq(invalidate_needed(&m, methods[_i].status),
	    methods[_i].needed);
}
END_TEST

/* Asked for https://app.example.com/a/b/c?q=1; NULL: nothing of ours. */
static const struct {
	const char *reference;
	const char *url;
} references[] = {
    {"/x", "/x"},
    {"/x?y=1#z", "/x?y=1"},
    {"x", "/a/b/x"},
    {"x/y", "/a/b/x/y"},
    {"./x", "/a/b/x"},
    {"../x", "/a/x"},
    {"../../x", "/x"},
    {"../../../x", NULL},
    {"..", "/a/"},
    {".", "/a/b/"},
    {"", "/a/b/c?q=1"},
    {"#z", "/a/b/c?q=1"},
    {"?q=2", "/a/b/c?q=2"},
    {"?", "/a/b/c?"},
    {"c?q=1", "/a/b/c?q=1"},
    {"/%7Ex", "/~x"},
    {"/x y", NULL},
    {"/%zz", NULL},
    {"/x?\x80", NULL},
    {"https://app.example.com/x", "/x"},
    {"HTTPS://APP.example.com:443/x", "/x"},
    {"https://app.example.com", "/"},
    {"https://app.example.com/", "/"},
    {"//app.example.com/x?y", "/x?y"},
    {"http://app.example.com/x", NULL},
    {"https://app.example.com:8443/x", NULL},
    {"https://other.example.com/x", NULL},
    {"https://app.example.com.evil/x", NULL},
    {"https://user@app.example.com/x", NULL},
    {"//other/x", NULL},
    {"https:/x", NULL},
    {"https:x", NULL},
    {"mailto:x", NULL},
    {"x:y", NULL},
    {"./x:y", "/a/b/x:y"},
    {"a_b:c", "/a/b/a_b:c"},
};

static unsigned urls_of(const char *lines,
    struct invalidate_url urls[INVALIDATE_MAX], bool *is_content,
    struct arena *a)
{
	struct key_ask ask = {STR("https"), STR("app.example.com"),
	    STR("/a/b/c"), STR("q=1"), STR(""), NULL};
	struct parsed p;
	char text[ROOM];
	struct out o = out_make(text, ROOM);
	unsigned count;

	out_fmt(&o, "HTTP/1.1 200 OK\r\n%s\r\n", lines);
	parse_reply(&p, out_text(&o), METHOD_POST);
	ck_assert_str_eq(fault_name(p.fault), "none");
	count = invalidate_urls(&ask, &p.m, a, urls);
	*is_content = invalidate_is_content(&ask, &p.m, a);
	free(p.block);
	arena_free(&p.arena);
	return count;
}

START_TEST(references_are_resolved)
{
	struct key_ask ask = {STR("https"), STR("app.example.com"),
	    STR("/a/b/c"), STR("q=1"), STR(""), NULL};
	struct invalidate_url urls[INVALIDATE_MAX];
	struct field f = {.name = "Content-Location",
	    .name_len = 16,
	    .id = FIELD_content_location};
	struct message reply = {.fields = &f,
	    .field_count = 1,
	    .present = FIELD_BIT(FIELD_content_location)};
	const char *url = references[_i].url;
	struct str text = str_from(references[_i].reference);
	char *exact = malloc(text.n + 1), buf[ROOM];
	struct out o = out_make(buf, ROOM);
	struct arena a;
	unsigned count;

	memcpy(exact, text.p, text.n);
	f.value = exact;
	f.value_len = (uint32_t)text.n;
	arena_init(&a);
	count = invalidate_urls(&ask, &reply, &a, urls);
	check_text(urls[0].path, STR("/a/b/c"));
	ck_assert_int_eq(invalidate_is_content(&ask, &reply, &a),
	    url != NULL && strcmp(url, "/a/b/c?q=1") == 0);
	ck_assert_uint_eq(count,
	    url != NULL && strcmp(url, "/a/b/c?q=1") != 0 ? 2 : 1);
	if (count == 2) {
		out_str(&o, urls[1].path);
		if (urls[1].query.p != NULL)
			out_char(&o, '?');
		out_str(&o, urls[1].query);
		ck_assert_str_eq(out_cstr(&o), url);
	}
	arena_free(&a);
	free(exact);
}
END_TEST

START_TEST(location_and_content_location_are_ended_too)
{
	struct invalidate_url urls[INVALIDATE_MAX];
	struct arena a;
	bool is_content;

	arena_init(&a);
	ck_assert_uint_eq(urls_of("", urls, &is_content, &a), 1);
	ck_assert(!is_content);
	ck_assert_uint_eq(urls_of("Location: ../x\r\n"
				  "Content-Location: ../y\r\n",
			      urls, &is_content, &a),
	    3);
	check_text(urls[1].path, STR("/a/x"));
	check_text(urls[2].path, STR("/a/y"));
	ck_assert_uint_eq(urls_of("Location: ../x\r\n"
				  "Content-Location: /a/x\r\n",
			      urls, &is_content, &a),
	    2);
	arena_free(&a);
}
END_TEST

/* ---- Cache-Status ---- */

static const struct {
	struct cache_status status;
	const char *text;
} statuses[] = {
    {{.forward = STATUS_HIT}, "sluice; hit"},
    {{.has_ttl = true, .ttl = 42 * USEC_PER_SEC + 999999},
	"sluice; hit; ttl=42"},
    {{.has_ttl = true, .ttl = -1}, "sluice; hit; ttl=-1"},
    {{.has_ttl = true, .ttl = -2 * USEC_PER_SEC}, "sluice; hit; ttl=-2"},
    {{.has_ttl = true, .ttl = 999999, .stored = true, .collapsed = true,
	 .origin_status = 200},
	"sluice; hit; ttl=0"},
    {{.forward = STATUS_URI_MISS, .stored = true, .has_ttl = true,
	 .ttl = 60 * USEC_PER_SEC},
	"sluice; fwd=uri-miss; ttl=60; stored"},
    {{.forward = STATUS_STALE, .origin_status = 304, .stored = true,
	 .collapsed = true},
	"sluice; fwd=stale; fwd-status=304; stored; collapsed"},
    {{.forward = STATUS_BYPASS, .detail = "request_no_store"},
	"sluice; fwd=bypass; detail=request_no_store"},
    {{.forward = STATUS_VARY_MISS, .detail = ""}, "sluice; fwd=vary-miss"},
    {{.forward = STATUS_METHOD}, "sluice; fwd=method"},
    {{.forward = STATUS_REQUEST}, "sluice; fwd=request"},
    {{.forward = STATUS_PARTIAL}, "sluice; fwd=partial"},
};

START_TEST(what_the_cache_did_is_one_member)
{
	char buf[STATUS_FIELD_MAX + 1];
	struct out o = out_make(buf, sizeof(buf));

	status_field_write(&statuses[_i].status, &o);
	ck_assert_str_eq(out_cstr(&o), statuses[_i].text);
}
END_TEST

START_TEST(the_longest_member_fits)
{
	struct cache_status status = {STATUS_VARY_MISS, 999, true, true, true,
	    INT64_MIN, "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuv"};
	char buf[STATUS_FIELD_MAX];
	struct out o = out_make(buf, sizeof(buf));

	status_field_write(&status, &o);
	ck_assert(out_ok(&o));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_key");
	TCase *tests = tcase_create("key");

	tcase_add_loop_test(tests, keys_are_written, 0, COUNT(keys));
	tcase_add_test(tests, who_answers_and_another_host_are_in_the_key);
	tcase_add_loop_test(tests, a_star_is_any_bytes, 0, COUNT(globs));
	tcase_add_loop_test(tests, what_is_not_safe_and_went_well_invalidates,
	    0, COUNT(methods));
	tcase_add_loop_test(tests, references_are_resolved, 0,
	    COUNT(references));
	tcase_add_test(tests, location_and_content_location_are_ended_too);
	tcase_add_loop_test(tests, what_the_cache_did_is_one_member, 0,
	    COUNT(statuses));
	tcase_add_test(tests, the_longest_member_fits);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}

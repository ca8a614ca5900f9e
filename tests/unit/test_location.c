/*
 * test_location.c - URLs of an origin, as its clients must know them.
 *
 * The origin is http://10.0.0.11:8080/base, also called localhost:8080; the
 * client came by https and asked for app.example.com.
 */
#include "tests/unit/test_head.h"

#include "worker/proxy/location.h"

struct mapping {
	const char *inside;
	const char *outside; /* NULL: it stays */
};

static struct naming naming;

static void setup(void)
{
	naming = (struct naming){.prefix = STR("/base"),
	    .scheme = STR("https"),
	    .authority = STR("app.example.com")};
	naming_split(naming.authority, naming.scheme, &naming.outside);
	naming_add_inside(&naming, STR("10.0.0.11:8080"));
	naming_add_inside(&naming, STR("backend.internal:80"));
	naming_add_inside(&naming, STR("[2001:DB8::11]:8080"));
}

static void check(const struct mapping *m, bool refresh)
{
	char room[512];
	struct str value = str_from(m->inside);
	struct out o = out_make(room, sizeof(room));
	bool changed;

	out_lit(&o, "> ");
	changed = refresh ? location_map_refresh(&naming, value, &o)
			  : location_map(&naming, value, &o);
	ck_assert_msg(changed == (m->outside != NULL), "%s: %" PRI_STR,
	    m->inside, ARG_STR(out_text(&o)));
	ck_assert(out_ok(&o));
	ck_assert_msg(o.n <= value.n + naming_growth(&naming) + 2, "%s",
	    m->inside);
	if (changed)
		check_text(str_make(room + 2, o.n - 2), str_from(m->outside));
	else
		ck_assert_uint_eq(o.n, 2);
}

static const struct mapping mappings[] = {
    /* the origin by its names */
    {"http://10.0.0.11:8080/base/login?a=b#c",
	"https://app.example.com/login?a=b#c"},
    {"http://10.0.0.11:8080/base", "https://app.example.com/"},
    {"http://10.0.0.11:8080/base/", "https://app.example.com/"},
    {"http://10.0.0.11:8080/base?q", "https://app.example.com/?q"},
    {"http://10.0.0.11:8080/base#f", "https://app.example.com/#f"},
    {"HTTP://10.0.0.11:8080/base/x", "https://app.example.com/x"},
    {"http://10.0.0.11:08080/base/x", "https://app.example.com/x"},
    {"http://[2001:db8::11]:8080/base/x", "https://app.example.com/x"},
    {"http://BACKEND.internal/base/x", "https://app.example.com/x"},
    {"http://backend.internal:80/base/x", "https://app.example.com/x"},
    {"http://backend.internal:/base/x", "https://app.example.com/x"},
    {"https://backend.internal/base/x", "https://app.example.com/x"},
    {"https://backend.internal:443/base/x", "https://app.example.com/x"},
    {"//10.0.0.11:8080/base/x", "//app.example.com/x"},
    /* beside its prefix */
    {"http://10.0.0.11:8080", "https://app.example.com"},
    {"http://10.0.0.11:8080/", "https://app.example.com/"},
    {"http://10.0.0.11:8080?q", "https://app.example.com?q"},
    {"http://10.0.0.11:8080/other", "https://app.example.com/other"},
    {"http://10.0.0.11:8080/basement", "https://app.example.com/basement"},
    {"http://10.0.0.11:8080/Base/x", "https://app.example.com/Base/x"},
    /* the rest is copied as it is */
    {"http://10.0.0.11:8080/base/a b\"<>%zz\xc3\xa4",
	"https://app.example.com/a b\"<>%zz\xc3\xa4"},
    {"http://10.0.0.11:8080/base/?u=http://10.0.0.11:8080/base/",
	"https://app.example.com/?u=http://10.0.0.11:8080/base/"},
    /* paths, and URLs with the right name already */
    {"/base/login", "/login"},
    {"/base", "/"},
    {"/base/", "/"},
    {"/base?q", "/?q"},
    {"https://app.example.com/base/x?y", "https://app.example.com/x?y"},
    {"http://App.Example.com:80/base/x", "http://App.Example.com:80/x"},
    {"//app.example.com/base/x", "//app.example.com/x"},
    /* no path may become an authority */
    {"/base//evil.example/", "/.//evil.example/"},
    {"/base//", "/.//"},
    {"http://10.0.0.11:8080/base//evil.example/",
	"https://app.example.com/.//evil.example/"},
    /* nothing to do */
    {"", NULL},
    {"/", NULL},
    {"/login", NULL},
    {"/basement", NULL},
    {"login", NULL},
    {"../base/x", NULL},
    {"?q", NULL},
    {"#f", NULL},
    {"https://app.example.com/login", NULL},
    {"https://app.example.com", NULL},
    /* somebody else */
    {"http://10.0.0.11/base/x", NULL},
    {"http://10.0.0.11:8081/base/x", NULL},
    {"http://10.0.0.110:8080/base/x", NULL},
    {"http://backend.internal:443/base/x", NULL},
    {"http://backend.internal.evil.example/base/x", NULL},
    {"http://evil.example/?http://10.0.0.11:8080/base/", NULL},
    {"http://evil.example/base/x", NULL},
    {"//evil.example/base/x", NULL},
    {"ftp://10.0.0.11:8080/base/x", NULL},
    {"mailto:root@10.0.0.11", NULL},
    /* what readers take for different things */
    {"http://user@10.0.0.11:8080/base/x", NULL},
    {"http://10.0.0.11:8080@evil.example/base/x", NULL},
    {"http:/10.0.0.11:8080/base/x", NULL},
    {"http:10.0.0.11:8080/base/x", NULL},
    {"http:///base/x", NULL},
    {"///10.0.0.11:8080/base/x", NULL},
    {"http://10.0.0.11:8080:80/base/x", NULL},
    {"http://10.0.0.11:99999/base/x", NULL},
    {"http://10.0.0.11:+8080/base/x", NULL},
    {"http://10.0.0.11:8080\\@evil.example/base/x", NULL},
    {"\\\\evil.example/base/x", NULL},
    {"/base/\\evil.example", NULL},
    {"/base/\t/evil.example", NULL},
    {"/\t/evil.example/base/x", NULL},
};

START_TEST(a_url_is_mapped)
{
	check(&mappings[_i], false);
}
END_TEST

static const struct mapping refreshes[] = {
    {"5; url=http://10.0.0.11:8080/base/x",
	"5; url=https://app.example.com/x"},
    {"0;URL=/base/x", "0;URL=/x"},
    {"0.5 , url = \t/base/x", "0.5 , url = \t/x"},
    {"5;url='/base/x' and more", "5;url='/x' and more"},
    {"5;url=\"/base/x\"", "5;url=\"/x\""},
    {"5;url=\"/base/x", "5;url=\"/x"},
    {"5;/base/x", "5;/x"},
    {"5 /base/x", "5 /x"},
    {"5;url=", NULL},
    {"5;url=''", NULL},
    {"5;url=/x", NULL},
    {"5", NULL},
    {"5;", NULL},
    {"", NULL},
    {"x;url=/base/x", NULL},
    {"5;uri=/base/x", NULL},
    {"5;url=http://evil.example/base/x", NULL},
};

START_TEST(the_url_of_a_refresh_is_mapped)
{
	check(&refreshes[_i], true);
}
END_TEST

/* A client of HTTP/1.0 may have sent no Host. */
static const struct mapping nameless[] = {
    {"http://10.0.0.11:8080/base/x", "/x"},
    {"http://10.0.0.11:8080", "/"},
    {"http://10.0.0.11:8080?q", "/?q"},
    {"//10.0.0.11:8080/other", "/other"},
    {"http://10.0.0.11:8080//evil.example/", "/.//evil.example/"},
    {"http://10.0.0.11:8080/base//evil.example/", "/.//evil.example/"},
};

START_TEST(without_a_public_name_the_path_is_left)
{
	naming.authority = STR_NONE;
	naming.outside = (struct naming_host){.host = STR_NONE};
	check(&nameless[_i], false);
}
END_TEST

START_TEST(without_a_prefix_only_names_change)
{
	static const struct mapping plain[] = {
	    {"http://10.0.0.11:8080/base/x", "https://app.example.com/base/x"},
	    {"http://10.0.0.11:8080//x", "https://app.example.com//x"},
	    {"/base/x", NULL},
	    {"//x", NULL},
	    {"https://app.example.com/base/x", NULL},
	};

	naming.prefix = STR("");
	for (int i = 0; i < COUNT(plain); i++)
		check(&plain[i], false);
}
END_TEST

START_TEST(the_usual_port_of_an_origin_over_tls_may_be_left_out)
{
	static const struct mapping mapped[] = {
	    {"https://backend.internal/x", "https://app.example.com/x"},
	    {"https://backend.internal:443/x", "https://app.example.com/x"},
	    {"https://10.0.0.11:8443/x", "https://app.example.com/x"},
	    {"https://10.0.0.11/x", NULL},
	    {"https://backend.internal:80/x", NULL},
	};

	naming.prefix = STR("");
	naming.inside_count = 0;
	naming.https = true;
	naming_add_inside(&naming, STR("backend.internal:443"));
	naming_add_inside(&naming, STR("10.0.0.11:8443"));
	for (int i = 0; i < COUNT(mapped); i++)
		check(&mapped[i], false);
}
END_TEST

static const struct mapping routed[] = {
    {"http://10.0.0.11:8080/login?a", "https://app.example.com/api/login?a"},
    {"http://10.0.0.11:8080", "https://app.example.com/api"},
    {"http://10.0.0.11:8080/", "https://app.example.com/api/"},
    {"http://10.0.0.11:8080?q", "https://app.example.com/api?q"},
    {"/login", "/api/login"},
    {"/", "/api/"},
    {"/apis", "/api/apis"},
    {"https://app.example.com/x", "https://app.example.com/api/x"},
    {"http://10.0.0.11:8080/api/x", "https://app.example.com/api/x"},
    {"https://app.example.com/api/x", NULL},
    {"/api/x", NULL},
    {"/api", NULL},
    {"login", NULL},
    {"http://other.example/x", NULL},
};

START_TEST(what_a_route_took_off_is_put_before)
{
	naming.prefix = STR("");
	naming.route = STR("/api");
	check(&routed[_i], false);
}
END_TEST

START_TEST(a_prefix_is_changed_for_a_route)
{
	static const struct mapping both[] = {
	    {"/base/x", "/api/x"},
	    {"/base", "/api"},
	    {"/base/api/x", "/api/api/x"},
	    {"/base//x", "/api//x"},
	    {"/x", NULL},
	    {"http://10.0.0.11:8080/x", "https://app.example.com/x"},
	};

	naming.route = STR("/api");
	for (int i = 0; i < COUNT(both); i++)
		check(&both[i], false);
}
END_TEST

START_TEST(a_full_buffer_is_not_passed)
{
	struct str value = STR("http://10.0.0.11:8080/base/login");

	for (size_t n = 0; n < strlen("https://app.example.com/login"); n++) {
		char *room = malloc(n + 1);
		struct out o = out_make(room, n);

		ck_assert_ptr_nonnull(room);
		ck_assert(location_map(&naming, value, &o));
		ck_assert(!out_ok(&o));
		free(room);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("location");
	TCase *tcase = tcase_create("location");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, a_url_is_mapped, 0, COUNT(mappings));
	tcase_add_loop_test(tcase, the_url_of_a_refresh_is_mapped, 0,
	    COUNT(refreshes));
	tcase_add_loop_test(tcase, without_a_public_name_the_path_is_left, 0,
	    COUNT(nameless));
	tcase_add_test(tcase, without_a_prefix_only_names_change);
	tcase_add_test(tcase,
	    the_usual_port_of_an_origin_over_tls_may_be_left_out);
	tcase_add_loop_test(tcase, what_a_route_took_off_is_put_before, 0,
	    COUNT(routed));
	tcase_add_test(tcase, a_prefix_is_changed_for_a_route);
	tcase_add_test(tcase, a_full_buffer_is_not_passed);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

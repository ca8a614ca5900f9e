/*
 * test_cookies.c - the cookies of an origin, as its clients must get them.
 *
 * The origin is http://10.0.0.11:8080/base, also called web.internal.example;
 * the client asked for app.example.com.
 */
#include "tests/unit/test_head.h"

#include "worker/proxy/cookies.h"

struct mapping {
	const char *inside;
	const char *outside; /* NULL: it stays; "": it goes */
};

static struct naming naming;

static void setup(void)
{
	naming = (struct naming){.prefix = STR("/base"),
	    .scheme = STR("http"),
	    .authority = STR("app.example.com:8000")};
	naming_split(naming.authority, naming.scheme, &naming.outside);
	naming_add_inside(&naming, STR("10.0.0.11:8080"));
	naming_add_inside(&naming, STR("web.internal.example"));
}

static void check(const struct conf_cookies *conf, const struct mapping *m)
{
	struct str value = str_from(m->inside);
	size_t room = cookie_room(&naming, conf, value);
	char *buf = malloc(room);
	struct out o = out_make(buf, room);
	enum cookie_fate fate = cookie_map(&naming, conf, value, &o);
	enum cookie_fate expected = m->outside == NULL ? COOKIE_KEPT
	    : m->outside[0] == '\0' ? COOKIE_REMOVED : COOKIE_CHANGED;

	ck_assert_msg(fate == expected, "%s: %d, %" PRI_STR, m->inside, fate,
	    ARG_STR(out_text(&o)));
	ck_assert(out_ok(&o));
	if (fate == COOKIE_CHANGED)
		check_text(out_text(&o), str_from(m->outside));
	else
		ck_assert_uint_eq(o.n, 0);
	free(buf);
}

static const struct mapping by_default[] = {
    {"a=b", NULL},
    {"a=b; Path=/; HttpOnly; Max-Age=5; SameSite=Lax", NULL},
    {"a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT", NULL},
    {"", NULL},
    {";", NULL},
    {"a=b; Domain=10.0.0.11", "a=b"},
    {"a=b; domain=10.0.0.11; Path=/x", "a=b; Path=/x"},
    {"a=b; DOMAIN = web.internal.example ; Secure", "a=b; Secure"},
    {"a=b; Domain=.internal.example;Secure", "a=b;Secure"},
    {"a=b; Domain=Web.Internal.Example", "a=b"},
    {"a=b;Domain=.web.internal.example;;x", "a=b;;x"},
    {"a=b; Domain=10.0.0.11; Domain=example.com", "a=b; Domain=example.com"},
    {"a=b; Domain=app.example.com", NULL},
    {"a=b; Domain=.example.com", NULL},
    {"a=b; Domain=other.example", NULL},
    {"a=b; Domain=ernal.example", NULL},
    {"a=b; Domain=", NULL},
    {"a=b; Domain=.", NULL},
    {"a=b; Domain", NULL},
    {"a=Domain=10.0.0.11", NULL},
    {"Domain=10.0.0.11", NULL},
    {"a=b; Path=/base", "a=b; Path=/"},
    {"a=b; Path=/base/", "a=b; Path=/"},
    {"a=b;path = /base/app;x", "a=b; Path=/app;x"},
    {"a=b; Path=/base//app", "a=b; Path=//app"},
    {"a=b; Path=/base/a; Path=/base/b", "a=b; Path=/a; Path=/b"},
    {"a=b; Path=/basement", NULL},
    {"a=b; Path=base", NULL},
    {"a=b; Path=\"/base\"", NULL},
    {"a=b; Path=", NULL},
    {"a=\"b;c\"; Path=/base", "a=\"b;c\"; Path=/"},
    {"__Host-a=b; Path=/; Secure", NULL},
};

START_TEST(by_default_the_origin_is_not_named)
{
	check(NULL, &by_default[_i]);
}
END_TEST

static const struct conf_cookies flags = {.secure = true,
    .http_only = true,
    .same_site = CONF_SAME_SITE_LAX};

static const struct mapping hardened[] = {
    {"a=b", "a=b; Secure; HttpOnly; SameSite=Lax"},
    {"a=b; secure", "a=b; secure; HttpOnly; SameSite=Lax"},
    {"a=b; HTTPONLY ;Secure", "a=b; HTTPONLY ;Secure; SameSite=Lax"},
    {"a=b; Secure=no", "a=b; Secure=no; HttpOnly; SameSite=Lax"},
    {"a=b; SameSite=None; Path=/",
	"a=b; Path=/; Secure; HttpOnly; SameSite=Lax"},
    {"a=b; SameSite; samesite = Strict",
	"a=b; Secure; HttpOnly; SameSite=Lax"},
    {"a=b; Path=/base/x; Domain=10.0.0.11",
	"a=b; Path=/x; Secure; HttpOnly; SameSite=Lax"},
    {"a=b;", "a=b;; Secure; HttpOnly; SameSite=Lax"},
};

START_TEST(flags_are_set_on_request)
{
	check(&flags, &hardened[_i]);
}
END_TEST

START_TEST(same_site_can_be_all_that_it_can_be)
{
	struct conf_cookies conf = {.same_site = CONF_SAME_SITE_STRICT};
	struct mapping strict = {"a=b", "a=b; SameSite=Strict"};
	struct mapping none = {"a=b", "a=b; Secure; SameSite=None"};

	check(&conf, &strict);
	conf.same_site = CONF_SAME_SITE_NONE;
	conf.secure = true;
	check(&conf, &none);
}
END_TEST

static const struct conf_cookies moved = {.domain = ".example.com",
    .path = "/app"};

static const struct mapping moves[] = {
    {"a=b", NULL},
    {"a=b; Domain=10.0.0.11; Secure", "a=b; Domain=.example.com; Secure"},
    {"a=b; Domain=app.example.com", NULL},
    {"a=b; Path=/", "a=b; Path=/app"},
    {"a=b; Path=/x", "a=b; Path=/app/x"},
    {"a=b; Path=/base", "a=b; Path=/app"},
    {"a=b; Path=/base/", "a=b; Path=/app"},
    {"a=b; Path=/base/x", "a=b; Path=/app/x"},
    {"a=b; Path=/app", NULL},
    {"a=b; Path=/app/x", NULL},
    {"a=b; Path=/apple", "a=b; Path=/app/apple"},
    {"__Host-a=b; Path=/; Secure", NULL},
    {"__host-a=b; Path=/; Secure; Domain=10.0.0.11",
	"__host-a=b; Path=/; Secure"},
    {"__Secure-a=b; Path=/; Secure", "__Secure-a=b; Path=/app; Secure"},
};

START_TEST(domain_and_path_are_replaced)
{
	check(&moved, &moves[_i]);
}
END_TEST

START_TEST(paths_get_what_a_route_took_off)
{
	static const struct mapping table[] = {
	    {"a=b; Path=/x", "a=b; Path=/api/x"},
	    {"a=b; Path=/base/x", "a=b; Path=/api/x"},
	    {"a=b; Path=/base", "a=b; Path=/"},
	    {"a=b; Path=/", NULL},
	    {"a=b; Path=/api/x", NULL},
	    {"__Host-a=b; Path=/x", NULL},
	};
	struct mapping app = {"a=b; Path=/x", "a=b; Path=/app/x"};

	naming.route = STR("/api");
	for (int i = 0; i < COUNT(table); i++)
		check(NULL, &table[i]);
	check(&moved, &app);
}
END_TEST

START_TEST(cookies_are_removed_by_name)
{
	const char *names[] = {"debug", "trace"};
	struct conf_cookies conf = {.remove = names, .remove_count = 2};
	static const struct mapping table[] = {
	    {"debug=1; Path=/", ""},
	    {" trace =", ""},
	    {"Debug=1", NULL},
	    {"debugger=1", NULL},
	    {"a=debug", NULL},
	    {"debug", NULL},
	    {"debug ; x", NULL},
	};

	for (int i = 0; i < COUNT(table); i++)
		check(&conf, &table[i]);
}
END_TEST

START_TEST(there_is_room_for_the_worst)
{
	char value[4096] = "a";
	struct mapping m = {value, NULL};
	struct conf_cookies conf = {.path = "/a/rather/long/path",
	    .domain = "a.rather.long.domain.example"};
	size_t room = cookie_room(&naming, &conf, str_make(value, 4095));
	char *buf = malloc(room);
	struct out o = out_make(buf, room);

	while (strlen(value) < 4088)
		strcat(value, ";Path=/");
	ck_assert_int_eq(cookie_map(&naming, &conf, str_from(m.inside), &o),
	    COOKIE_CHANGED);
	ck_assert(out_ok(&o));
	free(buf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cookies");
	TCase *tcase = tcase_create("cookies");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, by_default_the_origin_is_not_named, 0,
	    COUNT(by_default));
	tcase_add_loop_test(tcase, flags_are_set_on_request, 0,
	    COUNT(hardened));
	tcase_add_test(tcase, same_site_can_be_all_that_it_can_be);
	tcase_add_loop_test(tcase, domain_and_path_are_replaced, 0,
	    COUNT(moves));
	tcase_add_test(tcase, paths_get_what_a_route_took_off);
	tcase_add_test(tcase, cookies_are_removed_by_name);
	tcase_add_test(tcase, there_is_room_for_the_worst);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

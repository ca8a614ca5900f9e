/*
 * fuzz_cookie.c - any field value as a Set-Cookie, Location, Refresh, Accept.
 *
 * The origin is http://10.0.0.11:8080/base, the public name
 * https://app.example.com.  What comes out is held against what a browser
 * would make of it: it leads to the public name or to where it led before,
 * and never to a third.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/http/accept.h"
#include "worker/http/scan.h"
#include "worker/proxy/cookies.h"

#define VALUE_MAX ((size_t)16 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct naming naming(struct str prefix)
{
	struct naming n = {.prefix = prefix,
	    .scheme = STR("https"),
	    .authority = STR("app.example.com")};

	INSIST(naming_split(n.authority, n.scheme, &n.outside));
	naming_add_inside(&n, STR("10.0.0.11:8080"));
	naming_add_inside(&n, STR("web.internal"));
	return n;
}

/* The bytes that would be sent: as harmless as what was received. */
static void check_bytes(struct str s)
{
	INSIST(scan_value(s.p, s.p + s.n) == s.p + s.n);
}

static bool starts(struct str s, const char *with)
{
	struct str prefix = str_from(with);

	return s.n >= prefix.n &&
	    str_eq_nocase(str_make(s.p, prefix.n), prefix);
}

/* ---- URLs ---- */

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* Would a browser leave the site for what S says, a path? */
static bool leaves(struct str s)
{
	return s.n > 1 && is_slash(s.p[0]) && is_slash(s.p[1]);
}

static void check_url(struct str before, struct str after)
{
	check_bytes(after);
	INSIST(memchr(before.p, '\t', before.n) == NULL);
	INSIST(memchr(before.p, '\\', before.n) == NULL);
	if (starts(after, "https://") || starts(after, "http://"))
		after = str_make(strchr(after.p, ':') + 1,
		    after.n - (size_t)(strchr(after.p, ':') + 1 - after.p));
	if (starts(after, "//app.example.com")) {
		size_t n = sizeof("//app.example.com") - 1;

		INSIST(after.n == n || strchr("/?#:", after.p[n]) != NULL);
	} else {
		INSIST(after.n > 0 && after.p[0] == '/' && !leaves(after));
	}
}

static void try_location(const struct naming *n, struct str value)
{
	size_t room = value.n + naming_growth(n);
	char *buf = malloc(room + 1);
	struct out o = out_make(buf, room);

	INSIST(buf != NULL);
	if (location_map(n, value, &o)) {
		INSIST(out_ok(&o));
		buf[o.n] = '\0';
		check_url(value, out_text(&o));
	} else {
		INSIST(o.n == 0);
	}
	free(buf);
}

static void try_refresh(const struct naming *n, struct str value)
{
	size_t room = value.n + naming_growth(n);
	char *buf = malloc(room);
	struct out o = out_make(buf, room);

	INSIST(buf != NULL);
	if (location_map_refresh(n, value, &o)) {
		INSIST(out_ok(&o));
		INSIST(o.p[0] == value.p[0]);
		check_bytes(out_text(&o));
	} else {
		INSIST(o.n == 0);
	}
	free(buf);
}

/* ---- cookies ---- */

static const char *remove_names[] = {"debug"};

static const struct conf_cookies strict = {.domain = ".example.com",
    .path = "/app",
    .secure = true,
    .http_only = true,
    .same_site = CONF_SAME_SITE_STRICT,
    .remove = remove_names,
    .remove_count = 1};

static size_t pair_length(struct str s)
{
	const char *end = memchr(s.p, ';', s.n);

	return end != NULL ? (size_t)(end - s.p) : s.n;
}

static size_t count_of(struct str s, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i + strlen(word) <= s.n; i++)
		n += str_eq_nocase(str_make(s.p + i, strlen(word)),
		    str_from(word));
	return n;
}

/* With everything done, doing it again changes nothing but to repeat our
 * SameSite, and the defaults find nothing to do. */
static void check_cookie(const struct naming *n, struct str before,
    struct str after)
{
	struct str rest = str_make(after.p + pair_length(after),
	    after.n - pair_length(after));
	char *buf = malloc(cookie_room(n, NULL, after));
	struct out o = out_make(buf, cookie_room(n, NULL, after));
	struct naming plain = naming(STR(""));

	INSIST(buf != NULL);
	check_bytes(after);
	INSIST(pair_length(before) == pair_length(after));
	INSIST(memcmp(before.p, after.p, pair_length(before)) == 0);
	INSIST(cookie_map(&plain, NULL, after, &o) == COOKIE_KEPT);
	INSIST(count_of(rest, "; SameSite=Strict") >= 1);
	free(buf);
}

static void try_cookie(const struct naming *n,
    const struct conf_cookies *conf, struct str value)
{
	size_t room = cookie_room(n, conf, value);
	char *buf = malloc(room);
	struct out o = out_make(buf, room);
	enum cookie_fate fate;

	INSIST(buf != NULL);
	fate = cookie_map(n, conf, value, &o);
	INSIST(out_ok(&o));
	INSIST(fate == COOKIE_CHANGED || o.n == 0);
	INSIST(conf == NULL || fate != COOKIE_KEPT || value.p == NULL);
	if (fate == COOKIE_CHANGED && conf != NULL)
		check_cookie(n, value, out_text(&o));
	free(buf);
}

/* ---- Accept ---- */

static void try_accept(struct str value)
{
	static const struct accept_offer offers[] = {
	    {{"text", 4}, {"plain", 5}},
	    {{"text", 4}, {"html", 4}},
	    {{"application", 11}, {"json", 4}},
	};
	struct field f = {.name = "Accept",
	    .name_len = 6,
	    .value = value.p,
	    .value_len = (uint32_t)value.n,
	    .id = FIELD_accept};
	struct message m = {.field_count = 1,
	    .fields = &f,
	    .present = FIELD_BIT(FIELD_accept)};

	INSIST(accept_choose(&m, offers, 3) < 3);
	INSIST(accept_choose(&m, offers, 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str value = str_make((const char *)data, size);
	struct naming based = naming(STR("/base"));
	struct naming plain = naming(STR(""));

	if (size == 0 || size > VALUE_MAX ||
	    scan_value(value.p, value.p + size) != value.p + size)
		return 0;
	try_location(&based, value);
	try_location(&plain, value);
	try_refresh(&based, value);
	try_cookie(&based, NULL, value);
	try_cookie(&based, &strict, value);
	try_cookie(&plain, &strict, value);
	plain.route = STR("/api");
	try_location(&plain, value);
	try_refresh(&plain, value);
	try_cookie(&plain, NULL, value);
	try_accept(value);
	return 0;
}

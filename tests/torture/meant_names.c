/*
 * meant_names.c - the field names that mean something to the proxy.
 */
#include "tests/torture/meant_names.h"

#define HOP (NAME_KNOWN | NAME_HOP | NAME_OURS | NAME_HEAD)
#define OURS (NAME_KNOWN | NAME_OURS | NAME_HEAD)
#define ONCE (NAME_KNOWN | NAME_ONCE | NAME_HEAD)
#define HEAD (NAME_KNOWN | NAME_HEAD)

static const struct {
	const char *name;
	unsigned flags;
} names[] = {
    {"connection", HOP}, {"keep-alive", HOP}, {"proxy-connection", HOP},
    {"te", HOP}, {"trailer", HOP}, {"upgrade", HOP}, {"http2-settings", HOP},
    {"proxy", HOP}, {"proxy-authenticate", HOP}, {"proxy-authorization", HOP},
    {"host", ONCE | NAME_OURS}, {"content-length", ONCE | NAME_OURS},
    {"transfer-encoding", ONCE | NAME_OURS}, {"authorization", ONCE},
    {"content-type", ONCE | NAME_SINGLE}, {"content-range", ONCE},
    {"range", ONCE}, {"if-range", ONCE}, {"if-modified-since", ONCE},
    {"if-unmodified-since", ONCE}, {"location", ONCE},
    {"max-forwards", ONCE | NAME_SINGLE | NAME_OURS},
    {"origin", ONCE | NAME_SINGLE}, {"expect", OURS}, {"x-forwarded", OURS},
    {"forwarded", OURS}, {"x-request-id", OURS}, {"traceparent", OURS},
    {"tracestate", OURS}, {"x-real-ip", OURS}, {"x-client-ip", OURS},
    {"client-ip", OURS}, {"true-client-ip", OURS},
    {"x-cluster-client-ip", OURS}, {"cf-connecting-ip", OURS},
    {"fastly-client-ip", OURS}, {"x-original-forwarded-for", OURS},
    {"x-original-host", OURS}, {"x-original-url", OURS},
    {"x-rewrite-url", OURS}, {"x-scheme", OURS}, {"x-url-scheme", OURS},
    {"front-end-https", OURS}, {"via", NAME_KNOWN | NAME_OURS},
    {"date", HEAD}, {"content-location", HEAD}, {"refresh", HEAD},
    {"set-cookie", HEAD}, {"cookie", HEAD}, {"server", HEAD},
    {"powered-by", HEAD}, {"x-aspnet-version", HEAD},
    {"x-aspnetmvc-version", HEAD}, {"x-aspnetwebpages-version", HEAD},
    {"x-backend", HEAD}, {"x-backend-server", HEAD}, {"x-drupal-cache", HEAD},
    {"x-drupal-dynamic-cache", HEAD},
    {"x-envoy-upstream-service-time", HEAD}, {"x-generator", HEAD},
    {"x-mod-pagespeed", HEAD}, {"x-page-speed", HEAD},
    {"x-php-version", HEAD}, {"x-powered-by", HEAD},
    {"x-powered-by-plesk", HEAD}, {"x-powered-cms", HEAD},
    {"x-redirect-by", HEAD}, {"x-runtime", HEAD}, {"x-served-by", HEAD},
    {"x-upstream", HEAD}, {"x-varnish", HEAD}, {"cache-control", HEAD},
    {"age", HEAD}, {"content-encoding", HEAD}, {"expires", HEAD},
    {"if-match", HEAD}, {"if-none-match", HEAD}, {"pragma", HEAD},
    {"retry-after", HEAD}, {"vary", HEAD}, {"warning", HEAD},
    {"www-authenticate", HEAD}, {"accept", NAME_KNOWN},
    {"user-agent", NAME_KNOWN}, {"referer", NAME_KNOWN},
};

/* Of a family in which everybody invents names. */
static bool is_forwarded(struct str name)
{
	struct str prefix = STR("x-forwarded-");

	return name.n > prefix.n &&
	    strict_equal_nocase(str_make(name.p, prefix.n), prefix);
}

static unsigned find(struct str name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strict_equal_nocase(name, str_from(names[i].name)))
			return names[i].flags;
	return is_forwarded(name) ? OURS : 0;
}

unsigned names_flags(struct str name)
{
	char plain[64];
	bool has_underscore = false;

	if (is_forwarded(name) || name.n > sizeof(plain))
		return find(name);
	for (size_t i = 0; i < name.n; i++) {
		plain[i] = name.p[i] == '_' ? '-' : name.p[i];
		has_underscore = has_underscore || name.p[i] == '_';
	}
	if (!has_underscore)
		return find(name);
	return find(str_make(plain, name.n)) != 0 ? NAME_DISGUISED : 0;
}

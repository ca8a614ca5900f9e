/*
 * cookies.h - the cookies of an origin, as its clients must get them.
 *
 * RFC 6265bis, 4.1 and 5.6.  Pure; nothing here waits or allocates.
 */
#ifndef WORKER_PROXY_COOKIES_H
#define WORKER_PROXY_COOKIES_H

#include "common/conf/conf.h"
#include "worker/proxy/location.h"

enum cookie_fate {
	COOKIE_KEPT,	/* as it is: nothing was appended */
	COOKIE_CHANGED, /* what was appended stands in its place */
	COOKIE_REMOVED
};

/*
 * VALUE of one Set-Cookie.  Without CONF (NULL) a Domain that names the origin
 * goes and a Path loses the prefix; CONF says what else is to be done.
 */
enum cookie_fate cookie_map(const struct naming *n,
    const struct conf_cookies *conf, struct str value, struct out *o);

/* What CONF (or NULL) says of SameSite; STR_NONE: nothing. */
struct str cookie_same_site(const struct conf_cookies *conf);

/*
 * The attributes of a cookie of our own, behind its value; those that CONF (or
 * NULL) gives to cookies of origins it has, too.  TLS: the client came by it.
 * TTL 0: it lives as long as the browser.
 */
void cookie_write_ours(const struct conf_cookies *conf, bool tls, usec_t ttl,
    struct out *o);

/* That is at most so long. */
#define COOKIE_OURS_MAX 100

/* How many bytes it may append, at most. */
size_t cookie_room(const struct naming *n, const struct conf_cookies *conf,
    struct str value);

#endif

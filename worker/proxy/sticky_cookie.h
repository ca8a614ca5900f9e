/*
 * sticky_cookie.h - the cookie that says which server a client stays with.
 *
 * Nobody but who has the keys can make one, or learn from one anything of its
 * server: not even whether two clients have the same one.  Pure functions.
 */
#ifndef WORKER_PROXY_STICKY_COOKIE_H
#define WORKER_PROXY_STICKY_COOKIE_H

#include "common/base/clock.h"
#include "common/base/hash.h"

#define STICKY_COOKIE_SIZE 40

/* Of one pool. */
struct sticky_keys {
	struct hash_key tag;
	struct hash_key mask;
};

/* The keys of the pool called POOL of the vhost called VHOST, made of SECRET:
 * the same in all daemons that have it. */
struct sticky_keys sticky_keys_of(struct hash_key secret, struct str vhost,
    struct str pool);

struct sticky_cookie {
	uint64_t server;
	uint32_t issued; /* seconds since 1970 */
};

/* The value for C. */
void sticky_cookie_write(const struct sticky_keys *keys,
    struct sticky_cookie c, char text_r[STICKY_COOKIE_SIZE]);

/* False: TEXT is none that was written with these keys. */
bool sticky_cookie_read(const struct sticky_keys *keys, struct str text,
    struct sticky_cookie *c_r);

enum sticky_age { STICKY_YOUNG, STICKY_OLD, STICKY_EXPIRED };

/*
 * How old C is at NOW (clock_wall): OLD when half of its TTL is over.  TTL 0:
 * it stays young.  One from the future is expired, unless clocks differ by no
 * more than a minute.
 */
enum sticky_age sticky_cookie_age(struct sticky_cookie c, usec_t now,
    usec_t ttl);

#endif

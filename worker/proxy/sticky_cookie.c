/*
 * sticky_cookie.c - the cookie that says which server a client stays with.
 *
 * Runs in workers.  Three numbers as hexadecimal digits in lower case, so that
 * there is one spelling of each cookie:
 *
 *	0      7 8             23 24            39
 *	| issued | masked server | tag           |
 *
 *	tag    = SipHash(tag key, issued, server)
 *	masked = server xor SipHash(mask key, issued, tag)
 *
 * The tag is signature and nonce in one (that is how SIV modes work): the mask
 * is another one for each server and second, so no two masked servers can be
 * compared, and a guessed address can't be tried out on them.
 */
#include "worker/proxy/sticky_cookie.h"

#include <endian.h>

#define SKEW (60 * USEC_PER_SEC)

/* ---- keys ---- */

static struct hash_key key_for(struct hash_key secret, struct hash_id pool,
    uint64_t use)
{
	uint64_t first[] = {htole64(pool.word[0]), htole64(pool.word[1]),
	    htole64(use)};
	uint64_t second[] = {first[0], first[1], htole64(use + 1)};

	return (struct hash_key){{hash_bytes(&secret, first, sizeof(first)),
	    hash_bytes(&secret, second, sizeof(second))}};
}

struct sticky_keys sticky_keys_of(struct hash_key secret, struct str vhost,
    struct str pool)
{
	struct hash_id id = {{0, 0}};

	id = hash_id_add(hash_id_add(id, vhost), pool);
	return (struct sticky_keys){.tag = key_for(secret, id, 1),
	    .mask = key_for(secret, id, 3)};
}

static uint64_t hash_two(const struct hash_key *key, uint64_t a, uint64_t b)
{
	uint64_t words[] = {htole64(a), htole64(b)};

	return hash_bytes(key, words, sizeof(words));
}

/* ---- digits ---- */

static void put(char *p, size_t n, uint64_t value)
{
	while (n > 0) {
		p[--n] = "0123456789abcdef"[value & 15];
		value >>= 4;
	}
}

/* N digits at P.  False: one of them is none, or in upper case. */
static bool get(const char *p, size_t n, uint64_t *value_r)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		int digit = char_hex(p[i]);

		if (digit < 0 || (p[i] >= 'A' && p[i] <= 'F'))
			return false;
		value = value << 4 | (uint64_t)digit;
	}
	*value_r = value;
	return true;
}

/* ---- cookies ---- */

void sticky_cookie_write(const struct sticky_keys *keys,
    struct sticky_cookie c, char text_r[STICKY_COOKIE_SIZE])
{
	uint64_t tag = hash_two(&keys->tag, c.issued, c.server);

	put(text_r, 8, c.issued);
	put(text_r + 8, 16, c.server ^ hash_two(&keys->mask, c.issued, tag));
	put(text_r + 24, 16, tag);
}

bool sticky_cookie_read(const struct sticky_keys *keys, struct str text,
    struct sticky_cookie *c_r)
{
	uint64_t issued, server, tag;

	if (text.n != STICKY_COOKIE_SIZE || !get(text.p, 8, &issued) ||
	    !get(text.p + 8, 16, &server) || !get(text.p + 24, 16, &tag))
		return false;
	server ^= hash_two(&keys->mask, issued, tag);
	/* One comparison of whole words: it takes the same time for all. */
	if ((hash_two(&keys->tag, issued, server) ^ tag) != 0)
		return false;
	*c_r = (struct sticky_cookie){server, (uint32_t)issued};
	return true;
}

enum sticky_age sticky_cookie_age(struct sticky_cookie c, usec_t now,
    usec_t ttl)
{
	usec_t age = now - (usec_t)c.issued * USEC_PER_SEC;

	if (age < -SKEW || (ttl > 0 && age >= ttl))
		return STICKY_EXPIRED;
	return ttl > 0 && age >= ttl / 2 ? STICKY_OLD : STICKY_YOUNG;
}

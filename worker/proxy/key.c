/*
 * key.c - what a request is known by, as a number.
 *
 * Runs on the exchange's fiber; waits for nothing.
 */
#include "worker/proxy/key.h"

#include "common/base/hash.h"
#include "worker/proxy/expand.h"

bool key_hash(struct exchange *x, const struct conf_template *key,
    uint64_t *hash_r)
{
	static const struct hash_key plain;
	struct arena mark = x->arena;
	struct str text = expand(x, key, NULL, CONF_FILL_TEXT);

	if (x->end != END_NONE)
		return false;
	if (text.n == 0)
		text = x->identity.address;
	*hash_r = hash_bytes(&plain, text.p, text.n);
	arena_rewind(&x->arena, &mark);
	return true;
}

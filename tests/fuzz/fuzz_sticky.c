/*
 * fuzz_sticky.c - any field value as the cookies of a request, with the
 * cookie that says which server its client stays with among them.
 *
 * The first byte chooses a place in a cookie of our own, the second what is
 * put there; the rest is the list.  No text is a cookie of ours but the one
 * that was written; what is left of the list when ours is taken out has the
 * same other cookies in the same order.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/http/cookie.h"
#include "worker/proxy/sticky_cookie.h"

#define VALUE_MAX ((size_t)16 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str names[] = {STR("srv"), STR("a")};
static const struct sticky_cookie ours = {0x0123456789abcdef, 1795000000};

/* Any text but TRUE_TEXT must be refused. */
static void check_read(const struct sticky_keys *keys, struct str text,
    struct str true_text)
{
	struct sticky_cookie c;
	bool read = sticky_cookie_read(keys, text, &c);

	INSIST(read == str_eq(text, true_text));
	INSIST(!read ||
	    (c.server == ours.server && c.issued == ours.issued));
}

static void try_cookie(const uint8_t *data, struct str list)
{
	struct hash_key secret = {{1, 2}};
	struct sticky_keys keys =
	    sticky_keys_of(secret, STR("app.example.com"), STR("web"));
	char text[STICKY_COOKIE_SIZE], changed[STICKY_COOKIE_SIZE];
	struct str value;

	sticky_cookie_write(&keys, ours, text);
	memcpy(changed, text, sizeof(text));
	changed[data[0] % sizeof(changed)] = (char)data[1];
	check_read(&keys, str_make(changed, sizeof(changed)),
	    str_make(text, sizeof(text)));
	check_read(&keys, list, str_make(text, sizeof(text)));
	while (cookie_next(&list, names[0], &value))
		check_read(&keys, value, str_make(text, sizeof(text)));
}

/* Is the next cookie of LIST that is neither of NAMES and not empty there? */
static bool next_other(struct str *list, struct str *pair_r)
{
	struct str value, one;

	while (str_next_part(list, ';', pair_r)) {
		*pair_r = str_trim(*pair_r);
		one = *pair_r;
		if (pair_r->n > 0 && !cookie_next(&one, names[0], &value) &&
		    (one = *pair_r, !cookie_next(&one, names[1], &value)))
			return true;
	}
	return false;
}

static void try_strip(struct str list)
{
	char *copy = malloc(list.n + 1);
	struct out o = out_make(copy, list.n);
	struct str rest = list, left, value, a, b;
	bool stripped, has;

	INSIST(copy != NULL);
	stripped = cookie_strip(list, names, 2, &o);
	INSIST(out_ok(&o));
	has = cookie_next(&rest, names[0], &value);
	rest = list;
	has = cookie_next(&rest, names[1], &value) || has;
	INSIST(stripped == has && (stripped || o.n == 0));
	if (stripped) {
		left = rest = out_text(&o);
		INSIST(!cookie_next(&rest, names[0], &value));
		INSIST(!cookie_next(&left, names[1], &value));
		left = out_text(&o);
		rest = list;
		while (next_other(&rest, &a))
			INSIST(next_other(&left, &b) && str_eq(a, b));
		INSIST(!next_other(&left, &b));
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str list;

	if (size < 2 || size > VALUE_MAX)
		return 0;
	list = str_make((const char *)data + 2, size - 2);
	try_cookie(data, list);
	try_strip(list);
	return 0;
}

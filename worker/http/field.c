/*
 * field.c - from a field's name to its id.
 *
 * Runs in workers, once for each field line.  Most names are not in fields.h
 * and should find that out at once: a table of 256 slots is filled before
 * main, a name's slot is told by its length and its first and last letter,
 * and a free slot ends the search.
 *
 *	slots   | 0 | 7 | 0 | 0 | 3 | 12 | 0 ...      ids; 0: free
 *	          "Upgrade" ^       ^   ^ the next one, because 3 was taken
 *
 * Invariant: fewer names than slots, so that each search ends.
 */
#include "worker/http/field.h"

#include "common/base/insist.h"

#define SLOTS 256

struct known {
	const char *name;
	uint8_t len;
	uint8_t flags;
};

static const struct known known[FIELD_END] = {
#define FIELD(id, name, flags) [FIELD_##id] = {name, sizeof(name) - 1, flags},
#include "worker/http/fields.h"
#undef FIELD
};

static uint8_t slots[SLOTS];

static unsigned slot_of(const char *name, size_t n)
{
	unsigned first = (unsigned char)name[0] | 0x20;
	unsigned last = (unsigned char)name[n - 1] | 0x20;

	return (first << 3 ^ last ^ (unsigned)n << 1) % SLOTS;
}

static void __attribute__((constructor)) fill_slots(void)
{
	for (unsigned id = FIELD_OTHER + 1; id < FIELD_END; id++) {
		unsigned slot = slot_of(known[id].name, known[id].len);

		while (slots[slot] != FIELD_OTHER)
			slot = (slot + 1) % SLOTS;
		slots[slot] = (uint8_t)id;
	}
}

/* Known names are letters, digits and "-", and A is a token: so bytes that
 * differ in bit 5 only are one letter in two cases. */
static bool words_differ(const char *a, const char *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x ^ y) & ~UINT64_C(0x2020202020202020);
}

static bool names_differ(const char *a, const char *b, size_t n)
{
	size_t at = 0;

	for (; n - at >= 8; at += 8)
		if (words_differ(a + at, b + at))
			return true;
	if (n >= 8)
		return words_differ(a + n - 8, b + n - 8);
	for (; at < n; at++)
		if ((a[at] ^ b[at]) & ~0x20)
			return true;
	return false;
}

enum field_id field_identify(struct str name)
{
	unsigned slot;

	INSIST(name.n > 0);
	slot = slot_of(name.p, name.n);
	for (; slots[slot] != FIELD_OTHER; slot = (slot + 1) % SLOTS) {
		const struct known *k = &known[slots[slot]];

		if (k->len == name.n && !names_differ(name.p, k->name, name.n))
			return slots[slot];
	}
	return FIELD_OTHER;
}

unsigned field_flags(enum field_id id)
{
	INSIST(id < FIELD_END);
	return known[id].flags;
}

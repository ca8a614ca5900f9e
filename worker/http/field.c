/*
 * field.c - from a field's name to its id.
 *
 * Runs in workers, once for each field line.  Most names are not in fields.h
 * and should find that out at once: a table of 512 slots is filled before
 * main, a name's slot is told by its length and its first and last letter,
 * and a free slot ends the search.
 *
 *	slots   | 0 | 7 | 0 | 0 | 3 | 12 | 0 ...      of known[]; 0: free
 *	          "Upgrade" ^       ^   ^ the next one, because 3 was taken
 *
 * Invariant: fewer names than slots, so that each search ends.
 */
#include "worker/http/field.h"

#include "common/base/insist.h"

#define SLOTS 512

struct known {
	const char *name;
	uint8_t len;
	uint8_t id;
	uint8_t flags;
};

/* Each id's own name stands at the id, the others behind them. */
static const struct known known[] = {
#define FIELD(id, name, flags)                                                 \
	[FIELD_##id] = {name, sizeof(name) - 1, FIELD_##id, flags},
#include "worker/http/fields.h"
#undef FIELD
#define FIELD(id, name, flags)
#define ALSO(id, name) {name, sizeof(name) - 1, FIELD_##id, 0},
#include "worker/http/fields.h"
#undef FIELD
};

#define KNOWN (sizeof(known) / sizeof(known[0]))
_Static_assert(KNOWN < SLOTS, "a search ends at a free slot");

static uint8_t slots[SLOTS];

static unsigned slot_of(const char *name, size_t n)
{
	unsigned first = (unsigned char)name[0] | 0x20;
	unsigned last = (unsigned char)name[n - 1] | 0x20;

	return (first << 2 ^ last << 4 ^ (unsigned)n) % SLOTS;
}

static void __attribute__((constructor)) fill_slots(void)
{
	for (unsigned i = 1; i < KNOWN; i++) {
		unsigned slot = slot_of(known[i].name, known[i].len);

		while (slots[slot] != 0)
			slot = (slot + 1) % SLOTS;
		slots[slot] = (uint8_t)i;
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

bool field_reads_as(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (char_lower(a[i]) != char_lower(b[i]) &&
		    (a[i] != '_' || b[i] != '-'))
			return false;
	return true;
}

/* X-Forwarded-*: everybody invents one more, and somebody believes it. */
static enum field_id identify_family(struct str name)
{
	struct str family = STR("X-Forwarded-");

	if (name.n <= family.n || (name.p[0] | 0x20) != 'x')
		return FIELD_OTHER;
	if (!names_differ(name.p, family.p, family.n))
		return FIELD_hearsay;
	return field_reads_as(name.p, family.p, family.n) ? FIELD_DISGUISED
						       : FIELD_OTHER;
}

enum field_id field_identify(struct str name)
{
	unsigned slot;

	INSIST(name.n > 0);
	slot = slot_of(name.p, name.n);
	for (; slots[slot] != 0; slot = (slot + 1) % SLOTS) {
		const struct known *k = &known[slots[slot]];

		if (k->len != name.n)
			continue;
		if (!names_differ(name.p, k->name, name.n))
			return k->id;
		if (field_reads_as(name.p, k->name, name.n))
			return FIELD_DISGUISED;
	}
	return identify_family(name);
}

unsigned field_flags(enum field_id id)
{
	INSIST(id <= FIELD_DISGUISED);
	return id < FIELD_END ? known[id].flags : 0;
}

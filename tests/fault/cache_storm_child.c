/*
 * cache_storm_child.c - a process in the cache storm.
 *
 * The record of an object says which key it is of, a seed and a length; each
 * byte of the body follows from seed and place.  So every reader can tell for
 * every byte whether it is the one that was written, whoever wrote it.
 *
 * A child has some objects open at a time, reads a little of one or writes a
 * little of another, and is in no hurry with most: what others purge, drop and
 * replace meanwhile stays as it was for who has it open.
 */
#include "tests/fault/cache_storm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/shm/cache.h"
#include "common/shm/cache_purge.h"
#include "tests/fault/storm.h"

#define KEYS 300
#define READERS 12
#define WRITERS 3
#define OUTGROWN 1500000 /* larger ones are not kept */
#define PATIENCE (300 * USEC_PER_MSEC)

struct record {
	uint32_t key;
	uint64_t seed;
	uint64_t length;
};

struct reader {
	struct cache_object object;
	struct record record;
	uint64_t at;
	usec_t until;
};

struct writer {
	struct cache_object fetch;
	struct record record;
	uint64_t at;
	bool known; /* its length */
};

struct cache_storm *cache_storm;

static uint64_t dice;
static struct reader readers[READERS];
static struct writer writers[WRITERS];

static uint64_t random_below(uint64_t n)
{
	return storm_random(&dice, n);
}

void cache_storm_accuse(const char *what, uint64_t number)
{
	if (atomic_fetch_add(&cache_storm->verdicts, 1) == 0)
		snprintf(cache_storm->verdict, sizeof(cache_storm->verdict),
		    "process %d: %s (%" PRIu64 ")", (int)getpid(), what,
		    number);
}

#define note(what) atomic_fetch_add(&cache_storm->what, 1)

/* ---- bodies ---- */

static uint64_t word_of(uint64_t seed, uint64_t number)
{
	uint64_t z = (seed ^ number) * UINT64_C(0xbf58476d1ce4e5b9);

	return (z ^ z >> 29) * UINT64_C(0x94d049bb133111eb);
}

static char byte_of(uint64_t seed, uint64_t at)
{
	return (char)(word_of(seed, at / 8) >> at % 8 * 8);
}

static void fill(char *p, uint64_t seed, uint64_t at, size_t n)
{
	size_t k = 0;

	while (k < n) {
		uint64_t word = word_of(seed, (at + k) / 8);

		if ((at + k) % 8 == 0 && n - k >= 8) {
			memcpy(p + k, &word, 8);
			k += 8;
		} else {
			p[k] = byte_of(seed, at + k);
			k++;
		}
	}
}

static void compare(const struct record *r, uint64_t at, struct str piece)
{
	char expected[4096];

	while (piece.n > 0) {
		size_t n = piece.n < sizeof(expected) ? piece.n
						      : sizeof(expected);

		fill(expected, r->seed, at, n);
		if (memcmp(piece.p, expected, n) != 0)
			cache_storm_accuse("a body is not what was written",
			    r->key);
		piece = str_behind(piece, n);
		at += n;
		atomic_fetch_add(&cache_storm->bytes, n);
	}
}

/* ---- keys ---- */

/* Few are asked for often. */
static uint32_t any_key(void)
{
	return (uint32_t)random_below(1 + random_below(KEYS));
}

static struct cache_key key_of(uint32_t number)
{
	static char text[64];
	int n = snprintf(text, sizeof(text), "https://host-%u/%u", number % 7,
	    number);

	return cache_key_make(str_make(text, (size_t)n));
}

static struct cache_variant no_variant(void)
{
	return cache_variant_make(str_make("", 0));
}

/* ---- writing ---- */

static uint64_t any_length(void)
{
	switch (random_below(6)) {
	case 0:
		return 0;
	case 1:
		return random_below(random_below(8) ? 400000 : 6000000);
	case 2:
		return random_below(40000);
	default:
		return random_below(2000);
	}
}

static struct cache_publish head_of(const struct writer *w)
{
	return (struct cache_publish){
	    .meta = {.status = 200,
		.fresh_until = DEADLINE_NEVER,
		.length = w->known ? (int64_t)w->record.length
				   : CACHE_LENGTH_UNKNOWN},
	    .variant = no_variant(),
	    .spec = STR_NONE,
	    .tags = random_below(2) ? STR("odd\nblue") : STR("even"),
	    .record = str_make((const char *)&w->record, sizeof(w->record)),
	    .owner = {{w->record.key % 3, 7}},
	    .owner_max = w->record.key % 3 == 0 ? 1 << 20 : 0};
}

static void publish(struct writer *w)
{
	struct cache_publish head;

	w->at = 0;
	w->known = random_below(2) == 0;
	w->record.seed = word_of(dice, 1);
	w->record.length = any_length();
	head = head_of(w);
	if (cache_publish(&w->fetch, &head))
		return;
	note(refused);
	if (random_below(2))
		cache_abort(&w->fetch, 5);
	else
		cache_mark(&w->fetch, clock_mono() + 20000, 5);
}

/* It turns out as it may. */
static void fetched(struct writer *w)
{
	switch (random_below(20)) {
	case 0:
		cache_abort(&w->fetch, 1);
		break;
	case 1:
		note(marks);
		cache_mark(&w->fetch,
		    clock_mono() + (usec_t)random_below(50000), 1);
		break;
	default:
		publish(w);
	}
}

static void refresh(struct writer *w, const struct cache_found *f)
{
	struct cache_variant variant = no_variant();
	char longer[sizeof(struct record) + 500];

	memset(longer, 0, sizeof(longer));
	memcpy(longer, f->buf, sizeof(struct record));
	if (cache_refresh(&w->fetch, &f->object, &variant, &f->meta,
		str_make(longer, sizeof(struct record) + random_below(500))))
		note(refreshed);
}

/* F: what was found, or nothing was. */
static void fetch(uint32_t number, const struct cache_found *f, bool found)
{
	struct cache_key key = key_of(number);
	struct writer *w = &writers[random_below(WRITERS)];
	enum cache_claim claim;

	if (w->fetch.at != 0)
		return;
	claim = cache_claim(&key, NULL, f->stamp, PATIENCE, &w->fetch);
	if (claim == CACHE_WAIT)
		note(waits);
	if (claim != CACHE_CLAIMED)
		return;
	w->record = (struct record){.key = number};
	if (found && random_below(2))
		refresh(w, f);
	else
		fetched(w);
}

static void begin(uint32_t number)
{
	struct cache_key key = key_of(number);
	struct writer *w = &writers[random_below(WRITERS)];

	if (w->fetch.at != 0 || !cache_begin(&key, &w->fetch))
		return;
	w->record = (struct record){.key = number};
	fetched(w);
}

static void write_some(struct writer *w)
{
	uint64_t left = w->record.length - w->at;
	size_t n = 0;
	char *room;

	if (w->fetch.at == 0)
		return;
	if (left == 0) {
		note(stored);
		cache_finish(&w->fetch);
		return;
	}
	if (!w->known && w->at > OUTGROWN)
		(void)cache_outgrow(&w->fetch);
	room = cache_room(&w->fetch, left, &n);
	if (n > left)
		n = left;
	if (n > 1 && random_below(2))
		n = 1 + random_below(n);
	if (room != NULL)
		fill(room, w->record.seed, w->at, n);
	w->at += n;
	if (room == NULL && !w->known && cache_outgrow(&w->fetch) &&
	    random_below(100))
		return; /* until its readers advance */
	if (room == NULL || !cache_grow(&w->fetch, n) || !random_below(200)) {
		note(broken);
		cache_abort(&w->fetch, 2);
	}
}

/* ---- reading ---- */

static void open_reader(const struct cache_found *f, uint32_t number)
{
	struct reader *r = &readers[random_below(READERS)];

	cache_release(&r->object);
	memcpy(&r->record, f->buf, sizeof(r->record));
	if (f->record.n < sizeof(r->record) || r->record.key != number ||
	    (!f->growing && (uint64_t)f->meta.length != r->record.length))
		cache_storm_accuse("a record is of another object", number);
	r->object = f->object;
	r->at = r->object.at != 0 && r->record.length > 0
		    ? random_below(r->record.length)
		    : 0;
	r->until = clock_mono() + (usec_t)random_below(300000);
}

static void copy(const struct cache_key *key, struct cache_found *f)
{
	static char body[CACHE_COPY_MAX];
	struct cache_variant variant = no_variant();
	int n = cache_copy(key, &variant, 1, f, body, sizeof(body));
	struct record r;

	if (n < 0)
		return;
	note(copied);
	memcpy(&r, f->buf, sizeof(r));
	compare(&r, 0, str_make(body, (size_t)n));
}

static void find(uint32_t number)
{
	static char buf[4096];
	struct cache_found f = {.buf = buf, .cap = sizeof(buf)};
	struct cache_key key = key_of(number);
	struct cache_variant variant = no_variant();
	enum cache_result result;

	note(finds);
	result = cache_find(&key, &variant, 1,
	    clock_mono() - (usec_t)random_below(100000), &f);
	if (result == CACHE_BUSY)
		note(busy);
	if (result == CACHE_CROWDED) {
		note(crowded);
		copy(&key, &f);
	}
	if (result == CACHE_FOUND) {
		note(hits);
		open_reader(&f, number);
	}
	if (result == CACHE_NOTHING || random_below(50) == 0)
		fetch(number, &f, result == CACHE_FOUND);
	if (result == CACHE_MARKED && random_below(10) == 0)
		begin(number);
}

static void end_of(struct reader *r, int rc)
{
	uint64_t length;

	if (rc == 0 && cache_is_whole(&r->object, &length) &&
	    length != r->record.length)
		cache_storm_accuse("an object has another length",
		    r->record.key);
	if (rc == 0 && random_below(2))
		cache_await(&r->object);
	if (rc < 0 || clock_mono() > r->until)
		cache_release(&r->object);
}

static void read_some(struct reader *r)
{
	struct str piece;
	int rc;

	if (r->object.at == 0)
		return;
	rc = cache_read(&r->object, r->at, &piece);
	if (rc <= 0) {
		end_of(r, rc);
		return;
	}
	if (piece.n > 1 && random_below(2))
		piece.n = 1 + random_below(piece.n);
	compare(&r->record, r->at, piece);
	r->at += piece.n;
	cache_advance(&r->object, r->at);
}

/* ---- purging ---- */

static void purge(uint32_t number)
{
	struct cache_match match = {
	    CACHE_SCOPE_KEY, key_of(number).text};
	struct cache_purge p;

	if (random_below(40) == 0)
		match = (struct cache_match){CACHE_SCOPE_HOST, STR("host-3")};
	else if (random_below(100) == 0)
		match = (struct cache_match){CACHE_SCOPE_TAG, STR("blue")};
	else if (random_below(1000) == 0)
		match.scope = CACHE_SCOPE_ALL;
	cache_purge_begin(&p, &match, random_below(4) == 0);
	while (cache_purge_step(&p) == CACHE_STEP_MORE)
		;
	atomic_fetch_add(&cache_storm->purged, p.objects);
}

/* ---- a life ---- */

static void act(void)
{
	uint64_t luck = random_below(100);

	if (luck < 40)
		find(any_key());
	else if (luck < 70)
		read_some(&readers[random_below(READERS)]);
	else if (luck < 98)
		write_some(&writers[random_below(WRITERS)]);
	else
		purge(any_key());
}

_Noreturn void cache_storm_child(uint64_t seed)
{
	dice = seed;
	while (!atomic_load(&cache_storm->finish)) {
		act();
		if (random_below(200) == 0)
			usleep((useconds_t)random_below(500));
	}
	for (unsigned i = 0; i < WRITERS; i++)
		cache_abort(&writers[i].fetch, 0);
	for (unsigned i = 0; i < READERS; i++)
		cache_release(&readers[i].object);
	cache_settle();
	_exit(0);
}

/*
 * seat.c - the seats: a record in the segment for each living process.
 *
 * The master takes and releases seats; each process writes its own.  Every
 * process inherits the mapping, so every process could write anything here:
 * which seats are taken the master keeps in memory of its own (TAKEN), and
 * what it reads from the area it bounds.
 *
 *       0 +------------------------------------------------+
 *         | area_header (area.c)                           |
 *      64 | ledger: which totals hold | seat folded last   |
 *         | totals[0][COUNT_END]                           |
 *         | totals[1][COUNT_END]          the head is for  |
 *         | ...                           the master only  |
 *    4096 +------------------------------------------------+
 *         | seat 0: state, pid, stamp, counters, words     |  SEAT_SIZE
 *         +------------------------------------------------+
 *         | seat 1 ...                    SEAT_COUNT seats |
 *
 * When a process is dead its counters move into the totals, and a master that
 * is killed halfway must not have counted them twice.  So there are two sets
 * of totals, and one store moves the truth from one to the other together
 * with the number of the seat that is now in it:
 *
 *   1. the other totals = the valid totals + the counters of the seat
 *   2. ledger = { the other totals, that seat }            <- the commit
 *   3. the seat becomes free
 *   4. ledger = { the same totals, no seat }
 *
 * Before 2 the seat counts for itself; from 2 on it is left out of sums,
 * whatever its state says.  Dead between 2 and 4: steps 3 and 4 are done by
 * whoever folds next.
 */
#include "common/shm/seat.h"

#include <string.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/out.h"

#define SEATS_VERSION 1
#define HEAD_SIZE (4096 - 64) /* seats begin on a page of the area */

struct seats_head {
	_Atomic uint64_t ledger; /* see ledger_make */
	_Atomic uint64_t totals[2][COUNT_END];
};

struct seats {
	union {
		struct seats_head head;
		char head_room[HEAD_SIZE];
	};
	union {
		struct seat seat;
		char room[SEAT_SIZE];
	} at[SEAT_COUNT];
};

_Static_assert(sizeof(struct seats_head) <= HEAD_SIZE, "the head is too large");

struct counter_text {
	const char *name;
	const char *help;
	bool is_gauge;
};

static const struct counter_text counter_texts[COUNT_END] = {
#define COUNTER(name, help) {#name, help, false},
#define GAUGE(name, help) {#name, help, true},
#include "common/tbl/counters.h"
#undef COUNTER
#undef GAUGE
};

static struct area area;
static bool taken[SEAT_COUNT]; /* the master's own knowledge */
static struct seat scratch;
static int sat_on; /* the number of the seat of this process */

struct seat *seat_current = &scratch;

int seats_create(void)
{
	static const struct area_shape shape = {
	    .name = "seats",
	    .version = SEATS_VERSION,
	    .geometry = {SEAT_COUNT, SEAT_SIZE, COUNT_END},
	    .size = sizeof(struct seats),
	};

	INSIST(area.table == NULL);
	return area_create(&shape, &area);
}

void seats_drop_fd(void)
{
	area_drop_fd(&area);
}

static struct seats *seats(void)
{
	INSIST(area.table != NULL);
	return area.table;
}

struct seat *seat_at(int i)
{
	INSIST(i >= 0 && i < SEAT_COUNT);
	return &seats()->at[i].seat;
}

/* ---- the ledger ---- */

static uint64_t ledger_make(unsigned totals, int folded)
{
	return (uint64_t)(folded + 1) << 1 | totals;
}

static unsigned ledger_totals(uint64_t ledger)
{
	return ledger & 1;
}

/* The seat that is in the totals already, or SEAT_NONE. */
static int ledger_folded(uint64_t ledger)
{
	uint64_t number = ledger >> 1;

	return number <= SEAT_COUNT ? (int)number - 1 : SEAT_NONE;
}

/* Steps 3 and 4: ends a fold that was committed. */
static void settle(void)
{
	struct seats_head *head = &seats()->head;
	uint64_t ledger = atomic_load(&head->ledger);
	int i = ledger_folded(ledger);

	if (i != SEAT_NONE)
		atomic_store(&seat_at(i)->state, SEAT_FREE);
	atomic_store(&head->ledger,
	    ledger_make(ledger_totals(ledger), SEAT_NONE));
}

/* Steps 1 and 2; a seat that is free by now has been folded. */
static void fold(int i)
{
	struct seats_head *head = &seats()->head;
	unsigned from = ledger_totals(atomic_load(&head->ledger));
	unsigned to = from ^ 1;
	struct seat *s = seat_at(i);

	if (atomic_load(&s->state) == SEAT_FREE)
		return;
	for (int c = 0; c < COUNT_END; c++) {
		uint64_t n = atomic_load(&head->totals[from][c]);

		if (!counter_texts[c].is_gauge)
			n += atomic_load(&s->counters[c]);
		atomic_store(&head->totals[to][c], n);
	}
	atomic_store(&head->ledger, ledger_make(to, i));
}

/* ---- the master's side ---- */

static void seat_clear(struct seat *s)
{
	atomic_store(&s->pid, 0);
	for (int c = 0; c < COUNT_END; c++)
		atomic_store(&s->counters[c], 0);
	atomic_store(&s->words_len, 0);
}

int seat_take(unsigned slot, unsigned generation)
{
	usec_t now = clock_mono();
	struct seat *s;
	int i = 0;

	while (i < SEAT_COUNT && taken[i])
		i++;
	if (i == SEAT_COUNT)
		return SEAT_NONE;
	taken[i] = true;
	s = seat_at(i);
	seat_clear(s);
	atomic_store(&s->slot, slot);
	atomic_store(&s->generation, generation);
	atomic_store(&s->started, now);
	atomic_store(&s->stamp, now);
	atomic_store(&s->state, SEAT_STARTING);
	return i;
}

void seat_release(int i)
{
	INSIST(i >= 0 && i < SEAT_COUNT && taken[i]);
	settle();
	fold(i);
	settle();
	taken[i] = false;
}

/* What a gauge measures ends with the process, what was counted does not. */
static bool speaks(struct seat *s, enum counter which)
{
	uint32_t state = atomic_load(&s->state);

	if (state == SEAT_DEAD)
		return !counter_texts[which].is_gauge;
	return state != SEAT_FREE;
}

uint64_t seats_sum(enum counter which)
{
	struct seats_head *head = &seats()->head;
	uint64_t ledger = atomic_load(&head->ledger);
	int folded = ledger_folded(ledger);
	uint64_t sum;

	INSIST(which < COUNT_END);
	sum = atomic_load(&head->totals[ledger_totals(ledger)][which]);
	for (int i = 0; i < SEAT_COUNT; i++)
		if (i != folded && speaks(seat_at(i), which))
			sum += atomic_load(&seat_at(i)->counters[which]);
	return sum;
}

const char *counter_name(enum counter which)
{
	return which < COUNT_END ? counter_texts[which].name : NULL;
}

const char *counter_help(enum counter which)
{
	return which < COUNT_END ? counter_texts[which].help : NULL;
}

bool counter_is_gauge(enum counter which)
{
	INSIST(which < COUNT_END);
	return counter_texts[which].is_gauge;
}

static size_t words_len(struct seat *s)
{
	uint32_t n = atomic_load(&s->words_len);

	return n < SEAT_WORDS_SIZE ? n : SEAT_WORDS_SIZE;
}

size_t seat_words_read(int i, char *text_r, size_t cap)
{
	struct seat *s = seat_at(i);
	size_t n = words_len(s);

	INSIST(cap > 0);
	if (n > cap - 1)
		n = cap - 1;
	for (size_t at = 0; at < n; at++) {
		char c = s->words[at];

		text_r[at] = c >= ' ' && c <= '~' ? c : '?';
	}
	text_r[n] = '\0';
	return n;
}

/* ---- the seat's own process ---- */

void seat_sit(int i)
{
	struct seat *s = seat_at(i);

	INSIST(taken[i]);
	atomic_store(&s->pid, getpid());
	seat_current = s;
	sat_on = i;
	seat_stamp(clock_mono());
}

struct seat *seat_mine(void)
{
	return seat_current;
}

int seat_number(void)
{
	return sat_on;
}

static void words_append(const char *p, size_t n)
{
	struct seat *s = seat_current;
	size_t at = words_len(s);

	if (n > SEAT_WORDS_SIZE - at)
		n = SEAT_WORDS_SIZE - at;
	memcpy(s->words + at, p, n);
	atomic_store(&s->words_len, (uint32_t)(at + n));
}

void seat_words_add(const char *text)
{
	words_append(text, strlen(text));
}

void seat_words_add_number(const char *label, uint64_t n, unsigned base)
{
	char digits[2 + 20];
	struct out out = out_make(digits, sizeof(digits));

	INSIST(base == 10 || base == 16);
	if (base == 16) {
		out_lit(&out, "0x");
		out_hex(&out, n);
	} else {
		out_u64(&out, n);
	}
	seat_words_add(label);
	words_append(out.p, out.n);
}

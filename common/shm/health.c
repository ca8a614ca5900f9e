/*
 * health.c - the health table: what all workers know of servers and pools.
 *
 * Runs in workers; the master only makes the area, and reads nothing here.
 *
 *	  0 +--------------------------------------------------------+
 *	    | highest seat that ever sat here, plus one              |
 *	 64 +--------------------------------------------------------+
 *	    | shard 0: lock | names: first word of each row's id, or |
 *	    |               | 0: free                                |
 *	    |               | rows                                   |
 *	    +--------------------------------------------------------+
 *	    | shard 1 ...                                     SHARDS |
 *	    +--------------------------------------------------------+
 *
 * A row is in the shard that its id says.  Making one ends with MADE; who dies
 * before that leaves a row that the reset of the shard finds free.  Rows that
 * are whole outlive a reset: each stands for itself, so the death of one who
 * made another says nothing about it.
 */
#include "common/shm/health.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/insist.h"
#include "common/shm/lock.h"

#define HEALTH_VERSION 1
#define SHARDS 16
#define HEAD_SIZE 64

struct head {
	_Atomic uint32_t seats;
};

struct shard {
	struct shard_lock lock;
	_Atomic uint64_t names[]; /* and behind them the rows */
};

static struct lock_table locks = {.name = "health"};
static usec_t shunned_until[SHARDS];
static struct head *head; /* NULL: there is no table, all rows are private */
static uint64_t rows_a_shard;
static uint32_t *uses; /* of each row, by this process */

/* ---- geometry ---- */

static uint64_t shard_size(uint64_t size)
{
	return (size - HEAD_SIZE) / SHARDS / 64 * 64;
}

static uint64_t rows_in(uint64_t shard)
{
	return (shard - sizeof(struct shard) - 64) /
	    (sizeof(struct health_row) + sizeof(uint64_t));
}

struct area_shape health_shape(uint64_t size)
{
	return (struct area_shape){
	    .name = "health",
	    .version = HEALTH_VERSION,
	    .geometry = {SHARDS, sizeof(struct health_row), SEAT_COUNT},
	    .size = size,
	};
}

static struct health_row *row_at(const struct shard *s, uint64_t i)
{
	uintptr_t rows = (uintptr_t)&s->names[rows_a_shard];

	rows = (rows + 63) / 64 * 64;
	return (struct health_row *)rows + i;
}

/* ---- the area ---- */

static void reset(void *shard, const void *arg)
{
	struct shard *s = shard;

	(void)arg;
	for (uint64_t i = 0; i < rows_a_shard; i++)
		if (atomic_load(&s->names[i]) != 0 &&
		    atomic_load(&row_at(s, i)->made) == 0)
			atomic_store(&s->names[i], 0);
}

static void use(void *table, uint64_t size)
{
	INSIST((uintptr_t)table % 64 == 0);
	head = table;
	rows_a_shard = rows_in(shard_size(size));
	locks.shards = (char *)table + HEAD_SIZE;
	locks.shard_size = shard_size(size);
	locks.count = SHARDS;
	locks.reset = reset;
	locks.shunned_until = shunned_until;
}

void health_create(void *table, uint64_t size)
{
	use(table, size);
	lock_table_create(&locks);
	head = NULL;
}

static struct shard *shard_at(unsigned i)
{
	return (struct shard *)(void *)(locks.shards + i * locks.shard_size);
}

static uint64_t bit_of(int seat)
{
	return UINT64_C(1) << (seat % 64);
}

/* ---- giving back ---- */

/* A seat whose process is gone, or begins; NOW: when. */
struct leaving {
	int seat;
	usec_t now;
};

static void for_each(void (*fn)(struct health_row *row,
    const struct leaving *l), const struct leaving *l)
{
	for (unsigned i = 0; i < SHARDS; i++) {
		struct shard *s = shard_at(i);

		for (uint64_t k = 0; k < rows_a_shard; k++)
			if (atomic_load(&s->names[k]) != 0 &&
			    atomic_load(&row_at(s, k)->made) != 0)
				fn(row_at(s, k), l);
	}
}

static void forget(struct health_row *row, const struct leaving *l)
{
	atomic_store(&row->held[l->seat], 0);
	atomic_fetch_and(&row->users[l->seat / 64], ~bit_of(l->seat));
	if (row->kind == HEALTH_CHECK)
		claim_give_back(&row->check.due, l->seat, l->now);
	if (row->kind != HEALTH_POOL)
		return;
	claim_give_back(&row->pool.probe, l->seat, l->now);
	claim_give_back(&row->pool.ejecting, l->seat, l->now);
	wake_forget(&row->pool.waiting, l->seat);
}

/* Which pool waits for which server is not known here: all are woken. */
static void wake(struct health_row *row, const struct leaving *l)
{
	(void)l;
	if (row->kind == HEALTH_POOL)
		wake_all(&row->pool.waiting);
}

void health_enter(void *table, uint64_t size)
{
	struct leaving former = {.seat = seat_number(), .now = clock_mono()};
	uint32_t mine = (uint32_t)seat_number() + 1;
	uint32_t seats;

	use(table, size);
	free(uses);
	uses = calloc(SHARDS * rows_a_shard, sizeof(*uses));
	INSIST(uses != NULL);
	seats = atomic_load(&head->seats);
	while (seats < mine &&
	    !atomic_compare_exchange_weak(&head->seats, &seats, mine))
		;
	for_each(forget, &former);
}

void health_give_back(int seat, usec_t now)
{
	struct leaving dead = {.seat = seat, .now = now};

	INSIST(seat >= 0 && seat < SEAT_COUNT);
	if (head == NULL)
		return;
	for_each(forget, &dead);
	for_each(wake, &dead);
}

/* ---- rows ---- */

static struct health_row *make_private(enum health_kind kind,
    struct hash_id id)
{
	struct health_row *row = aligned_alloc(64, sizeof(*row));

	INSIST(row != NULL);
	memset(row, 0, sizeof(*row));
	row->kind = kind;
	row->id = id;
	return row;
}

bool health_is_private(const struct health_row *row)
{
	const char *p = (const char *)row;

	return head == NULL || p < locks.shards ||
	    p >= locks.shards + SHARDS * locks.shard_size;
}

/* Of a row in the table. */
static uint64_t number_of(const struct health_row *row)
{
	uint64_t shard = (uint64_t)((const char *)row - locks.shards) /
	    locks.shard_size;

	return shard * rows_a_shard +
	    (uint64_t)(row - row_at(shard_at((unsigned)shard), 0));
}

static bool is_used(const struct health_row *row)
{
	for (int i = 0; i < SEAT_COUNT / 64; i++)
		if (atomic_load(&row->users[i]) != 0)
			return true;
	return false;
}

static uint64_t name_of(struct hash_id id)
{
	return id.word[0] != 0 ? id.word[0] : 1;
}

/* The row of ID.  NULL: there is none; *FREE_R is one that can be had, or
 * rows_a_shard. */
static struct health_row *find(struct shard *s, struct hash_id id,
    uint64_t *free_r)
{
	*free_r = rows_a_shard;
	for (uint64_t i = 0; i < rows_a_shard; i++) {
		uint64_t name = atomic_load_explicit(&s->names[i],
		    memory_order_relaxed);
		struct health_row *row = row_at(s, i);

		if (name == name_of(id) && hash_id_eq(row->id, id))
			return row;
		if (*free_r == rows_a_shard && (name == 0 || !is_used(row)))
			*free_r = i;
	}
	return NULL;
}

/* Who dies in here leaves a row that is not made, for reset to find. */
static struct health_row *make(struct shard *s, uint64_t i,
    enum health_kind kind, struct hash_id id)
{
	struct health_row *row = row_at(s, i);

	atomic_store(&row->made, 0);
	atomic_store(&s->names[i], name_of(id));
	memset(row, 0, sizeof(*row));
	row->kind = kind;
	row->id = id;
	atomic_store(&row->made, 1);
	return row;
}

struct health_row *health_attach(enum health_kind kind, struct hash_id id)
{
	unsigned n = (unsigned)(id.word[1] % SHARDS);
	int seat = seat_number();
	struct health_row *row;
	uint64_t free_row;
	void *shard;

	if (head == NULL || lock_enter(&locks, n, &shard) != LOCK_OK)
		return make_private(kind, id);
	row = find(shard, id, &free_row);
	if (row == NULL && free_row < rows_a_shard)
		row = make(shard, free_row, kind, id);
	if (row != NULL && uses[number_of(row)]++ == 0)
		atomic_fetch_or(&row->users[seat / 64], bit_of(seat));
	lock_leave(&locks, n);
	return row != NULL ? row : make_private(kind, id);
}

void health_detach(struct health_row **row_p)
{
	struct health_row *row = *row_p;
	int seat = seat_number();

	*row_p = NULL;
	if (row == NULL)
		return;
	if (health_is_private(row))
		free(row);
	else if (--uses[number_of(row)] == 0)
		atomic_fetch_and(&row->users[seat / 64], ~bit_of(seat));
}

unsigned health_held(const struct health_row *row)
{
	uint32_t seats = head != NULL
	    ? atomic_load_explicit(&head->seats, memory_order_relaxed) : 1;
	unsigned sum = 0;

	for (uint32_t i = 0; i < seats && i < SEAT_COUNT; i++)
		sum += atomic_load_explicit(&row->held[i],
		    memory_order_relaxed);
	return sum;
}

void health_hold(struct health_row *row)
{
	_Atomic uint16_t *mine = health_mine(row);

	atomic_store_explicit(mine,
	    (uint16_t)(atomic_load_explicit(mine, memory_order_relaxed) + 1),
	    memory_order_relaxed);
}

void health_release(struct health_row *row)
{
	_Atomic uint16_t *mine = health_mine(row);
	uint16_t n = atomic_load_explicit(mine, memory_order_relaxed);

	INSIST(n > 0);
	atomic_store_explicit(mine, (uint16_t)(n - 1), memory_order_release);
}

/*
 * wake.c - waking a process that waits for what is shared.
 *
 * The descriptors are inherited by every worker.  A full counter (nobody has
 * read for 2^64 - 1 wake-ups) is no failure: the process will wake.
 */
#include "common/shm/wake.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/insist.h"

static int fds[SEAT_COUNT];
static bool created;

int wake_create(void)
{
	INSIST(!created);
	for (int i = 0; i < SEAT_COUNT; i++) {
		int error;

		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (fds[i] >= 0)
			continue;
		error = errno;
		while (--i >= 0)
			close(fds[i]);
		return -error;
	}
	created = true;
	return 0;
}

int wake_fd(void)
{
	return created ? fds[seat_number()] : -1;
}

static uint64_t bit_of(int seat)
{
	return UINT64_C(1) << (seat % 64);
}

void wake_want(struct wake_set *set)
{
	int seat = seat_number();

	atomic_fetch_or(&set->seats[seat / 64], bit_of(seat));
}

void wake_forget(struct wake_set *set, int seat)
{
	atomic_fetch_and(&set->seats[seat / 64], ~bit_of(seat));
}

void wake_unwant(struct wake_set *set)
{
	wake_forget(set, seat_number());
}

static void wake(int seat)
{
	uint64_t one = 1;

	if (created && seat != seat_number())
		(void)!write(fds[seat], &one, sizeof(one));
}

void wake_all(const struct wake_set *set)
{
	for (int i = 0; i < SEAT_COUNT / 64; i++) {
		uint64_t bits = atomic_load(&set->seats[i]);

		for (; bits != 0; bits &= bits - 1)
			wake(i * 64 + __builtin_ctzll(bits));
	}
}

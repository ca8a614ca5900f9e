/*
 * giveback.c - what a dead worker held in the segment.
 *
 * Runs in the master.  Any ready worker is asked; when it ends without an
 * answer another is, and while there is none the seat waits.
 *
 *	reaped -> OWED -> ASKED (of a worker) -> given back: the seat is free
 *	            ^         | that worker ended
 *	            +---------+
 */
#include "master/giveback.h"

#include "master/world.h"

static struct debt {
	bool owed;
	pid_t asked; /* the worker that is to do it, or 0 */
} debts[SEAT_COUNT];

static struct child *find_ready(void)
{
	LIST_FOREACH(at, children())
		if (child_at(at)->state == CHILD_READY)
			return child_at(at);
	return NULL;
}

static void ask(int seat)
{
	struct child *c = find_ready();

	debts[seat].asked = 0;
	if (c != NULL && child_send(c, MESSAGE_give_back, seat, -1) == 0)
		debts[seat].asked = c->pid;
}

void giveback_owe(int seat)
{
	debts[seat].owed = true;
	ask(seat);
}

void giveback_look(void)
{
	for (int i = 0; i < SEAT_COUNT; i++)
		if (debts[i].owed && child_find(debts[i].asked) == NULL)
			ask(i);
}

static void settle(int seat)
{
	debts[seat] = (struct debt){.owed = false};
	seat_release(seat);
}

bool giveback_heard(const struct child *c, int64_t value)
{
	if (value < 0 || value >= SEAT_COUNT || !debts[value].owed ||
	    debts[value].asked != c->pid)
		return false;
	settle((int)value);
	return true;
}

bool giveback_cut_short(void)
{
	for (int i = 0; i < SEAT_COUNT; i++) {
		if (!debts[i].owed)
			continue;
		settle(i);
		return true;
	}
	return false;
}

/*
 * cover.c - keeping every accept queue served.
 *
 * Runs whenever a worker became ready or was reaped.  What each slot's
 * sockets are served by is remembered in world.served_by, so only changes are
 * told.  For a moment two workers may serve the same sockets: harmless, both
 * accept from one queue; the other order would leave a gap.
 */
#include "master/cover.h"

#include "common/base/insist.h"

int cover_choose(unsigned sockets, const bool *ready, unsigned count)
{
	INSIST(count > 0 && count <= LISTEN_SLOTS_MAX);
	for (unsigned i = 0; i < count; i++) {
		unsigned slot = (sockets + i) % count;

		if (ready[slot])
			return (int)slot;
	}
	return WORLD_NOBODY;
}

static bool tell(struct world *w, int slot, enum message_type type,
    unsigned sockets)
{
	struct child *c = w->slots[slot].child;

	INSIST(c != NULL && c->state == CHILD_READY);
	return child_send(c, type, sockets, -1) == 0;
}

static void update_one(struct world *w, unsigned sockets, const bool *ready)
{
	int to = cover_choose(sockets, ready, w->slot_count);
	int from = w->served_by[sockets];

	if (to == from || to == WORLD_NOBODY)
		return;
	if (!tell(w, to, MESSAGE_serve, sockets))
		return; /* tried again at the next change */
	w->served_by[sockets] = to;
	if (from != WORLD_NOBODY)
		tell(w, from, MESSAGE_leave, sockets);
}

void cover_update(struct world *w)
{
	bool ready[LISTEN_SLOTS_MAX];

	INSIST_MAGIC(w, WORLD_MAGIC);
	INSIST(w->in_force);
	for (unsigned i = 0; i < w->slot_count; i++) {
		const struct child *c = w->slots[i].child;

		ready[i] = c != NULL && c->state == CHILD_READY;
	}
	for (unsigned i = 0; i < w->socket_slots; i++)
		update_one(w, i, ready);
}

void cover_lost(struct world *w, unsigned slot)
{
	INSIST_MAGIC(w, WORLD_MAGIC);
	INSIST(slot < w->slot_count);
	for (unsigned i = 0; i < w->socket_slots; i++)
		if (w->served_by[i] == (int)slot)
			w->served_by[i] = WORLD_NOBODY;
}

/*
 * caching_interim.c - interim replies to what the cache fetches.
 *
 * Runs in workers.  They must be passed on (RFC 9110, 15.2), and are none of
 * those that may be stored; so they are for the client whose request was the
 * first, and for nobody else who waits.  They come to the fiber of the fetch,
 * which keeps them in the memory of the exchange that awaits it, to be sent on
 * the fiber of that: who reads slowly holds up nobody else.
 */
#include "worker/proxy/caching_interim.h"

#include "worker/cache/record.h"

struct caching_heard {
	struct caching_heard *next;
	unsigned status;
	struct str record; /* as if it were a final one */
};

void caching_interim_hear(struct caching_interim *i,
    const struct message *head, size_t head_len)
{
	const struct record_plan all = {.without = NULL};
	struct message final = *head;
	struct caching_heard *h;
	struct out o;

	if (i->to == NULL)
		return;
	final.status = 200;
	final.is_h2 = false;
	if (head->is_h2)
		final.reason = h1_reason(head->status);
	h = ARENA_NEW(&i->to->arena, struct caching_heard);
	o = exchange_out(i->to, RECORD_ROOM(head_len, head->field_count));
	record_encode(&final, &all, &o);
	if (h == NULL || !out_ok(&o))
		return;
	h->status = head->status;
	h->record = out_text(&o);
	if (i->first == NULL)
		i->first = h;
	else
		i->last->next = h;
	i->last = h;
}

bool caching_interim_send(struct caching_interim *i)
{
	while (i->first != NULL) {
		struct caching_heard *h = i->first;
		struct message head;

		i->first = h->next;
		if (!record_decode(h->record, &i->to->arena, &head))
			continue;
		head.status = h->status;
		if (reply_send_interim(i->to, &head, h->record.n) < 0)
			return false;
	}
	return true;
}

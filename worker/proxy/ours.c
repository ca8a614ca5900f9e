/*
 * ours.c - a reply that no origin made.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  Answers of the
 * operator's own, redirects, error pages and what OPTIONS asks of a proxy are
 * all made here, so what holds for every reply of ours stands once.
 */
#include "worker/proxy/ours.h"

#include "common/base/insist.h"
#include "worker/proxy/headers.h"

/* Those of WHAT's fields that the operator leaves alone; how many. */
static unsigned choose(const struct exchange *x, const struct h1_simple *what,
    struct h1_field kept[REPLY_EXTRA_MAX])
{
	unsigned count = 0;

	INSIST(what->extra_count <= REPLY_EXTRA_MAX);
	for (unsigned i = 0; i < what->extra_count; i++)
		if (headers_leave(x, what->extra[i].name))
			kept[count++] = what->extra[i];
	return count;
}

static uint64_t body_length(const struct reply *reply)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < reply->body_count; i++)
		n += reply->body[i].n;
	return n;
}

void ours_make(struct exchange *x, const struct h1_simple *what,
    struct reply *reply)
{
	struct h1_field kept[REPLY_EXTRA_MAX];
	unsigned kept_count = choose(x, what, kept);
	struct h1_simple s = *what;
	enum end before = x->end;

	exchange_pass_body(x);
	if (!headers_leave(x, STR("Content-Type")))
		s.type = STR("");
	s.more = body_length(reply);
	s.to_head = x->request.method == METHOD_HEAD;
	s.connection = reply_connection(x);
	s.wall = clock_wall();
	s.extra = reply->extra;
	s.extra_count = kept_count;
	(void)headers_for_client(x, NULL, &s.lines);
	if (x->end != before)
		return;
	memcpy(reply->extra, kept, kept_count * sizeof(kept[0]));
	reply->ours = s;
	reply->is_ours = true;
	if (s.to_head)
		reply->body_count = 0;
	x->status = s.status;
}

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

#define HEAD_MOST 512 /* of a head, but for what varies */

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

static size_t room_for(const struct h1_simple *s)
{
	size_t n = HEAD_MOST + s->type.n + s->lines.n;

	for (unsigned i = 0; i < s->extra_count; i++)
		n += s->extra[i].name.n + s->extra[i].value.n +
		    sizeof(": \r\n");
	return n;
}

static uint64_t body_length(const struct reply *reply)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < reply->body_count; i++)
		n += reply->body[i].n;
	return n;
}

static void write(struct exchange *x, const struct h1_simple *s,
    struct reply *reply)
{
	struct out o = exchange_out(x, room_for(s));

	h1_simple_reply(&o, s);
	INSIST(out_ok(&o) || o.cap == 0);
	if (!out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	reply->ours = out_text(&o);
	if (s->to_head)
		reply->body_count = 0;
	x->status = s->status;
}

void ours_make(struct exchange *x, const struct h1_simple *what,
    struct reply *reply)
{
	struct h1_field kept[REPLY_EXTRA_MAX];
	struct h1_simple s = *what;
	enum end before = x->end;

	exchange_pass_body(x);
	if (!headers_leave(x, STR("Content-Type")))
		s.type = STR("");
	s.more = body_length(reply);
	s.to_head = x->request.method == METHOD_HEAD;
	s.connection = reply_connection(x);
	s.wall = clock_wall();
	s.extra = kept;
	s.extra_count = choose(x, what, kept);
	(void)headers_for_client(x, NULL, &s.lines);
	if (x->end == before)
		write(x, &s, reply);
}

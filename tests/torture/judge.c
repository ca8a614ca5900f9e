/*
 * judge.c - was what happened in the world as it must be?
 */
#include "tests/torture/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/insist.h"

#define SENT_MAX 256
#define SHOWN_MAX 2000 /* bytes of what is wrong */
#define REPEATS_MAX 4 /* two servers, and an idle connection that was stale */

/* A request of a client. */
struct sent {
	const struct actor *client;
	enum strict_verdict verdict;
	struct strict_message m;
	struct meaning meaning;
	unsigned arrived; /* how often, in whole or in part */
};

static struct {
	struct actor *last_origin;
	struct sent *sent[SENT_MAX];
	unsigned sent_count;
} judge;

/* Says what is wrong, for who looks at the input. */
static void must(bool good, const char *what, struct str bytes)
{
	if (bytes.n > SHOWN_MAX)
		bytes.n = SHOWN_MAX;
	if (!good)
		fprintf(stderr, "judge: %s:\n%.*s\n", what, (int)bytes.n,
		    bytes.p);
	INSIST(good);
}

static void on_origin(struct actor *origin)
{
	if (origin->in_n > 0)
		judge.last_origin = origin;
}

void judge_begin(void)
{
	judge.last_origin = NULL;
	judge.sent_count = 0;
	world_begin_case();
	world_on_origin(on_origin);
}

/* One that is closed by now is none. */
struct actor *judge_last_origin(void)
{
	struct actor *o = judge.last_origin;

	return o != NULL && o->fd >= 0 ? o : NULL;
}

/* ---- what clients sent ---- */

static struct sent *add_sent(const struct actor *client, struct str rest)
{
	struct sent *s = malloc(sizeof(*s));

	s->client = client;
	s->arrived = 0;
	s->verdict = strict_request(rest, &s->m);
	s->meaning.meant = MEANT_REFUSE;
	if (s->m.head_whole)
		meant_by(&s->m, &s->meaning);
	judge.sent[judge.sent_count++] = s;
	return s;
}

static void read_sent(const struct actor *client)
{
	struct str rest = str_make(client->out, client->out_n);
	const struct sent *s;

	while (rest.n > 0 && judge.sent_count < SENT_MAX) {
		s = add_sent(client, rest);
		if (s->verdict != STRICT_WHOLE || !strict_persists(&s->m))
			return;
		rest = str_make(rest.p + s->m.n, rest.n - s->m.n);
	}
}

static void forget_sent(void)
{
	for (unsigned i = 0; i < judge.sent_count; i++) {
		strict_free(&judge.sent[i]->m);
		free(judge.sent[i]);
	}
	judge.sent_count = 0;
}

/* ---- what arrived ---- */

static bool is_idempotent(struct str method)
{
	static const char *const names[] = {"GET", "HEAD", "OPTIONS", "PUT",
	    "DELETE", "TRACE"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(method, str_from(names[i])))
			return true;
	return false;
}

static bool may_arrive(const struct sent *s, bool whole)
{
	unsigned most = is_idempotent(s->m.method) ? REPEATS_MAX : 1;

	if (!s->m.head_whole || s->arrived >= most)
		return false;
	if (s->meaning.meant == MEANT_REFUSE || s->meaning.meant == MEANT_OURS)
		return false;
	return s->verdict == STRICT_WHOLE || !whole;
}

/* Who meant it? */
static struct sent *match(const struct strict_message *m, bool whole)
{
	for (unsigned i = 0; i < judge.sent_count; i++) {
		struct sent *s = judge.sent[i];

		if (may_arrive(s, whole) &&
		    meant_differs(&s->m, &s->meaning, m, whole) == NULL) {
			s->arrived++;
			return s;
		}
	}
	return NULL;
}

static bool has_switched(const struct actor *origin, const struct sent *s)
{
	return s->meaning.upgrade && origin->out_n > 0 &&
	    memmem(origin->out, origin->out_n, " 101", 4) != NULL;
}

static void judge_origin(const struct actor *origin)
{
	struct str rest = str_make(origin->in, origin->in_n);
	struct strict_message m;

	while (rest.n > 0) {
		enum strict_verdict verdict = strict_request(rest, &m);
		const struct sent *s = NULL;
		bool whole = verdict == STRICT_WHOLE;

		must(verdict != STRICT_BAD, "malformed at the origin", rest);
		if (m.head_whole) {
			s = match(&m, whole);
			must(s != NULL, "not meant, at the origin", rest);
		}
		strict_free(&m);
		if (!whole || has_switched(origin, s))
			return;
		rest = str_make(rest.p + m.n, rest.n - m.n);
	}
}

/* ---- what came back ---- */

/*
 * Does a reply of ORIGIN say the same as REPLY?  Its requests, in their order,
 * say how its replies are to be read.  Yes, too, if it is not clear what it
 * says: a little is forgiven origins that is not forgiven clients.
 */
static bool gave(const struct actor *origin, const struct strict_message *reply)
{
	struct str in = str_make(origin->in, origin->in_n);
	struct str out = str_make(origin->out, origin->out_n);
	struct strict_message request, given = {.status = 0};
	bool whole = strict_request(in, &request) == STRICT_WHOLE;
	enum strict_verdict verdict = STRICT_WHOLE;
	bool same = false;

	while (request.head_whole && out.n > 0 && !same) {
		verdict = strict_reply(out, request.method, origin->finished,
		    &given);
		if (verdict != STRICT_WHOLE)
			break;
		same = given.status == reply->status &&
		    str_eq(str_make(given.body, given.body_n),
			str_make(reply->body, reply->body_n));
		strict_free(&given);
		out = str_make(out.p + given.n, out.n - given.n);
		if (given.status < 200)
			continue;
		if (!whole)
			break;
		in = str_make(in.p + request.n, in.n - request.n);
		strict_free(&request);
		whole = strict_request(in, &request) == STRICT_WHOLE;
	}
	strict_free(&given);
	strict_free(&request);
	return same || verdict == STRICT_BAD;
}

static bool was_given(const struct strict_message *reply)
{
	for (unsigned i = 0; i < world_actors(); i++)
		if (world_actor(i)->is_origin && gave(world_actor(i), reply))
			return true;
	return false;
}

static bool is_last(const struct strict_message *m)
{
	return m->status == 101 ||
	    (m->status >= 200 && !strict_persists(m));
}

/* The final reply to S at the beginning of *REST, and what comes before it.
 * False: there is no other behind it. */
static bool judge_reply(const struct actor *client, const struct sent *s,
    struct str *rest)
{
	bool ended = client->ended && !client->reset && client->fd >= 0;
	struct strict_message m = {.status = 0};
	enum strict_verdict verdict = STRICT_WHOLE;

	while (verdict == STRICT_WHOLE && m.status < 200 && m.status != 101) {
		verdict = strict_reply(*rest, s->m.method, ended, &m);
		must(verdict != STRICT_BAD,
		    m.why != NULL ? m.why : "a bad reply", *rest);
		if (verdict == STRICT_WHOLE && m.status >= 200 &&
		    m.status < 400 && m.status != 204)
			must(was_given(&m), "a reply that nobody gave", *rest);
		strict_free(&m);
		if (verdict == STRICT_WHOLE)
			*rest = str_make(rest->p + m.n, rest->n - m.n);
	}
	if (verdict == STRICT_PART || m.status == 101)
		rest->n = 0;
	return verdict == STRICT_WHOLE && !is_last(&m);
}

static void judge_client(const struct actor *client)
{
	struct str rest = str_make(client->in, client->in_n);
	bool more = true;

	for (unsigned i = 0; i < judge.sent_count && rest.n > 0; i++) {
		const struct sent *s = judge.sent[i];

		if (s->client != client)
			continue;
		must(more, "a reply behind the last one", rest);
		more = judge_reply(client, s, &rest);
	}
	must(rest.n == 0, "more replies than requests", rest);
}

/* Who asked well and did not leave was heard: its first request, at least. */
static void judge_hearing(const struct actor *client)
{
	for (unsigned i = 0; i < judge.sent_count; i++) {
		const struct sent *s = judge.sent[i];

		if (s->client != client)
			continue;
		must(s->verdict != STRICT_WHOLE || client->finished ||
			client->in_n > 0,
		    "nobody answers", str_make(client->out, client->out_n));
		return;
	}
}

void judge_end(void)
{
	world_settle();
	while (world_pass_time())
		;
	for (unsigned i = 0; i < world_actors(); i++)
		if (!world_actor(i)->is_origin)
			read_sent(world_actor(i));
	for (unsigned i = 0; i < world_actors(); i++) {
		const struct actor *a = world_actor(i);

		if (a->is_origin) {
			judge_origin(a);
			continue;
		}
		judge_client(a);
		if (!a->has_stalled && judge.sent_count < SENT_MAX)
			judge_hearing(a);
	}
	forget_sent();
	world_end_case();
}

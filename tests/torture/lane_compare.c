/*
 * lane_compare.c - what was sent, against what arrived and what came back.
 *
 * The client's requests in their order, each with its verdict, say what the
 * next thing at the origin and the next reply must be:
 *
 *	                       at the origin      to the client
 *	sound, to be forwarded all of it          the origin's reply
 *	sound, ours            nothing            a reply of the proxy's
 *	malformed head         nothing            a refusal, and the end
 *	malformed body         the beginning, cut a refusal, and the end
 *	cut by the client      the beginning, cut a refusal or nothing
 */
#include "tests/torture/lane.h"

struct comparing {
	struct lane *l;
	struct lane_tally *tally;
	struct str replies; /* not yet read */
	unsigned arrived;   /* of them compared */
	bool stopped;	    /* the proxy said that it closes */
	const char *differs;
};

/* The next final reply: 1, 0 when there is none, -1. */
static int next_reply(struct comparing *c, struct str method,
    struct strict_message *m)
{
	enum strict_verdict verdict;

	do {
		if (c->replies.n == 0)
			return 0;
		verdict = strict_reply(c->replies, method, true, m);
		strict_free(m);
		if (verdict != STRICT_WHOLE) {
			c->differs = "a malformed reply, or part of one";
			return -1;
		}
		c->replies = str_make(c->replies.p + m->n,
		    c->replies.n - m->n);
	} while (m->status < 200);
	c->stopped = !strict_persists(m);
	return 1;
}

/* It arrived, and was answered by the origin. */
static const char *compare_forwarded(struct comparing *c,
    const struct lane_request *sent, const struct strict_message *reply)
{
	const struct lane_request *arrived = &c->l->arrived[c->arrived];
	char digest[LANE_DIGEST_SIZE];
	struct str said;
	const char *differs;

	if (c->arrived == c->l->arrived_count)
		return "an answer to what did not arrive";
	c->arrived++;
	differs = meant_differs(&sent->m, &sent->meaning, &arrived->m, true);
	if (differs != NULL)
		return differs;
	lane_digest(&arrived->m, digest);
	if (strict_find(reply, "x-origin", &said) != 1 ||
	    !str_eq(said, str_make(digest, sizeof(digest))))
		return "the reply of another request";
	c->tally->forwarded++;
	return NULL;
}

static const char *compare_sound(struct comparing *c,
    const struct lane_request *sent)
{
	struct strict_message reply;
	struct str said;
	int got = next_reply(c, sent->m.method, &reply);
	bool ours;

	if (got <= 0)
		return got < 0 ? c->differs : "no reply";
	c->tally->requests++;
	ours = strict_find(&reply, "x-origin", &said) == 0;
	if (!ours && (sent->meaning.meant == MEANT_OURS ||
	    sent->meaning.meant == MEANT_REFUSE))
		return "it was forwarded";
	if (!ours)
		return compare_forwarded(c, sent, &reply);
	if (sent->meaning.meant == MEANT_FORWARD)
		return "it was refused";
	if (sent->meaning.meant == MEANT_REFUSE && reply.status < 400)
		return "a refusal with another status";
	c->tally->refused += sent->meaning.meant == MEANT_REFUSE;
	return NULL;
}

/* Malformed, or not whole: a refusal, or in the second case nothing. */
static const char *compare_unsound(struct comparing *c,
    const struct lane_request *sent)
{
	struct strict_message reply;
	struct str said;
	int got = next_reply(c, sent->m.method, &reply);

	if (got < 0)
		return c->differs;
	c->stopped = true;
	if (sent->verdict == STRICT_BAD)
		c->tally->refused++;
	else
		c->tally->parts++;
	if (got == 0)
		return sent->verdict == STRICT_BAD ? "no refusal" : NULL;
	if (strict_find(&reply, "x-origin", &said) > 0)
		return "the origin answered it";
	return reply.status >= 400 ? NULL : "it was answered";
}

/* What is left at the origin's connections can only be the beginning of LAST,
 * which was cut off. */
static const char *compare_rest(struct comparing *c,
    const struct lane_request *last)
{
	for (int i = 0; i < LANE_ORIGINS_MAX; i++) {
		const struct lane_end *end = &c->l->origins[i];
		struct strict_message m;
		enum strict_verdict verdict;
		const char *differs = NULL;

		if (end->n == 0)
			continue;
		verdict = strict_request(str_make(end->bytes, end->n), &m);
		if (verdict == STRICT_BAD)
			differs = "something malformed arrived";
		else if (last->verdict == STRICT_WHOLE ||
		    !last->m.head_whole ||
		    last->meaning.meant == MEANT_REFUSE ||
		    last->meaning.meant == MEANT_OURS)
			differs = "the beginning of something arrived";
		else if (m.head_whole)
			differs = meant_differs(&last->m, &last->meaning, &m,
			    false);
		strict_free(&m);
		if (differs != NULL)
			return differs;
		c->tally->dropped++;
	}
	return NULL;
}

const char *lane_compare(struct lane *l, struct lane_tally *tally)
{
	struct comparing c = {.l = l,
	    .tally = tally,
	    .replies = str_make(l->client.bytes, l->client.n)};
	const struct lane_request *sent = l->sent;
	const char *differs = NULL;

	for (unsigned i = 0; i < l->sent_count && differs == NULL; i++) {
		if (c.stopped)
			break;
		sent = &l->sent[i];
		if (sent->verdict == STRICT_WHOLE)
			differs = compare_sound(&c, sent);
		else
			differs = compare_unsound(&c, sent);
	}
	if (differs != NULL)
		return differs;
	if (c.arrived < l->arrived_count)
		return "something else arrived";
	if (c.replies.n > 0)
		return "more replies than requests";
	return compare_rest(&c, sent);
}

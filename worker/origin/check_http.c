/*
 * check_http.c - a check that asks for something.
 *
 * Runs in workers, on the fiber of the check.  One request, and a reply read
 * by the same strict parsers as any other.  Memory for the reply comes in one
 * piece and is bounded:
 *
 *	head (16 KiB) ...                the reply's head, then what its
 *	                                 parser makes of it
 *	body (64 KiB, if one matters)    decoded where it was read to
 *
 * A body that does not matter is read and forgotten, so that the server does
 * not see its reply refused.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/conf/health.h"
#include "worker/http/body.h"
#include "worker/http/head.h"
#include "worker/origin/check_inside.h"

#define HEAD_MAX ((size_t)16 * 1024)
#define PARTS_MAX ((size_t)4 * 1024) /* of a head's fields */
#define BODY_MAX ((size_t)64 * 1024)
#define INTERIMS_MAX 8

struct reply {
	const struct check_target *target;
	struct conn *conn;
	usec_t deadline;
	enum method method;
	struct message head;
	struct body framing;
	size_t n;    /* bytes in TEXT */
	size_t room; /* of it */
	char parts[PARTS_MAX];
	char text[];
};

/* ---- the request ---- */

static int send_request(const struct check_target *t, struct reply *r)
{
	struct out out = out_make(r->text, r->room);
	struct pace pace = pace_of_silence(r->deadline - loop_now());
	struct iovec iov;

	conf_health_request(&out, t->conf, t->prefix, t->host);
	if (!out_ok(&out))
		return -ENOMEM;
	iov = (struct iovec){out.p, out.n};
	return conn_write(r->conn, &iov, 1, &pace);
}

/* ---- the reply ---- */

/* More of it behind what is there.  > 0, 0 at the end, or -errno. */
static ssize_t read_more(struct reply *r)
{
	ssize_t got;

	if (r->n == r->room)
		return -ENOBUFS;
	got = conn_read(r->conn, r->text + r->n, r->room - r->n, r->deadline);
	if (got > 0)
		r->n += (size_t)got;
	return got;
}

/* Forgets the first N bytes. */
static void consume(struct reply *r, size_t n)
{
	r->n -= n;
	memmove(r->text, r->text + n, r->n);
}

static struct check_result malformed(enum fault fault)
{
	return check_result(CHECK_malformed, fault);
}

/* One whole head: its length, or 0 and why not. */
static size_t read_head(struct reply *r, struct check_result *why_r)
{
	size_t looked = 0;
	size_t n;

	while ((n = head_length(r->text, r->n, looked)) == 0) {
		ssize_t got;

		looked = r->n;
		got = r->n < HEAD_MAX ? read_more(r) : -ENOBUFS;
		if (got > 0)
			continue;
		*why_r = got == -ENOBUFS ? malformed(FAULT_head_large)
		    : check_broken((int)got);
		return 0;
	}
	return n;
}

static struct check_result read_final_head(struct reply *r)
{
	static const struct conf_head_limits limits = {.header = HEAD_MAX,
	    .fields = CONF_FIELDS_MAX, .url = HEAD_MAX};
	struct check_result result = check_result(CHECK_passed, 0);

	for (int i = 0; i <= INTERIMS_MAX; i++) {
		struct arena arena;
		enum fault fault;
		size_t n = read_head(r, &result);

		if (n == 0)
			return result;
		arena_init_fixed(&arena, r->parts, sizeof(r->parts));
		r->head = (struct message){.status = 0};
		fault = head_parse_reply(str_make(r->text, n), r->method,
		    &limits, &arena, &r->head);
		if (fault != FAULT_NONE)
			return malformed(fault);
		consume(r, n);
		if (r->head.status >= 200)
			return result;
	}
	return malformed(FAULT_interims);
}

/* Up to BODY_MAX of its body, decoded; into TEXT if it is to be kept. */
static struct check_result read_body(struct reply *r, bool keep)
{
	size_t raw = r->n;

	r->n = 0;
	body_begin(&r->framing, &r->head.framing);
	for (;;) {
		size_t payload, used;
		enum fault fault = body_decode(&r->framing, r->text + r->n,
		    raw, &payload, &used);
		ssize_t got;

		if (fault != FAULT_NONE)
			return malformed(fault);
		r->n = keep ? r->n + payload : 0;
		if (r->framing.done || r->framing.total >= BODY_MAX)
			return check_result(CHECK_passed, 0);
		got = read_more(r);
		if (got == 0 && body_end_by_close(&r->framing))
			return check_result(CHECK_passed, 0);
		if (got <= 0)
			return check_broken((int)got);
		r->n -= (size_t)got;
		raw = (size_t)got;
	}
}

static struct check_result match_body(struct reply *r)
{
	const struct conf_pattern *pattern = r->target->conf->body;
	struct check_result result = read_body(r, true);

	if (result.outcome != CHECK_passed)
		return result;
	if (r->n > BODY_MAX)
		r->n = BODY_MAX;
	if (conf_pattern_match(pattern, str_make(r->text, r->n), NULL) !=
	    CONF_MATCH)
		return check_result(CHECK_body, 0);
	return result;
}

static struct check_result ask(struct reply *r)
{
	const struct conf_health *h = r->target->conf;
	struct check_result result;
	int err = send_request(r->target, r);

	/* A server may answer, and close, before it has read all of it. */
	if (err == -ECANCELED || err == -ETIMEDOUT || err == -ENOMEM)
		return check_broken(err);
	result = read_final_head(r);
	if (result.outcome != CHECK_passed)
		return result;
	if (!conf_health_expects(h, r->head.status))
		result = check_result(CHECK_status, r->head.status);
	else if (h->body != NULL)
		return match_body(r);
	(void)read_body(r, false);
	return result;
}

struct check_result check_http(const struct check_target *t, struct conn *c,
    usec_t deadline)
{
	size_t room = HEAD_MAX + (t->conf->body != NULL ? BODY_MAX : 0);
	struct reply *r = malloc(sizeof(*r) + room);
	struct check_result result;

	if (r == NULL)
		return check_result(CHECK_skipped, 0);
	r->target = t;
	r->conn = c;
	r->deadline = deadline;
	r->method = method_identify(t->conf->method);
	r->n = 0;
	r->room = room;
	result = ask(r);
	free(r);
	return result;
}

/*
 * relay_head.c - the heads of an origin's reply.
 *
 * Runs on the exchange's fiber.  Reads into one BODY block, which is held only
 * while bytes of the reply are at hand, until a head is whole; then pure
 * parsing.  Interim heads are passed on as they come.
 */
#include <errno.h>

#include "worker/conn/block.h"
#include "worker/http/head.h"
#include "worker/http/websocket.h"
#include "worker/origin/origin.h"
#include "worker/origin/origin_tls.h"
#include "worker/proxy/choose.h"
#include "worker/proxy/relay_inside.h"

/* ---- failing ---- */

int relay_fail(struct relay *r, enum end why)
{
	if (r->apart == NULL)
		exchange_fail(r->x, why);
	else if (r->apart->end == END_NONE)
		r->apart->end = why;
	return -1;
}

int relay_fail_origin(struct relay *r, int err, enum end at_deadline)
{
	if (err == -ECANCELED && r->apart == NULL)
		exchange_fail_client(r->x, err, END_stopped);
	else if (err == -ECANCELED)
		(void)relay_fail(r, END_stopped);
	else if (err == -ETIMEDOUT)
		(void)relay_fail(r, at_deadline);
	else if (err == -EMFILE || err == -ENFILE || err == -ENOMEM)
		(void)relay_fail(r, END_overloaded);
	else if (r->origin != NULL && origin_was_refused(r->origin))
		(void)relay_fault(r, END_origin_tls,
		    origin_tls_verdict()->fault);
	else
		(void)relay_fail(r, END_origin_closed);
	return -1;
}

int relay_fault(struct relay *r, enum end why, enum fault fault)
{
	if (r->apart != NULL && r->apart->end == END_NONE)
		r->apart->fault = fault;
	else if (r->apart == NULL && r->x->end == END_NONE)
		r->x->fault = fault;
	return relay_fail(r, why);
}

int relay_malformed(struct relay *r, enum fault fault)
{
	return relay_fault(r, END_origin_malformed, fault);
}

/* ---- how far it came ---- */

void relay_is_connected(struct relay *r)
{
	struct server *server = r->origin->server;

	if (r->apart == NULL) {
		r->x->connected = loop_now();
		if (server->id != r->x->server_id)
			choose_took(r->x, server);
	} else {
		r->apart->connected = loop_now();
		r->apart->server = server;
	}
}

void relay_has_begun(struct relay *r)
{
	usec_t *first = r->apart != NULL ? &r->apart->first_byte
					 : &r->x->first_byte;

	if (*first == 0)
		*first = loop_now();
}

void relay_give_block(struct relay *r)
{
	if (r->block != NULL)
		block_give_body(r->block);
	r->block = NULL;
	r->start = r->end = 0;
}

/* ---- receiving from the origin ---- */

/*
 * While the request's body is still on its way its own pace is the limit:
 * patience with the origin starts when the upload has ended.
 */
bool relay_waits_on(const struct relay *r, usec_t *deadline)
{
	const struct upload *u = &r->upload;
	usec_t later = loop_now() + r->patience;

	if (u->fiber == NULL)
		return false;
	if (!u->running)
		later = u->ended + r->patience;
	if (later <= *deadline)
		return false;
	*deadline = later;
	return true;
}

/* Waits until the origin has something to read. */
static int wait_readable(struct relay *r, usec_t deadline)
{
	int err;

	do
		err = conn_wait_readable(&r->origin->conn, deadline);
	while (err == -ETIMEDOUT && relay_waits_on(r, &deadline));
	return err;
}

/* A block with room behind what is at hand. */
static int ready_block(struct relay *r)
{
	if (r->start == r->end)
		r->start = r->end = 0;
	if (r->block != NULL)
		return 0;
	return block_take_body((void **)&r->block);
}

int relay_receive(struct relay *r, usec_t deadline)
{
	struct conn *conn = &r->origin->conn;
	size_t most = body_readable(&r->body);
	ssize_t got;

	do {
		int err;

		if (r->start == r->end &&
		    !watch_is_ready(&conn->watch, WATCH_READ))
			relay_give_block(r);
		err = wait_readable(r, deadline);
		if (err == 0)
			err = ready_block(r);
		if (err < 0)
			return err;
		if (most > BLOCK_BODY_SIZE - r->end)
			most = BLOCK_BODY_SIZE - r->end;
		got = conn_try_read(conn, r->block + r->end, most);
	} while (got == -EAGAIN);
	if (got > 0)
		r->end += (size_t)got;
	return got > 0 ? 1 : (int)got;
}

/* ---- the reply's head ---- */

/* A whole head into REPLY; its bytes are behind start then. */
static int parse_head(struct relay *r, size_t head_len, struct message *head)
{
	struct conf_head_limits limits = {
	    .header = r->x->pool->header_max,
	    .fields = CONF_FIELDS_MAX};
	enum fault fault = head_parse_reply(
	    str_make(r->block + r->start, head_len), r->x->request.method,
	    &limits, &r->x->arena, head);

	r->start += head_len;
	r->head_len = head_len;
	return fault == FAULT_NONE ? 0 : relay_malformed(r, fault);
}

/* Interim replies have used up the block before what is at hand. */
static void move_to_front(struct relay *r)
{
	size_t n = r->end - r->start;

	memmove(r->block, r->block + r->start, n);
	r->start = 0;
	r->end = n;
}

/* The first byte has its patience, and so has the rest of the head. */
static int read_h1_head(struct relay *r, struct message *head)
{
	size_t most = r->x->pool->header_max;
	usec_t deadline = loop_now() + r->patience;
	bool begun = r->start < r->end;
	size_t seen = 0;

	for (;;) {
		size_t n = r->end - r->start;
		size_t len =
		    n > 0 ? head_length(r->block + r->start, n, seen) : 0;
		int got;

		if (len > 0)
			return parse_head(r, len, head);
		if (n >= most)
			return relay_malformed(r, FAULT_head_large);
		if (r->end == BLOCK_BODY_SIZE)
			move_to_front(r);
		seen = n;
		got = relay_receive(r, deadline);
		if (got > 0)
			relay_has_begun(r);
		if (got > 0 && !begun)
			deadline = loop_now() + r->patience;
		begun = begun || got > 0;
		r->silent = got <= 0 && got != -ETIMEDOUT && r->end == 0;
		if (got <= 0)
			return relay_fail_origin(r, got, END_origin_deadline);
	}
}

static int read_head(struct relay *r, struct message *head)
{
	if (r->origin->stream != NULL)
		return relay_h2_read_head(r, head);
	return read_h1_head(r, head);
}

/* "websocket" of "websocket/13". */
static struct str protocol_name(struct str protocol)
{
	struct str name = STR("");

	(void)str_next_part(&protocol, '/', &name);
	return name;
}

/* A 101 must be asked for, and change to what was asked for. */
static int check_switch(struct relay *r, const struct message *head)
{
	struct str asked = r->x->request.upgrade;
	const char *key = r->x->websocket;

	if (key != NULL && r->origin->stream == NULL &&
	    !websocket_accepts(head, key))
		return relay_malformed(r, FAULT_status_line);
	if (asked.n > 0 && head->upgrade.n > 0 &&
	    str_eq_nocase(protocol_name(asked), protocol_name(head->upgrade)))
		return 0;
	return relay_malformed(r, FAULT_status_line);
}

/* A 2xx without a switch, which over HTTP/2 would say that there is one. */
static int check_no_switch(struct relay *r, const struct message *head)
{
	if (r->x->websocket != NULL && head->status / 100 == 2)
		return relay_malformed(r, FAULT_status_line);
	return 0;
}

int relay_read_final_head(struct relay *r, struct message *head)
{
	struct arena mark = r->x->arena;

	r->body.kind = FRAMING_CLOSE; /* read whatever comes */
	r->patience = r->x->pool->timeouts.first_byte;
	for (int interims = 0;; interims++) {
		if (read_head(r, head) < 0)
			return -1;
		if (head->status >= 200)
			return check_no_switch(r, head);
		if (head->status == 101)
			return check_switch(r, head);
		if (head->status == 100)
			r->x->request.expects_continue = false;
		if (interims == RELAY_INTERIMS_MAX)
			return relay_malformed(r, FAULT_interims);
		if (r->apart != NULL)
			continue;
		if (reply_send_interim(r->x, head, r->head_len) < 0)
			return -1;
		arena_rewind(&r->x->arena, &mark);
	}
}


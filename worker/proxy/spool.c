/*
 * spool.c - the body of a request, as far as we keep it.
 *
 * Runs on the exchange's fiber before a server is chosen, and then on that of
 * its upload.  A small body lies in the client's window, where it came: that
 * costs nothing.  A larger one takes a BODY block that is kept, and one that
 * does not fit there goes to a file, as a whole: so nobody holds memory while
 * the rest of a large body is waited for.
 *
 * The window stays as it is until the exchange ends, so a piece of it stays
 * good.
 */
#include "worker/proxy/spool.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/proxy/grpc.h"
#include "worker/proxy/reply.h"
#include "worker/proxy/spool_file.h"

struct spool {
	struct str memory; /* what is kept, if it is not in the file */
	char *block;	   /* where MEMORY lies, or NULL: the window */
	int file;	   /* or -1 */
	uint64_t size;	   /* bytes kept */
};

bool spool_is_whole(const struct exchange *x)
{
	struct str body;

	if (x->spool != NULL)
		return x->body.done && x->spool->size == x->body.total;
	return exchange_body_is_held(x, &body);
}

bool spool_holds(const struct exchange *x, struct str *body_r)
{
	if (x->spool == NULL)
		return exchange_body_is_held(x, body_r);
	*body_r = x->spool->memory;
	return x->spool->file < 0 && spool_is_whole(x);
}

bool spool_in_memory(const struct exchange *x, struct str *body_r)
{
	return spool_holds(x, body_r) &&
	    x->request.framing.kind != FRAMING_CHUNKED;
}

uint64_t spool_size(const struct exchange *x)
{
	struct str body;

	if (x->spool != NULL)
		return x->spool->size;
	return exchange_body_is_held(x, &body) ? body.n : 0;
}

/* ---- gathering ---- */

static bool open_spool(struct exchange *x)
{
	x->spool = ARENA_NEW(&x->arena, struct spool);
	if (x->spool == NULL) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	x->spool->file = -1;
	return true;
}

/* As much as fits the block, or all.  1, or -1. */
static int fill_block(struct exchange *x, size_t most)
{
	struct spool *s = x->spool;

	while (s->size < most && !x->body.done) {
		size_t got = 0;
		int more = exchange_take_body(x, s->block + s->size,
		    most - (size_t)s->size, &got);

		if (more < 0)
			return -1;
		s->size += got;
		s->memory = str_make(s->block, (size_t)s->size);
	}
	return 1;
}

/* What fits the window; nothing when there is no memory for it. */
static bool gather_block(struct exchange *x)
{
	x->spool->block = block_take_kept();
	if (x->spool->block == NULL)
		return true;
	count(bodies_kept);
	return fill_block(x, x->scope->buffering.window) > 0;
}

/* Chunks that came along with the head, which stay where they are. */
static bool gather_chunks(struct exchange *x)
{
	struct spool *s = x->spool;
	void *block;

	if (!exchange_has_body_bytes(x))
		return true;
	if (exchange_read_body(x, &block, &s->memory) < 0)
		return false;
	INSIST(block == NULL);
	s->size = s->memory.n;
	return true;
}

/* ---- the file ---- */

static bool fail_file(struct exchange *x, int err)
{
	x->must_close |= !x->body.done;
	if (err == -ECANCELED)
		exchange_fail_body(x, err);
	else if (err == -EMFILE || err == -ENFILE || err == -ENOMEM)
		exchange_fail(x, END_overloaded);
	else
		exchange_fail(x, END_buffer_failed);
	return false;
}

static bool append(struct exchange *x, struct str piece)
{
	struct spool *s = x->spool;
	int err = spool_file_write(s->file, piece.p, piece.n, s->size);

	if (err < 0)
		return fail_file(x, err);
	s->size += piece.n;
	return true;
}

static void give_block(struct spool *s)
{
	if (s->block != NULL)
		block_give_kept(s->block);
	s->block = NULL;
	s->memory = STR_NONE;
}

/* What is in memory goes first. */
static bool begin_file(struct exchange *x)
{
	struct spool *s = x->spool;

	s->file = spool_file_make();
	if (s->file < 0)
		return fail_file(x, s->file);
	count(bodies_filed);
	s->size = 0;
	if (!append(x, s->memory))
		return false;
	give_block(s);
	return true;
}

static bool gather_file(struct exchange *x)
{
	struct str piece;
	void *block;
	int got;

	if (!begin_file(x))
		return false;
	while ((got = exchange_read_body(x, &block, &piece)) > 0) {
		bool ok = append(x, piece);

		if (block != NULL)
			block_give_body(block);
		if (!ok)
			return false;
	}
	return got == 0;
}

/* ---- what the setting says ---- */

/* The client waits for it, and no server has been asked. */
static bool say_continue(struct exchange *x)
{
	struct message *m = &x->request;
	const struct field *f = message_find(m, FIELD_expect);

	INSIST(f >= m->fields && f < m->fields + m->field_count);
	m->fields[f - m->fields].drop = true;
	m->expects_continue = false;
	return exchange_has_body_bytes(x) || reply_send_continue(x) == 0;
}

/* All of it; a server is told its length, however it came. */
static bool gather_full(struct exchange *x)
{
	int held;

	if (x->request.expects_continue && !say_continue(x))
		return false;
	held = exchange_hold_body(x);
	if (held != 0)
		return held > 0;
	if (!open_spool(x) || !gather_block(x))
		return false;
	if (!x->body.done && !gather_file(x))
		return false;
	INSIST(x->spool->size == x->body.total);
	x->request.framing = (struct framing){.kind = FRAMING_LENGTH,
	    .length_said = true,
	    .length = x->body.total};
	return true;
}

/* What the client is certain to send, as far as it fits. */
static bool gather_window(struct exchange *x)
{
	int held = exchange_hold_body(x);

	if (held != 0)
		return held > 0;
	if (!open_spool(x))
		return false;
	if (x->request.framing.kind == FRAMING_CHUNKED)
		return gather_chunks(x);
	return gather_block(x);
}

bool spool_gather(struct exchange *x)
{
	enum conf_buffer how = grpc_is(&x->request)
	    ? CONF_BUFFER_OFF
	    : x->scope->buffering.request;
	struct str body;
	bool ok = true;

	if (likely(exchange_body_is_held(x, &body))) {
		exchange_has_all(x, body.n);
		return true;
	}
	if (how == CONF_BUFFER_FULL)
		ok = gather_full(x);
	else if (how == CONF_BUFFER_STREAM && !x->request.expects_continue)
		ok = gather_window(x);
	if (ok && x->body.done)
		exchange_is_whole(x);
	return ok;
}

/* ---- reading ---- */

static int read_file(struct exchange *x, uint64_t at, void **block_r,
    struct str *piece_r)
{
	struct spool *s = x->spool;
	uint64_t left = s->size - at;
	size_t n = left < BLOCK_BODY_SIZE ? (size_t)left : BLOCK_BODY_SIZE;
	int err = block_take_body(block_r);

	if (err == 0)
		err = spool_file_read(s->file, *block_r, n, at);
	if (err == 0) {
		*piece_r = str_make(*block_r, n);
		return 1;
	}
	if (*block_r != NULL)
		block_give_body(*block_r);
	*block_r = NULL;
	(void)fail_file(x, err);
	return -1;
}

int spool_read(struct exchange *x, uint64_t *at, void **block_r,
    struct str *piece_r)
{
	const struct spool *s = x->spool;
	struct str body = s != NULL ? s->memory : STR_NONE;
	int got = 1;

	*block_r = NULL;
	if (*at >= spool_size(x))
		return exchange_read_body(x, block_r, piece_r);
	if (s == NULL)
		(void)exchange_body_is_held(x, &body);
	if (s != NULL && s->file >= 0)
		got = read_file(x, *at, block_r, piece_r);
	else
		*piece_r = str_behind(body, (size_t)*at);
	if (got > 0)
		*at += piece_r->n;
	return got;
}

void spool_free(struct exchange *x)
{
	struct spool *s = x->spool;

	if (s == NULL)
		return;
	give_block(s);
	if (s->file >= 0)
		close(s->file);
	s->file = -1;
	s->size = 0;
}

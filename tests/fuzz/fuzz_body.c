/*
 * fuzz_body.c - any bytes as a chunked body, cut anywhere.
 *
 * The first byte says how the rest is cut.  Decoded in one piece and in many,
 * payload, verdict and what is left over must be the same; and a payload that
 * is put into chunks again comes out as it went in.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/http/body.h"

#define RAW_MAX ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct decoding {
	struct body body;
	enum fault fault;
	size_t used;
	size_t payload;
	char text[RAW_MAX];
};

static void decoding_begin(struct decoding *d)
{
	struct framing framing = {.kind = FRAMING_CHUNKED};

	d->fault = FAULT_NONE;
	d->used = d->payload = 0;
	body_begin(&d->body, &framing);
}

/* N bytes in a block of exactly their size. */
static void decode_piece(struct decoding *d, const char *p, size_t n)
{
	char *block = malloc(n);
	size_t payload, used;

	INSIST(block != NULL || n == 0);
	memcpy(block, p, n);
	d->fault = body_decode(&d->body, block, n, &payload, &used);
	INSIST(payload <= used && used <= n);
	INSIST(d->fault != FAULT_NONE || d->body.done || used == n);
	if (d->fault == FAULT_NONE) {
		INSIST(memcmp(block + used, p + used, n - used) == 0);
		memcpy(d->text + d->payload, block, payload);
		d->payload += payload;
		d->used += used;
		INSIST(d->body.total == d->payload);
	}
	free(block);
}

static void decode_pieces(struct decoding *d, const char *p, size_t n,
    size_t step)
{
	decoding_begin(d);
	for (size_t at = 0; at < n && !d->body.done && d->fault == FAULT_NONE;
	     at += step)
		decode_piece(d, p + at, n - at < step ? n - at : step);
}

static void check_same(const struct decoding *a, const struct decoding *b)
{
	INSIST(a->fault == b->fault);
	if (a->fault != FAULT_NONE)
		return;
	INSIST(a->body.done == b->body.done && a->used == b->used);
	INSIST(str_eq(str_make(a->text, a->payload),
	    str_make(b->text, b->payload)));
}

static void check_again(const struct decoding *d)
{
	static struct decoding again;
	char head[BODY_CHUNK_HEAD];

	decoding_begin(&again);
	if (d->payload > 0) {
		size_t n = body_chunk_head(head, d->payload);

		decode_piece(&again, head, n);
		decode_piece(&again, d->text, d->payload);
		decode_piece(&again, BODY_CHUNK_TAIL, 2);
	}
	INSIST(again.fault == FAULT_NONE && !again.body.done);
	decode_piece(&again, BODY_LAST_CHUNK, 5);
	INSIST(again.fault == FAULT_NONE && again.body.done);
	INSIST(str_eq(str_make(again.text, again.payload),
	    str_make(d->text, d->payload)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decoding whole, pieces;
	const char *raw = (const char *)data + 1;

	if (size < 2 || size > RAW_MAX)
		return 0;
	decode_pieces(&whole, raw, size - 1, size - 1);
	decode_pieces(&pieces, raw, size - 1, data[0] % 32 + 1);
	check_same(&whole, &pieces);
	if (whole.fault == FAULT_NONE && whole.body.done)
		check_again(&whole);
	return 0;
}

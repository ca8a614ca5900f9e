/*
 * fuzz_proxy_header.c - any bytes as a header of the PROXY protocol.
 *
 * What is asked for is always more than there is; what is cut off, or put
 * behind, changes nothing of what is told.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/conn/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of exactly N bytes, so that ASan sees its end. */
static enum proxy_fault read_first(const uint8_t *data, size_t n,
    struct proxy_header *h, size_t *size)
{
	char *copy = malloc(n > 0 ? n : 1);
	enum proxy_fault fault;

	INSIST(copy != NULL);
	memcpy(copy, data, n);
	fault = proxy_header_read(str_make(copy, n), h, size);
	free(copy);
	return fault;
}

static void check_same(const struct proxy_header *a,
    const struct proxy_header *b)
{
	INSIST(a->tells == b->tells && ip_eq(&a->from, &b->from) &&
	    ip_eq(&a->to, &b->to) && a->from_port == b->from_port &&
	    a->to_port == b->to_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header whole, part;
	size_t whole_size, n = 0;
	enum proxy_fault fault = read_first(data, size, &whole, &whole_size);
	enum proxy_fault before;

	INSIST(fault < PROXY_FAULTS && proxy_fault_text(fault) != NULL);
	INSIST(fault == PROXY_OK || !whole.tells);
	for (unsigned steps = 0;; steps++) {
		size_t needed;

		before = read_first(data, n, &part, &needed);
		INSIST(steps <= 200);
		if (before != PROXY_OK || needed <= n || n == size)
			break;
		INSIST(!part.tells && needed <= PROXY_HEADER_MAX);
		n = needed < size ? needed : size;
	}
	INSIST((before == PROXY_OK) == (fault == PROXY_OK));
	if (fault == PROXY_OK && whole_size <= size)
		check_same(&whole, &part);
	return 0;
}

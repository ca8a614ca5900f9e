/*
 * fuzz_client_hello.c - any bytes as what a TLS client begins with.
 *
 * What is asked for is always more than there is, and what follows the message
 * changes nothing of its name.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/conn/client_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of exactly N bytes, so that ASan sees its end. */
static uint8_t *copy_of(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	INSIST(copy != NULL);
	memcpy(copy, data, n);
	return copy;
}

static void check_name(const uint8_t *data, size_t size)
{
	uint8_t *copy = copy_of(data, size);
	struct str name;
	enum hello_fault fault = client_hello_name(copy, size, &name);

	INSIST(fault < HELLO_FAULTS && hello_fault_text(fault) != NULL);
	INSIST(fault != HELLO_OK || (name.n <= CLIENT_HELLO_NAME_MAX &&
	    memchr(name.p, '\0', name.n) == NULL));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = 0;

	for (;;) {
		uint8_t *copy = copy_of(data, n);
		size_t needed;
		enum hello_fault fault = client_hello_size(copy, n, &needed);

		free(copy);
		INSIST(fault < HELLO_FAULTS);
		if (fault != HELLO_OK || needed > size)
			break;
		INSIST(needed <= CLIENT_HELLO_MAX);
		if (needed <= n) {
			check_name(data, needed);
			break;
		}
		n = needed;
	}
	return 0;
}

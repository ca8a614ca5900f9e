/*
 * fuzz_dns_message.c - whatever a name server sends: our own reading of it
 * stays inside.
 */
#include <stdlib.h>
#include <string.h>

#include "worker/origin/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1); /* so that ASan sees its end */
	uint32_t ttl;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (dns_least_ttl(copy, size, &ttl) && size < 12)
		abort();
	free(copy);
	return 0;
}

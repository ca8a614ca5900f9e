/*
 * dns_message.c - what the library does not say of a message of DNS.
 *
 * Pure: bytes in, a number out.  RFC 1035, 4.1:
 *
 *	header (12) | questions: name, 4 bytes | answers: name, 10 bytes, data
 *
 * A name is labels that end with an empty one or a pointer.  It is stepped
 * over, not read, so that no pointer is followed.
 */
#include "worker/origin/dns_message.h"

#define HEADER 12
#define QUESTION 4
#define RECORD 10
#define TTL_AT 4
#define LENGTH_AT 8
#define POINTER 0xc0u

struct reader {
	const unsigned char *p;
	size_t n; /* left */
};

static bool skip(struct reader *r, size_t n)
{
	if (n > r->n)
		return false;
	r->p += n;
	r->n -= n;
	return true;
}

static unsigned get16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool skip_name(struct reader *r)
{
	while (r->n > 0) {
		unsigned length = r->p[0];

		if ((length & POINTER) == POINTER)
			return skip(r, 2);
		if (!skip(r, 1 + (size_t)length))
			return false;
		if (length == 0)
			return true;
	}
	return false;
}

static bool read_record(struct reader *r, uint32_t *ttl_r)
{
	const unsigned char *record;

	if (!skip_name(r))
		return false;
	record = r->p;
	if (!skip(r, RECORD))
		return false;
	*ttl_r = get32(record + TTL_AT);
	return skip(r, get16(record + LENGTH_AT));
}

bool dns_least_ttl(const unsigned char *p, size_t n, uint32_t *ttl_r)
{
	struct reader r = {p, n};
	unsigned questions, answers;
	uint32_t ttl;

	if (!skip(&r, HEADER))
		return false;
	questions = get16(p + 4);
	answers = get16(p + 6);
	*ttl_r = UINT32_MAX;
	for (; questions > 0; questions--)
		if (!skip_name(&r) || !skip(&r, QUESTION))
			return false;
	for (unsigned i = 0; i < answers; i++) {
		if (!read_record(&r, &ttl))
			return false;
		if (ttl < *ttl_r)
			*ttl_r = ttl;
	}
	return answers > 0;
}

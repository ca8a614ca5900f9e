/*
 * proxy_header.c - the header of the PROXY protocol, versions 1 and 2.
 *
 * Pure: bytes in, addresses out; see proxy-protocol.txt of HAProxy, 2.1 and
 * 2.2.  Version 1 is a line of at most 107 bytes, version 2 is binary:
 *
 *	PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n
 *
 *	| signature (12) | 2, command | family | length (2) | addresses | values |
 *	                                                    |<---- length ---->|
 *
 * Who sends it is believed on who the client is, so nothing is repaired: one
 * space where one belongs, numbers without leading zeros, addresses of the
 * family that is told, lengths that fit.  Values (type, length, bytes) are
 * stepped over, but for a checksum, which must be right when it is there.
 */
#include "worker/conn/proxy_header.h"

#include <endian.h>

#include "common/base/insist.h"

#define LINE_MAX_SIZE 107 /* with its CR LF */
#define LINE_START STR("PROXY ")
#define SIGNATURE STR("\r\n\r\n\0\r\nQUIT\n")
#define LEAST ((size_t)15) /* "PROXY UNKNOWN" CR LF */
#define FIXED ((size_t)16)
#define VALUE_HEAD ((size_t)3)
#define VALUE_CRC32C 0x03
#define CRC_SIZE ((size_t)4)

enum { COMMAND_LOCAL, COMMAND_PROXY };

const char *proxy_fault_text(enum proxy_fault fault)
{
	static const char *const texts[] = {
	    [PROXY_OK] = "nothing",
#define PROXY_FAULT(name, text) [PROXY_##name] = (text),
#include "common/tbl/proxy_faults.h"
#undef PROXY_FAULT
	};

	INSIST(fault < PROXY_FAULTS);
	return texts[fault];
}

/* ---- version 1 ---- */

/* What is before the next space, or all of *REST. */
static struct str next_word(struct str *rest)
{
	struct str word = STR("");

	(void)str_next_part(rest, ' ', &word);
	return word;
}

static bool read_port(struct str text, uint16_t *port_r)
{
	uint64_t value;

	if (text.n > 1 && text.p[0] == '0')
		return false;
	if (!str_to_u64(text, UINT16_MAX, &value))
		return false;
	*port_r = (uint16_t)value;
	return true;
}

/* IPv4 within IPv6 is told as TCP6 by those that listen on both. */
static bool read_address(struct str text, bool ip6, struct ip *ip_r)
{
	bool colon = memchr(text.p, ':', text.n) != NULL;

	return colon == ip6 && ip_parse(text, ip_r);
}

/* "192.0.2.1 198.51.100.7 56324 443" */
static enum proxy_fault read_addresses(struct str rest, bool ip6,
    struct proxy_header *h)
{
	struct str from = next_word(&rest), to = next_word(&rest);
	struct str from_port = next_word(&rest), to_port = rest;

	if (!read_address(from, ip6, &h->from) ||
	    !read_address(to, ip6, &h->to))
		return PROXY_address;
	if (!read_port(from_port, &h->from_port) ||
	    !read_port(to_port, &h->to_port))
		return PROXY_port;
	h->tells = true;
	return PROXY_OK;
}

/* LINE has neither its start nor its CR LF. */
static enum proxy_fault read_line(struct str line, struct proxy_header *h)
{
	struct str family = next_word(&line);

	if (str_eq(family, STR("UNKNOWN")))
		return PROXY_OK;
	if (str_eq(family, STR("TCP4")))
		return read_addresses(line, false, h);
	if (str_eq(family, STR("TCP6")))
		return read_addresses(line, true, h);
	return PROXY_line;
}

/* Bytes before the first that no line has inside: all, or up to its CR. */
static size_t printable(struct str bytes)
{
	size_t n = 0;

	while (n < bytes.n && bytes.p[n] >= ' ' && bytes.p[n] <= '~')
		n++;
	return n;
}

static enum proxy_fault read_v1(struct str bytes, struct proxy_header *h,
    size_t *size_r)
{
	size_t n = printable(bytes);

	*size_r = n + 2;
	if (n + 2 > LINE_MAX_SIZE)
		return PROXY_length;
	if (n < bytes.n && bytes.p[n] != '\r')
		return PROXY_line;
	if (n + 1 < bytes.n && bytes.p[n + 1] != '\n')
		return PROXY_line;
	if (n + 2 > bytes.n)
		return PROXY_OK;
	return read_line(str_behind(str_make(bytes.p, n), LINE_START.n), h);
}

/* ---- version 2 ---- */

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The bytes of an address of each family, by its number; 0: none. */
static const size_t address_sizes[] = {0, 4, 16, 108};
static const uint16_t families[] = {AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX};

/* Two addresses, and their ports if they have some. */
static size_t block_size(unsigned family)
{
	return 2 * address_sizes[family] +
	    (families[family] == AF_UNIX ? 0 : 2 * sizeof(uint16_t));
}

/* From and to, then their ports. */
static void take_addresses(const uint8_t *p, unsigned family,
    struct proxy_header *h)
{
	size_t n = address_sizes[family];

	h->tells = true;
	h->from = h->to = (struct ip){.family = families[family]};
	if (families[family] == AF_UNIX)
		return;
	h->from = ip_of_bytes(families[family], p);
	h->to = ip_of_bytes(families[family], p + n);
	h->from_port = (uint16_t)get16(p + 2 * n);
	h->to_port = (uint16_t)get16(p + 2 * n + 2);
}

/* One bit after the other: such headers are short, and rare. */
static uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t n)
{
	while (n-- > 0) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return crc;
}

/* Of the whole header, with zeros where the checksum itself stands. */
static bool has_checksum(const uint8_t *header, size_t size, size_t at)
{
	static const uint8_t zeros[CRC_SIZE];
	uint32_t told, crc = UINT32_MAX;
	size_t behind = at + CRC_SIZE;

	memcpy(&told, header + at, sizeof(told));
	crc = crc32c(crc, header, at);
	crc = crc32c(crc, zeros, sizeof(zeros));
	crc = crc32c(crc, header + behind, size - behind);
	return ~crc == be32toh(told);
}

static enum proxy_fault check_values(const uint8_t *header, size_t at,
    size_t size)
{
	while (at < size) {
		size_t n;

		if (size - at < VALUE_HEAD)
			return PROXY_value;
		n = get16(header + at + 1);
		if (n > size - at - VALUE_HEAD)
			return PROXY_value;
		if (header[at] == VALUE_CRC32C && (n != CRC_SIZE ||
		    !has_checksum(header, size, at + VALUE_HEAD)))
			return PROXY_checksum;
		at += VALUE_HEAD + n;
	}
	return PROXY_OK;
}

/* Of a whole header with the command PROXY. */
static enum proxy_fault read_block(const uint8_t *header, size_t size,
    struct proxy_header *h)
{
	unsigned family = header[13] >> 4, transport = header[13] & 15;
	size_t n;

	if (header[13] == 0) /* the sender knows nothing of it */
		return PROXY_OK;
	if (family == 0 || family >= sizeof(families) / sizeof(families[0]) ||
	    transport != 1)
		return PROXY_family;
	n = block_size(family);
	if (FIXED + n > size)
		return PROXY_length;
	take_addresses(header + FIXED, family, h);
	return check_values(header, FIXED + n, size);
}

static enum proxy_fault read_v2(struct str bytes, struct proxy_header *h,
    size_t *size_r)
{
	const uint8_t *p = (const uint8_t *)bytes.p;
	unsigned command;

	*size_r = FIXED;
	if (bytes.n < FIXED)
		return PROXY_OK;
	command = p[12] & 15;
	*size_r = FIXED + get16(p + 14);
	if (p[12] >> 4 != 2)
		return PROXY_version;
	if (command > COMMAND_PROXY)
		return PROXY_command;
	if (*size_r > PROXY_HEADER_MAX)
		return PROXY_length;
	if (*size_r > bytes.n || command == COMMAND_LOCAL)
		return PROXY_OK;
	return read_block(p, *size_r, h);
}

/* ---- either ---- */

/* Do BYTES begin with START, as far as they go? */
static bool may_start(struct str bytes, struct str start)
{
	size_t n = bytes.n < start.n ? bytes.n : start.n;

	return n == 0 || memcmp(bytes.p, start.p, n) == 0;
}

enum proxy_fault proxy_header_read(struct str bytes, struct proxy_header *h_r,
    size_t *size_r)
{
	enum proxy_fault fault = PROXY_missing;

	*h_r = (struct proxy_header){.tells = false};
	*size_r = LEAST;
	if (may_start(bytes, SIGNATURE))
		fault = bytes.n < SIGNATURE.n
		    ? PROXY_OK : read_v2(bytes, h_r, size_r);
	else if (may_start(bytes, LINE_START))
		fault = bytes.n < LINE_START.n
		    ? PROXY_OK : read_v1(bytes, h_r, size_r);
	if (fault != PROXY_OK)
		h_r->tells = false;
	return fault;
}

/*
 * client_hello.c - whom a TLS client asks for, before anything is answered.
 *
 * Pure: bytes in, a name out.  RFC 8446, 4.1.2 and 5.1 (RFC 5246 before it), and
 * RFC 6066, 3.  The message may be cut into records anywhere:
 *
 *	record   | 22 | 3, minor | length (2) | bytes |   ... as many as it takes
 *
 *	message  | 1 | length (3) | version, random (34) | session <1>
 *	         | suites <2> | compressions <1> | extensions <2> |
 *
 *	extension 0  | list <2> | kind: 0 | name <2> |
 *
 * <N> is a vector whose length stands before it in N bytes.  Who acts on the
 * name does so instead of whoever reads the message next, so both must see the
 * same: each length must fit exactly, and there is one name or none.
 */
#include "worker/conn/client_hello.h"

#include "common/base/insist.h"

#define RECORD_HEAD ((size_t)5)
#define RECORD_MAX ((size_t)16384)
#define RECORDS_MAX 64 /* nobody has a reason for as many */
#define RECORD_HANDSHAKE 22
#define VERSION_MAJOR 3
#define MESSAGE_HEAD ((size_t)4)
#define MESSAGE_CLIENT_HELLO 1
#define VERSION_AND_RANDOM ((size_t)34)
#define SESSION_MAX 32
#define EXTENSION_SERVER_NAME 0
#define NAME_IS_HOST 0

const char *hello_fault_text(enum hello_fault fault)
{
	static const char *const texts[] = {
	    [HELLO_OK] = "nothing",
#define HELLO_FAULT(name, text) [HELLO_##name] = (text),
#include "common/tbl/hello_faults.h"
#undef HELLO_FAULT
	};

	INSIST(fault < HELLO_FAULTS);
	return texts[fault];
}

static size_t get(const uint8_t *p, unsigned bytes)
{
	size_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

/* ---- records ---- */

/* Of the N bytes at P, as far as there are any. */
static bool is_record(const uint8_t *p, size_t n)
{
	if (n > 0 && p[0] != RECORD_HANDSHAKE)
		return false;
	if (n > 1 && p[1] != VERSION_MAJOR)
		return false;
	return n < RECORD_HEAD ||
	    (get(p + 3, 2) > 0 && get(p + 3, 2) <= RECORD_MAX);
}

/* The records that lie one behind another, as one message. */
struct joiner {
	size_t at;	/* where the next record begins */
	size_t joined;	/* bytes of the message in those before */
	unsigned records;
	uint8_t head[MESSAGE_HEAD]; /* its first ones */
};

/* All bytes of a record that begins at J->at, none of which may be missing. */
static void join(struct joiner *j, const uint8_t *bytes)
{
	const uint8_t *p = bytes + j->at + RECORD_HEAD;
	size_t n = get(bytes + j->at + 3, 2);

	for (size_t i = 0; i < n && j->joined + i < MESSAGE_HEAD; i++)
		j->head[j->joined + i] = p[i];
	j->joined += n;
	j->records++;
	j->at += RECORD_HEAD + n;
}

/* How long the whole message is, as far as that is known. */
static size_t message_size(const struct joiner *j)
{
	if (j->joined < MESSAGE_HEAD)
		return MESSAGE_HEAD;
	return MESSAGE_HEAD + get(j->head + 1, 3);
}

enum hello_fault client_hello_size(const uint8_t *bytes, size_t n,
    size_t *size_r)
{
	struct joiner j = {.at = 0};

	do {
		size_t left = n - j.at;

		*size_r = j.at + RECORD_HEAD;
		if (!is_record(bytes + j.at, left))
			return HELLO_record;
		if (left >= RECORD_HEAD)
			*size_r += get(bytes + j.at + 3, 2);
		if (*size_r > CLIENT_HELLO_MAX)
			return HELLO_long;
		if (*size_r > n)
			return HELLO_OK;
		join(&j, bytes);
		if (j.head[0] != MESSAGE_CLIENT_HELLO)
			return HELLO_message;
		if (message_size(&j) > CLIENT_HELLO_MAX ||
		    j.records > RECORDS_MAX)
			return HELLO_long;
	} while (j.joined < message_size(&j));
	return j.joined == message_size(&j) ? HELLO_OK : HELLO_shape;
}

/* Moves the message together at the front of BYTES. */
static struct str unwrap(uint8_t *bytes, size_t size)
{
	size_t at = 0, joined = 0;

	while (at < size) {
		size_t n = get(bytes + at + 3, 2);

		memmove(bytes + joined, bytes + at + RECORD_HEAD, n);
		joined += n;
		at += RECORD_HEAD + n;
	}
	return str_make((const char *)bytes, joined);
}

/* ---- the message ---- */

/* Moves *REST behind its first N bytes, if it has as many. */
static bool take(struct str *rest, size_t n, struct str *taken_r)
{
	if (n > rest->n)
		return false;
	*taken_r = str_make(rest->p, n);
	*rest = str_behind(*rest, n);
	return true;
}

static bool take_number(struct str *rest, unsigned bytes, size_t *value_r)
{
	struct str number;

	if (!take(rest, bytes, &number))
		return false;
	*value_r = get((const uint8_t *)number.p, bytes);
	return true;
}

/* A vector of LEAST to MOST bytes, whose length stands in LENGTH_BYTES. */
static bool take_vector(struct str *rest, unsigned length_bytes, size_t least,
    size_t most, struct str *vector_r)
{
	size_t n;

	return take_number(rest, length_bytes, &n) && n >= least && n <= most &&
	    take(rest, n, vector_r);
}

/* What is no name of a host is somebody's attempt. */
static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = char_lower(s.p[i]);

		if (!char_is_digit(c) && (c < 'a' || c > 'z') && c != '-' &&
		    c != '.' && c != '_')
			return false;
	}
	return true;
}

static bool read_name(struct str extension, struct str *name_r)
{
	struct str list;
	size_t kind;

	return take_vector(&extension, 2, 1, UINT16_MAX, &list) &&
	    extension.n == 0 && take_number(&list, 1, &kind) &&
	    kind == NAME_IS_HOST &&
	    take_vector(&list, 2, 1, CLIENT_HELLO_NAME_MAX, name_r) &&
	    list.n == 0 && is_name(*name_r);
}

static enum hello_fault read_extensions(struct str rest, struct str *name_r)
{
	bool named = false;

	while (rest.n > 0) {
		struct str extension;
		size_t kind;

		if (!take_number(&rest, 2, &kind) ||
		    !take_vector(&rest, 2, 0, UINT16_MAX, &extension))
			return HELLO_shape;
		if (kind != EXTENSION_SERVER_NAME)
			continue;
		if (named || !read_name(extension, name_r))
			return HELLO_name;
		named = true;
	}
	return HELLO_OK;
}

enum hello_fault client_hello_name(uint8_t *bytes, size_t size,
    struct str *name_r)
{
	struct str rest = unwrap(bytes, size);
	struct str fixed, session, suites, compressions, extensions;

	*name_r = STR("");
	if (!take(&rest, MESSAGE_HEAD + VERSION_AND_RANDOM, &fixed) ||
	    !take_vector(&rest, 1, 0, SESSION_MAX, &session) ||
	    !take_vector(&rest, 2, 2, UINT16_MAX, &suites) ||
	    suites.n % 2 != 0 ||
	    !take_vector(&rest, 1, 1, UINT8_MAX, &compressions))
		return HELLO_shape;
	if (rest.n == 0)
		return HELLO_OK;
	if (!take_vector(&rest, 2, 0, UINT16_MAX, &extensions) || rest.n > 0)
		return HELLO_shape;
	return read_extensions(extensions, name_r);
}

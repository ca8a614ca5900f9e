/*
 * cache_stream.c - a file of blocks, each with a sum.
 *
 * Runs in the master.  See cache_stream.h for what is where.
 */
#include "common/shm/cache_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/insist.h"

static const char magic[16] = "sluice cache\n";

static off_t place_of(uint64_t block)
{
	return (off_t)((block + 1) * CACHE_BLOCK_SIZE);
}

/* Of what is behind it in block NUMBER. */
static uint64_t sum_of(const struct cache_stream *s, uint64_t number)
{
	struct hash_key key = {{s->secret.k[0] ^ number, s->secret.k[1]}};

	return hash_bytes(&key, s->bytes, sizeof(s->bytes));
}

static uint64_t sum_of_head(const struct cache_file_head *head)
{
	return hash_bytes(
	    &head->secret, head, offsetof(struct cache_file_head, sum));
}

/* ---- writing ---- */

static int write_at(int fd, const void *p, size_t n, off_t at)
{
	const char *from = p;

	while (n > 0) {
		ssize_t done = pwrite(fd, from, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		from += done;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int cache_stream_create(struct cache_stream *s, int fd)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	if (getrandom(&s->secret, sizeof(s->secret), 0) !=
	    (ssize_t)sizeof(s->secret))
		s->error = -EIO;
	return s->error;
}

_Static_assert(offsetof(struct cache_stream, bytes) ==
		   offsetof(struct cache_stream, block_sum) + sizeof(uint64_t),
    "they are written as one");

static void write_block(struct cache_stream *s)
{
	memset(s->bytes + s->n, 0, sizeof(s->bytes) - s->n);
	s->block_sum = sum_of(s, s->block);
	s->error = write_at(
	    s->fd, &s->block_sum, CACHE_BLOCK_SIZE, place_of(s->block));
	s->block++;
	s->n = 0;
}

void cache_stream_put(struct cache_stream *s, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0 && s->error == 0) {
		size_t part = sizeof(s->bytes) - s->n;

		if (part > n)
			part = n;
		memcpy(s->bytes + s->n, from, part);
		s->n += part;
		from += part;
		n -= part;
		if (s->n == sizeof(s->bytes))
			write_block(s);
	}
}

int cache_stream_seal(struct cache_stream *s, struct cache_file_head *head)
{
	if (s->error == 0 && s->n > 0)
		write_block(s);
	if (s->error == 0 && ftruncate(s->fd, place_of(s->block)) < 0)
		s->error = -errno;
	if (s->error == 0 && fsync(s->fd) < 0)
		s->error = -errno;
	memcpy(head->magic, magic, sizeof(magic));
	head->blocks = s->block;
	head->secret = s->secret;
	head->sum = sum_of_head(head);
	if (s->error == 0)
		s->error = write_at(s->fd, head, sizeof(*head), 0);
	if (s->error == 0 && fsync(s->fd) < 0)
		s->error = -errno;
	return s->error;
}

/* ---- reading ---- */

static bool read_at(int fd, void *p, size_t n, off_t at)
{
	char *to = p;

	while (n > 0) {
		ssize_t done = pread(fd, to, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		to += done;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

bool cache_stream_is_one(int fd)
{
	char begin[sizeof(magic)];

	return read_at(fd, begin, sizeof(begin), 0) &&
	    memcmp(begin, magic, sizeof(magic)) == 0;
}

static bool has_size(int fd, uint64_t blocks)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       blocks < INT64_MAX / CACHE_BLOCK_SIZE - 1 &&
	       st.st_size == place_of(blocks);
}

const char *cache_stream_open(struct cache_stream *s, int fd,
    struct cache_file_head *head_r)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	if (!read_at(fd, head_r, sizeof(*head_r), 0))
		return "it is too short";
	if (memcmp(head_r->magic, magic, sizeof(magic)) != 0)
		return "it is no saved cache, or not whole";
	if (head_r->sum != sum_of_head(head_r))
		return "its seal is damaged";
	if (!has_size(fd, head_r->blocks))
		return "it has another size than its seal says";
	s->secret = head_r->secret;
	s->at = s->n = 0;
	return NULL;
}

static bool read_block(struct cache_stream *s)
{
	if (!read_at(
		s->fd, &s->block_sum, CACHE_BLOCK_SIZE, place_of(s->block)) ||
	    s->block_sum != sum_of(s, s->block))
		return false;
	s->block++;
	s->at = 0;
	s->n = sizeof(s->bytes);
	return true;
}

bool cache_stream_get(struct cache_stream *s, void *p, size_t n)
{
	char *to = p;

	while (n > 0 && s->error == 0) {
		size_t part = s->n - s->at;

		if (part == 0) {
			s->error = read_block(s) ? 0 : -EIO;
			continue;
		}
		if (part > n)
			part = n;
		if (to != NULL)
			memcpy(to, s->bytes + s->at, part);
		to = to != NULL ? to + part : NULL;
		s->at += part;
		n -= part;
	}
	return s->error == 0;
}

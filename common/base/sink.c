/*
 * sink.c - where the lines of a log go.
 *
 * Runs in every process.  The one idea: each way to write asks anew not to
 * wait, because a descriptor that is stderr too is everybody's, and its flags
 * are not ours to change.  Workers never wait for a reader, nor for a syslog
 * daemon, and lines that have no room are counted by the caller.
 *
 * A syslog daemon that restarts makes a new socket at its old path.  Who finds
 * the old one dead connects again, at most once a second; the socket is shared
 * by all processes, so that is done for all of them.
 *
 * Which files end with a torn line stands in a table that all processes share,
 * so that it costs a glance at it to write to a file.  Two torn files in one
 * place of it: the older one is forgotten.
 */
#include "common/base/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/insist.h"

#define DATAGRAMS 32 /* in one system call */
#define PARTS_MAX 64
#define RETRY USEC_PER_SEC

#define TORN_MAX 512 /* the table is a page */

_Static_assert(SINK_LINE_MAX <= PIPE_BUF, "a pipe would tear lines");

/* Of those of a place the one whose last line has no end; 0: none. */
static _Atomic uint64_t torn_here[TORN_MAX];
static _Atomic uint64_t *torn = torn_here;

int sinks_share(void)
{
	void *table = mmap(NULL, sizeof(torn_here), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	INSIST(torn == torn_here);
	if (table == MAP_FAILED)
		return -errno;
	torn = table;
	return 0;
}

struct sink sink_make(int fd, const char *syslog)
{
	return (struct sink){.fd = fd, .syslog = syslog};
}

void sink_renew(struct sink *s)
{
	*s = sink_make(s->fd, s->syslog);
}

static void learn(struct sink *s)
{
	struct stat st = {.st_mode = 0};

	(void)fstat(s->fd, &st);
	s->file = (uint64_t)st.st_ino ^ (uint64_t)st.st_dev << 32;
	s->file += s->file == 0; /* which is none */
	s->is_socket = S_ISSOCK(st.st_mode);
	s->may_wait = (fcntl(s->fd, F_GETFL) & O_NONBLOCK) == 0;
	if (s->syslog != NULL)
		s->kind = SINK_SYSLOG;
	else
		s->kind = S_ISREG(st.st_mode) ? SINK_FILE : SINK_STREAM;
}

size_t sink_line_max(struct sink *s)
{
	if (unlikely(s->kind == SINK_UNKNOWN))
		learn(s);
	return s->kind == SINK_FILE ? SIZE_MAX : SINK_LINE_MAX;
}

static unsigned count_lines(const char *p, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++)
		count += p[i] == '\n';
	return count;
}

/* ---- files, pipes, terminals, stream sockets ---- */

/* Where the kernel can't be told not to wait, room for PIPE_BUF bytes is
 * looked for first; only another process could take it in between. */
static ssize_t write_or_not(const struct sink *s, const struct iovec *iov)
{
	struct pollfd room = {.fd = s->fd, .events = POLLOUT};
	ssize_t done = pwritev2(s->fd, iov, 1, -1, RWF_NOWAIT);

	if (done >= 0 || errno != EOPNOTSUPP)
		return done;
	if (poll(&room, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(s->fd, iov->iov_base, iov->iov_len);
}

static ssize_t write_some(const struct sink *s, const struct iovec *iov,
    int count)
{
	ssize_t done;

	do {
		if (s->is_socket)
			done = send(s->fd, iov->iov_base, iov->iov_len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		else if (s->kind == SINK_STREAM && s->may_wait)
			done = write_or_not(s, iov);
		else
			done = writev(s->fd, iov, count);
	} while (done < 0 && errno == EINTR);
	return done;
}

static _Atomic uint64_t *torn_place(const struct sink *s)
{
	return &torn[s->file % TORN_MAX];
}

/* The end of a line that went out in part, whoever wrote it.  False: there is
 * still no room. */
static bool mend(struct sink *s)
{
	struct iovec end = {(void *)"\n", 1};
	uint64_t file = s->file;

	if (likely(atomic_load_explicit(torn_place(s), memory_order_relaxed) !=
		file) ||
	    !atomic_compare_exchange_strong(torn_place(s), &file, 0))
		return true;
	if (write_some(s, &end, 1) == 1)
		return true;
	atomic_store(torn_place(s), s->file);
	return false;
}

/* Lines of which not all bytes are among the first DONE. */
static unsigned count_lost(struct sink *s, const struct iovec *iov, int count,
    size_t done)
{
	unsigned lost = 0;

	for (int i = 0; i < count; i++) {
		const char *p = iov[i].iov_base;
		size_t out = done < iov[i].iov_len ? done : iov[i].iov_len;

		if (out > 0 && out < iov[i].iov_len && p[out - 1] != '\n')
			atomic_store(torn_place(s), s->file);
		lost += count_lines(p + out, iov[i].iov_len - out);
		done -= out;
	}
	return lost;
}

/* COUNT parts in one write.  Lines lost; then the rest need not be tried. */
static unsigned write_together(struct sink *s, const struct iovec *iov,
    int count)
{
	size_t n = 0;
	ssize_t done;

	for (int i = 0; i < count; i++)
		n += iov[i].iov_len;
	done = mend(s) ? write_some(s, iov, count) : -1;
	if (likely(done == (ssize_t)n))
		return 0;
	return count_lost(s, iov, count, done > 0 ? (size_t)done : 0);
}

static unsigned write_file(struct sink *s, const struct iovec *lines,
    unsigned count)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < count; i += PARTS_MAX) {
		unsigned n = count - i;

		lost += write_together(s, lines + i,
		    (int)(n < PARTS_MAX ? n : PARTS_MAX));
	}
	return lost;
}

/* The most whole lines of N bytes at P that a pipe takes at once. */
static size_t first_lines(const char *p, size_t n)
{
	const char *end;

	if (n <= SINK_LINE_MAX)
		return n;
	end = memrchr(p, '\n', SINK_LINE_MAX);
	INSIST(end != NULL);
	return (size_t)(end - p) + 1;
}

static unsigned write_stream(struct sink *s, const struct iovec *lines,
    unsigned count)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < count; i++) {
		struct iovec rest = lines[i];

		while (rest.iov_len > 0) {
			struct iovec now = rest;

			now.iov_len = first_lines(rest.iov_base, rest.iov_len);
			lost += lost > 0
				    ? count_lines(now.iov_base, now.iov_len)
				    : write_together(s, &now, 1);
			rest.iov_base = (char *)rest.iov_base + now.iov_len;
			rest.iov_len -= now.iov_len;
		}
	}
	return lost;
}

/* ---- syslog ---- */

/* Is it worth trying once more? */
static bool connect_again(struct sink *s)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	usec_t now = clock_mono();

	if (now < s->retry)
		return false;
	s->retry = now + RETRY;
	INSIST(strlen(s->syslog) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, s->syslog, strlen(s->syslog));
	return connect(s->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

static bool daemon_is_gone(int error)
{
	return error == ECONNREFUSED || error == ENOTCONN ||
	    error == ECONNRESET || error == EDESTADDRREQ;
}

/* A datagram needs no line end. */
static unsigned fill(struct mmsghdr *messages, struct iovec *parts,
    const struct iovec *lines, unsigned count)
{
	unsigned n = count < DATAGRAMS ? count : DATAGRAMS;

	for (unsigned i = 0; i < n; i++) {
		INSIST(lines[i].iov_len > 0);
		parts[i] = lines[i];
		parts[i].iov_len--;
		messages[i] = (struct mmsghdr){
		    .msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
	}
	return n;
}

/* Those of the first COUNT that were taken; -1 and errno: not even one. */
static int send_datagrams(struct sink *s, const struct iovec *lines,
    unsigned count)
{
	static struct mmsghdr messages[DATAGRAMS];
	static struct iovec parts[DATAGRAMS];
	unsigned n = fill(messages, parts, lines, count);
	int done;

	do
		done =
		    sendmmsg(s->fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	return done;
}

static unsigned write_syslog(struct sink *s, const struct iovec *lines,
    unsigned count)
{
	unsigned done = 0;
	unsigned lost = 0;

	while (done < count) {
		int sent = send_datagrams(s, lines + done, count - done);

		if (sent > 0) {
			done += (unsigned)sent;
		} else if (errno == EMSGSIZE) {
			lost++;
			done++;
		} else if (!daemon_is_gone(errno) || !connect_again(s)) {
			return lost + count - done;
		}
	}
	return lost;
}

/* ---- all of them ---- */

unsigned sink_write(struct sink *s, const struct iovec *lines, unsigned count)
{
	if (unlikely(s->kind == SINK_UNKNOWN))
		learn(s);
	switch (s->kind) {
	case SINK_FILE:
		return write_file(s, lines, count);
	case SINK_SYSLOG:
		return write_syslog(s, lines, count);
	default:
		return write_stream(s, lines, count);
	}
}

void sink_syslog_head(struct out *o, unsigned facility, unsigned severity)
{
	INSIST(severity < 8);
	out_char(o, '<');
	out_u64(o, facility * 8 + severity);
	out_lit(o, ">sluiced[");
	out_u64(o, (uint64_t)getpid());
	out_lit(o, "]: ");
}

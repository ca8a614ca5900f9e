/*
 * shim.c - what the proxy calls, as a test wants it to behave.
 *
 * Trickling: a call moves fewer bytes than it could, or says EAGAIN although
 * it could move some.  To the proxy both say that the descriptor is dry until
 * the next edge; the kernel does not know that and would never send one.  So
 * before the next epoll_wait the descriptor is registered anew, which brings
 * an edge for what is there.
 */
#include "tests/torture/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_MAX 256 /* and one epoll */

struct shim shim;

static struct {
	struct epoll_event event;
	bool watched;
	bool again; /* an edge is due */
	bool said_again;
	bool reset;
} fds[FDS_MAX];

static bool some_again;

static bool is_watched(int fd)
{
	return fd >= 0 && fd < FDS_MAX && fds[fd].watched;
}

bool shim_was_reset(int fd)
{
	return fds[fd].reset;
}

/* ---- clock ---- */

usec_t __real_clock_mono(void);
usec_t __wrap_clock_mono(void);
usec_t __real_clock_wall(void);
usec_t __wrap_clock_wall(void);

usec_t __wrap_clock_mono(void)
{
	return shim.now != 0 ? shim.now : __real_clock_mono();
}

usec_t __wrap_clock_wall(void)
{
	return shim.now != 0 ? 1795219200 * USEC_PER_SEC + shim.now
			     : __real_clock_wall();
}

/* ---- epoll ---- */

int __real_epoll_wait(int fd, struct epoll_event *events, int n, int msec);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int n, int msec);
int __real_epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_setsockopt(int fd, int level, int name, const void *value,
    socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t len);

int __wrap_epoll_wait(int epoll_fd, struct epoll_event *events, int n,
    int msec)
{
	int got;

	for (int fd = 0; some_again && fd < FDS_MAX; fd++) {
		if (!fds[fd].again)
			continue;
		fds[fd].again = false;
		(void)__real_epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd,
		    &fds[fd].event);
	}
	some_again = false;
	got = __real_epoll_wait(epoll_fd, events, n, msec);
	shim.events = got > 0 ? (unsigned)got : 0;
	return got;
}

static bool fails(unsigned kind, int error)
{
	if (!shim.armed || !(shim.failing & kind))
		return false;
	shim.calls++;
	if (shim.fail_at == 0 || shim.calls < shim.fail_at ||
	    (shim.calls > shim.fail_at && !shim.fail_on))
		return false;
	errno = error;
	return true;
}

static void forget(int fd)
{
	fds[fd].watched = fds[fd].again = fds[fd].said_again = false;
}

int __wrap_epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && fails(SHIM_MEMORY, ENOMEM))
		return -1;
	if (fd >= 0 && fd < FDS_MAX) {
		forget(fd);
		if (op == EPOLL_CTL_ADD) {
			fds[fd].watched = true;
			fds[fd].reset = false;
			fds[fd].event = *event;
		}
	}
	return __real_epoll_ctl(epoll_fd, op, fd, event);
}

int __wrap_close(int fd)
{
	if (fd >= 0 && fd < FDS_MAX)
		forget(fd);
	return __real_close(fd);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t len)
{
	if (level == SOL_SOCKET && name == SO_LINGER && is_watched(fd))
		fds[fd].reset = true;
	return __real_setsockopt(fd, level, name, value, len);
}

/* ---- moving bytes ---- */

ssize_t __real_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap___recv_chk(int fd, void *p, size_t n, size_t size, int flags);
ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __real_splice(int in, off64_t *in_at, int out, off64_t *out_at,
    size_t n, unsigned flags);
ssize_t __wrap_splice(int in, off64_t *in_at, int out, off64_t *out_at,
    size_t n, unsigned flags);

/* Is FD to say EAGAIN this time?  Makes *N what it may move otherwise. */
static bool trickle(int fd, size_t *n)
{
	if (!is_watched(fd))
		return false;
	if (shim.every_other) {
		fds[fd].said_again = !fds[fd].said_again;
		if (fds[fd].said_again) {
			fds[fd].again = some_again = true;
			errno = EAGAIN;
			return true;
		}
	}
	if (shim.at_most > 0 && *n > shim.at_most) {
		*n = shim.at_most;
		fds[fd].again = some_again = true;
	}
	return false;
}

ssize_t __wrap_recv(int fd, void *p, size_t n, int flags)
{
	if (!(flags & MSG_PEEK) && trickle(fd, &n))
		return -1;
	return __real_recv(fd, p, n, flags);
}

ssize_t __wrap___recv_chk(int fd, void *p, size_t n, size_t size, int flags)
{
	(void)size;
	return __wrap_recv(fd, p, n, flags);
}

ssize_t __wrap_send(int fd, const void *p, size_t n, int flags)
{
	return trickle(fd, &n) ? -1 : __real_send(fd, p, n, flags);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	size_t n = SIZE_MAX;
	size_t i = 0;

	if (trickle(fd, &n))
		return -1;
	if (n == SIZE_MAX)
		return __real_sendmsg(fd, m, flags);
	while (i + 1 < m->msg_iovlen && m->msg_iov[i].iov_len == 0)
		i++;
	if (n > m->msg_iov[i].iov_len)
		n = m->msg_iov[i].iov_len;
	return __real_send(fd, m->msg_iov[i].iov_base, n, flags);
}

ssize_t __wrap_splice(int in, off64_t *in_at, int out, off64_t *out_at,
    size_t n, unsigned flags)
{
	if (trickle(in, &n) || trickle(out, &n))
		return -1;
	return __real_splice(in, in_at, out, out_at, n, flags);
}

/* ---- what may fail ---- */

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
int __real_mprotect(void *p, size_t n, int protection);
int __wrap_mprotect(void *p, size_t n, int protection);
int __real_madvise(void *p, size_t n, int advice);
int __wrap_madvise(void *p, size_t n, int advice);
int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __real_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags);

void *__wrap_malloc(size_t n)
{
	return fails(SHIM_MEMORY, ENOMEM) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return fails(SHIM_MEMORY, ENOMEM) ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails(SHIM_MEMORY, ENOMEM) ? NULL : __real_realloc(p, n);
}

int __wrap_mprotect(void *p, size_t n, int protection)
{
	return fails(SHIM_STACKS, ENOMEM) ? -1
					  : __real_mprotect(p, n, protection);
}

int __wrap_madvise(void *p, size_t n, int advice)
{
	bool guard = advice != MADV_DONTNEED;

	return guard && fails(SHIM_STACKS, ENOMEM)
	    ? -1
	    : __real_madvise(p, n, advice);
}

int __wrap_socket(int family, int type, int protocol)
{
	return fails(SHIM_DESCRIPTORS, EMFILE)
	    ? -1
	    : __real_socket(family, type, protocol);
}

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	shim.connects++;
	return __real_connect(fd, addr, len);
}

int __wrap_pipe2(int ends[2], int flags)
{
	return fails(SHIM_DESCRIPTORS, EMFILE) ? -1
					       : __real_pipe2(ends, flags);
}

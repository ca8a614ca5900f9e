/*
 * channel.c - the line between the master and one worker.
 *
 * Runs in both.  The one idea: there is nothing to parse.  A message has one
 * size, its kind comes from common/tbl/messages.h, and SOCK_SEQPACKET keeps
 * its borders; so everything that can be wrong with it is checked in one
 * place (find_fault), before anybody sees it.
 *
 * Descriptors need more care than bytes: the kernel has installed them before
 * we know whether we want them, and the padding of the control buffer leaves
 * room for more than the one that was asked for.  Whatever came along is
 * closed unless the message is accepted.
 */
#include "common/ipc/channel.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"

/* What the kernel may install through one control buffer of ours. */
#define FDS_MAX ((CMSG_SPACE(sizeof(int)) - CMSG_LEN(0)) / sizeof(int))

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

struct message_text {
	const char *name;
	enum channel_side sender;
};

static const struct message_text message_texts[MESSAGE_END] = {
#define MESSAGE(name, sender, meaning) {#name, CHANNEL_##sender},
#include "common/tbl/messages.h"
#undef MESSAGE
};

const char *message_name(enum message_type type)
{
	return type < MESSAGE_END ? message_texts[type].name : "unknown";
}

static bool carries_fd(enum message_type type)
{
	return type == MESSAGE_log_fd || type == MESSAGE_question ||
	    type == MESSAGE_pair;
}

int channel_pair(int fds_r[2])
{
	int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;

	return socketpair(AF_UNIX, type, 0, fds_r) < 0 ? -errno : 0;
}

static void attach_fd(struct msghdr *header, union control *control, int fd)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	header->msg_control = control->bytes;
	header->msg_controllen = sizeof(control->bytes);
	c = CMSG_FIRSTHDR(header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
}

int channel_send(int channel, enum message_type type, int64_t value, int fd)
{
	struct channel_message message = {.type = type, .value = value};
	struct iovec bytes = {&message, sizeof(message)};
	struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1};
	union control control;
	ssize_t n;

	INSIST(type < MESSAGE_END);
	INSIST(carries_fd(type) == (fd != -1));
	if (fd != -1)
		attach_fd(&header, &control, fd);
	do
		n = sendmsg(channel, &header, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	INSIST(n == sizeof(message));
	return 0;
}

/* The descriptors that came along, at most FDS_MAX; how many. */
static unsigned collect_fds(struct msghdr *header, int fds_r[FDS_MAX])
{
	unsigned count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL;
	    c = CMSG_NXTHDR(header, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		INSIST(count + n <= FDS_MAX);
		memcpy(fds_r + count, CMSG_DATA(c), n * sizeof(int));
		count += (unsigned)n;
	}
	return count;
}

/* NULL, or what is wrong. */
static const char *find_fault(const struct channel_message *m, size_t n,
    enum channel_side from, unsigned fd_count)
{
	if (n != sizeof(*m))
		return "wrong size";
	if (m->type >= MESSAGE_END)
		return "unknown type";
	if (m->zero != 0)
		return "reserved bits set";
	if (message_texts[m->type].sender != from)
		return "wrong sender";
	if (fd_count != carries_fd(m->type))
		return "wrong number of descriptors";
	return NULL;
}

/*
 * One message into HEADER: its true size, 0 at the end of the line, or
 * -errno.  A side that died with our messages unread gives ECONNRESET once,
 * ahead of its own last messages.
 */
static ssize_t receive(int channel, struct msghdr *header)
{
	ssize_t n;

	do
		n = recvmsg(channel, header, MSG_TRUNC | MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	return n < 0 ? -errno : n;
}

int channel_receive(int channel, enum channel_side from,
    struct channel_message *message_r, int *fd_r)
{
	struct iovec bytes = {message_r, sizeof(*message_r)};
	union control control;
	struct msghdr header = {.msg_iov = &bytes,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	int fds[FDS_MAX];
	unsigned fd_count;
	const char *fault;
	ssize_t n = receive(channel, &header);

	*fd_r = -1;
	if (n < 0)
		return (int)n;
	fd_count = collect_fds(&header, fds);
	if (n == 0 && fd_count == 0)
		return 0;
	if (fd_count == 0 && (header.msg_flags & MSG_CTRUNC) != 0)
		return -EMFILE;
	fault = find_fault(message_r, (size_t)n, from, fd_count);
	if (fault == NULL) {
		*fd_r = fd_count == 1 ? fds[0] : -1;
		return 1;
	}
	log_warning("channel: a message was refused: %s", fault);
	while (fd_count > 0)
		close(fds[--fd_count]);
	return -EPROTO;
}

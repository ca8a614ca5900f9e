/*
 * channel.h - the line between the master and one worker.
 *
 * A SOCK_SEQPACKET pair a seat, non-blocking at both ends.  A message is a
 * fixed small struct, named in common/tbl/messages.h, perhaps with one
 * descriptor.  Whatever has another size, an unknown type, the wrong sender or
 * an unexpected descriptor is refused: each side treats the other's bytes as
 * untrusted.  Nothing here waits.
 */
#ifndef COMMON_IPC_CHANNEL_H
#define COMMON_IPC_CHANNEL_H

#include <stdint.h>

enum channel_side { CHANNEL_MASTER, CHANNEL_WORKER };

enum message_type {
#define MESSAGE(name, sender, meaning) MESSAGE_##name,
#include "common/tbl/messages.h"
#undef MESSAGE
	MESSAGE_END
};

struct channel_message {
	uint32_t type; /* enum message_type */
	uint32_t zero;
	int64_t value;
};

/* fds_r[CHANNEL_MASTER] and fds_r[CHANNEL_WORKER]; CLOEXEC. 0 or -errno. */
int channel_pair(int fds_r[2]);

/*
 * Sends; FD goes along when it is not -1 (the caller keeps its own), which
 * is when TYPE is log_fd, question or pair.  0; -EAGAIN: the queue is full; or -errno, -EPIPE
 * when the other end is closed.
 */
int channel_send(int channel, enum message_type type, int64_t value, int fd);

/*
 * Receives what the side FROM sent.  1: a message, *fd_r is the descriptor
 * that came along (now the caller's) or -1; 0: the other end is closed (an
 * empty message says the same); -EAGAIN: nothing there; -EPROTO: refused, and
 * logged: hang up, or it may flood the log; -EMFILE: a descriptor came along
 * for which this process has no room, the message is lost; or -errno.  VALUE
 * has not been looked at.
 */
int channel_receive(int channel, enum channel_side from,
    struct channel_message *message_r, int *fd_r);

/* "ready"; "unknown" for what is not in the table. */
const char *message_name(enum message_type type);

#endif

/*
 * sink.h - where the lines of a log go: written now and whole, or not at all.
 *
 * Several processes write to the same file, pipe or socket, and whoever reads
 * a pipe may have stopped.  So a file gets many lines in one write, because an
 * append is never torn; a pipe, a terminal or a socket gets at most PIPE_BUF
 * bytes in one, which go out together or are refused; a syslog daemon gets
 * each line as a datagram.  Nothing here waits, but for the disk.
 *
 * What could not be written is dropped, in whole lines.  A disk can become full
 * within a line, and a socket too: what is out of it stays, and whichever
 * process writes next ends it first, so that no line is glued to it.  (Who
 * writes in the moment between the short write and its being known can't.)
 */
#ifndef COMMON_BASE_SINK_H
#define COMMON_BASE_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/base/clock.h"
#include "common/base/out.h"

/* The longest line, its end included, for anything but a file. */
#define SINK_LINE_MAX ((size_t)4096)

enum sink_kind { SINK_UNKNOWN, SINK_FILE, SINK_STREAM, SINK_SYSLOG };

struct sink {
	int fd; /* the caller's */
	enum sink_kind kind;
	bool is_socket;
	bool may_wait;	    /* its O_NONBLOCK is not ours to set */
	uint64_t file;	    /* which one it is, for all who write to it */
	const char *syslog; /* the path of the daemon's socket, or NULL */
	usec_t retry;	    /* when to look for the daemon again */
};

/*
 * In the master, before its first fork: this process and all that come of it
 * know of each other's torn lines.  0, or -errno.
 */
int sinks_share(void);

/*
 * What FD is, is learned at the first write.  SYSLOG: the path of the syslog
 * daemon that it is, or should be, connected to; it outlives the sink.  NULL:
 * it is anything else.
 */
struct sink sink_make(int fd, const char *syslog);

/* FD has become another file: learns anew. */
void sink_renew(struct sink *s);

/* Bytes that a line for S may have, its end included. */
size_t sink_line_max(struct sink *s);

/*
 * Writes the COUNT parts of LINES, each of which consists of whole lines, or
 * for syslog of one.  Returns how many lines did not get out.
 */
unsigned sink_write(struct sink *s, const struct iovec *lines, unsigned count);

/* What stands before a line for syslog, as syslog(3) writes it but for the
 * date, which its receivers have: "<134>sluiced[812]: ". */
void sink_syslog_head(struct out *o, unsigned facility, unsigned severity);

#endif

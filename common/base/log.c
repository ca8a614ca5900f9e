/*
 * log.c - the error log.
 *
 * Runs in every process; workers inherit the descriptor and get a new one
 * over their channel when logs are reopened.  The line is put together in a
 * static buffer: a process has one thread, and formatting does not wait.
 * Neither does writing: whoever reads a pipe or a socket may have stopped, and
 * a line less is better than a proxy that stands.
 */
#include "common/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/out.h"

static const char *const level_names[] = {
    "error", "warning", "info", "debug"};

static enum log_level max_level = LEVEL_INFO;
static const char *who = "sluiced";
static int log_to = STDERR_FILENO;
static uint64_t dropped;
static bool cut; /* the last line that got out did so in part */

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_set_name(const char *name)
{
	who = name;
}

void log_set_fd(int fd)
{
	log_to = fd;
}

int log_fd(void)
{
	return log_to;
}

uint64_t log_dropped(void)
{
	return dropped;
}

static void hide_controls(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
			p[i] = '?';
}

/*
 * The flags of a descriptor that is stderr too are not ours to change, so
 * each way to write asks anew not to wait.
 */
static ssize_t write_now(const char *p, size_t n)
{
	struct pollfd room = {.fd = log_to, .events = POLLOUT};
	ssize_t done = send(log_to, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (done >= 0 || errno != ENOTSOCK)
		return done;
	if (poll(&room, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(log_to, p, n);
}

/* A line end stands before P, for a line that follows one that was cut. */
static void write_line(const char *p, size_t n)
{
	ssize_t done;

	if (cut) {
		p--;
		n++;
	}
	do
		done = write_now(p, n);
	while (done < 0 && errno == EINTR);
	if (done != (ssize_t)n)
		dropped++;
	if (done > 0)
		cut = done != (ssize_t)n;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static char line[2048] = "\n";
	static char text[1536];
	char date[CLOCK_TEXT_SIZE];
	struct out out = out_make(line + 1, sizeof(line) - 2);
	va_list args;
	int saved = errno;

	if (level > max_level)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	hide_controls(text, strlen(text));
	clock_text(clock_wall(), date);
	out_fmt(&out, "%s %s %s[%d]: %s", date, level_names[level], who,
	    (int)getpid(), text);
	out_char(&out, '\n');
	write_line(out.p, out.n);
	errno = saved;
}

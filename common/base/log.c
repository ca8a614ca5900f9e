/*
 * log.c - the error log.
 *
 * Runs in every process; workers inherit the descriptor and get a new one
 * over their channel when logs are reopened.  The line is put together in a
 * static buffer: a process has one thread, and formatting does not wait.
 * Neither does writing (sink.h): whoever reads a pipe or a socket may have
 * stopped, and a line less is better than a proxy that stands.
 */
#include "common/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/insist.h"

static const char *const level_names[] = {
    "error", "warning", "info", "debug"};

/* RFC 5424, 6.2.1. */
static const unsigned severities[] = {3, 4, 6, 7};

static enum log_level max_level = LEVEL_INFO;
static const char *who = "sluiced";
static struct sink sink = {.fd = STDERR_FILENO};
static unsigned syslog_facility;
static uint64_t dropped;

const char *log_level_name(enum log_level level)
{
	INSIST(level < LEVEL_END);
	return level_names[level];
}

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_set_name(const char *name)
{
	who = name;
}

void log_set_sink(struct sink to, unsigned facility)
{
	sink = to;
	syslog_facility = facility;
}

void log_set_fd(int fd)
{
	log_set_sink(sink_make(fd, NULL), 0);
}

int log_fd(void)
{
	return sink.fd;
}

void log_renew(void)
{
	sink_renew(&sink);
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

/* What stands before the text. */
static void write_head(struct out *o, enum log_level level)
{
	char date[CLOCK_TEXT_SIZE];

	if (sink.syslog != NULL) {
		sink_syslog_head(o, syslog_facility, severities[level]);
		out_fmt(o, "%s %s: ", level_names[level], who);
		return;
	}
	clock_text(clock_wall(), date);
	out_fmt(o, "%s %s %s[%d]: ", date, level_names[level], who,
	    (int)getpid());
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static char line[2048];
	static char text[1536];
	struct out out = out_make(line, sizeof(line));
	struct iovec whole;
	va_list args;
	int saved = errno;

	if (level > max_level)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	hide_controls(text, strlen(text));
	write_head(&out, level);
	out_str(&out, str_from(text));
	out_char(&out, '\n');
	INSIST(out_ok(&out)); /* names are short */
	whole = (struct iovec){out.p, out.n};
	dropped += sink_write(&sink, &whole, 1);
	errno = saved;
}

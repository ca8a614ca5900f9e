/*
 * access_log.c - a line for each exchange, in one of several files.
 *
 * Runs on the fibers of clients, and at the end of a turn.  All lines of a
 * turn lie in one buffer, whichever files they are for, because there may be
 * hundreds of files.  Those that follow one another there and go to the same
 * file are a run; each file knows its runs, and gets them all in one write:
 *
 *   | shop shop shop | blog | shop | api api |        shop: runs 0, 2
 *     run 0            1      2      3                blog: 1   api: 3
 *
 * For syslog, where each line is a datagram, a run is one line.
 */
#include "worker/proxy/access_log.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/base/out.h"
#include "common/base/sink.h"
#include "common/conf/units.h"
#include "common/shm/seat.h"
#include "worker/proxy/log_line.h"

#define BUFFER_SIZE ((size_t)64 * 1024)
#define RUNS_MAX 512
#define SEVERITY_INFO 6
#define STATUS_FAILED 400
#define NO_RUN (-1)
#define SAY_EVERY (10 * USEC_PER_SEC) /* of a file that takes no lines */

/* How much of a value is taken, until the line is short enough. */
static const size_t text_max[] = {2048, 256, 32};

#define TRIES (sizeof(text_max) / sizeof(text_max[0]))

struct file {
	struct sink sink;
	int first_run; /* NO_RUN: nothing was appended in this turn */
	int last_run;
	unsigned long long lost; /* lines since we last told of it */
	usec_t say_next;
};

struct run {
	struct file *file;
	struct iovec lines;
	int next; /* of the same file, or NO_RUN */
};

static const struct conf_log_file *log_files;
static struct file *files; /* in the same order */
static unsigned file_count;

static char buffer[BUFFER_SIZE];
static struct out lines = {.p = buffer, .cap = BUFFER_SIZE};
static struct run runs[RUNS_MAX];
static int run_count;

void access_log_open(const struct conf *conf)
{
	log_files = conf->log_files;
	file_count = conf->log_file_count;
	files = calloc(file_count, sizeof(*files));
	INSIST(files != NULL);
	for (unsigned i = 0; i < file_count; i++)
		files[i].first_run = NO_RUN;
}

void access_log_set_fd(unsigned file, int fd)
{
	const struct conf_log_file *f = &log_files[file];

	INSIST(file < file_count && files[file].first_run == NO_RUN);
	files[file].sink = sink_make(fd, f->is_syslog ? f->path : NULL);
}

/* ---- writing ---- */

/* A full disk, or a pipe that nobody reads.  Told when it begins and when it
 * is over, but not each time: a pipe may change its mind with every line. */
static void say_lost(struct file *f, unsigned lost, int error)
{
	const char *path = log_files[f - files].path;
	usec_t now = clock_mono();

	count_add(COUNT_log_lines_dropped, lost);
	f->lost += lost;
	if (now < f->say_next)
		return;
	f->say_next = now + SAY_EVERY;
	if (lost > 0)
		log_warning("log %s: %s: lines are dropped", path,
		    error != 0 ? strerror(error) : "no room");
	else
		log_warning("log %s takes lines again: %llu were dropped",
		    path, f->lost);
	if (lost == 0)
		f->lost = 0;
}

/* All that was appended for F. */
static void flush_file(struct file *f)
{
	static struct iovec parts[RUNS_MAX];
	unsigned count = 0;
	unsigned lost;

	for (int i = f->first_run; i != NO_RUN; i = runs[i].next)
		parts[count++] = runs[i].lines;
	f->first_run = NO_RUN;
	errno = 0;
	lost = sink_write(&f->sink, parts, count);
	if (unlikely(lost + f->lost > 0))
		say_lost(f, lost, errno);
}

void access_log_flush(void)
{
	if (run_count == 0)
		return;
	for (int i = 0; i < run_count; i++)
		if (runs[i].file->first_run == i)
			flush_file(runs[i].file);
	run_count = 0;
	lines.n = 0;
}

/* ---- appending ---- */

static bool went_well(const struct exchange *x)
{
	return x->end == END_done && x->status < STATUS_FAILED;
}

/* One of so many, by a generator whose low bits are not used. */
static bool is_chosen(uint32_t millionths)
{
	static uint64_t state;

	if (state == 0)
		state = (uint64_t)clock_wall();
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 32) * CONF_UNITS_WHOLE >> 32 < millionths;
}

static bool is_wanted(const struct exchange *x, const struct conf_log *log)
{
	return likely(log->sample == CONF_UNITS_WHOLE) || !went_well(x) ||
	       is_chosen(log->sample);
}

/* The line of X, with values of at most N bytes, from BEGIN on. */
static void write_line(const struct exchange *x, const struct file *f,
    size_t begin, size_t n)
{
	const struct conf_log *log = x->scope->log;

	lines.n = begin;
	lines.full = false;
	if (f->sink.syslog != NULL)
		sink_syslog_head(&lines, log->facility, SEVERITY_INFO);
	log_line_write(&lines, x, log, n);
}

/* The last resort, for a template of very many fields. */
static void cut_line(size_t n)
{
	static const char end[] = LOG_LINE_CUT "\n";

	lines.n = n;
	memcpy(lines.p + n - (sizeof(end) - 1), end, sizeof(end) - 1);
}

/* Behind the lines that are there, as short as F needs it.  False: there is
 * no room behind them. */
static bool append(const struct exchange *x, struct file *f)
{
	size_t most = sink_line_max(&f->sink);
	size_t begin = lines.n;

	for (unsigned i = 0; i < TRIES; i++) {
		write_line(x, f, begin, text_max[i]);
		if (unlikely(!out_ok(&lines)) && begin > 0) {
			lines.n = begin;
			return false;
		}
		if (likely(out_ok(&lines) && lines.n - begin <= most))
			return true;
	}
	INSIST(out_ok(&lines)); /* a configuration's formats are bounded */
	cut_line(begin + most);
	return true;
}

/* The line from BEGIN on is F's. */
static void add_to_runs(struct file *f, size_t begin)
{
	struct iovec line = {lines.p + begin, lines.n - begin};
	int i = run_count;

	if (f->first_run != NO_RUN && f->last_run == i - 1 &&
	    f->sink.syslog == NULL) {
		runs[i - 1].lines.iov_len += line.iov_len;
		return;
	}
	if (f->first_run == NO_RUN)
		f->first_run = i;
	else
		runs[f->last_run].next = i;
	runs[i] = (struct run){f, line, NO_RUN};
	f->last_run = i;
	run_count++;
}

void access_log_write(const struct exchange *x)
{
	const struct conf_log *log = x->scope->log;
	struct file *f;
	size_t begin;

	if (log == NULL || !is_wanted(x, log))
		return;
	INSIST(log->file < file_count);
	f = &files[log->file];
	if (run_count == RUNS_MAX)
		access_log_flush();
	begin = lines.n;
	if (!append(x, f)) {
		access_log_flush();
		begin = 0;
		(void)append(x, f);
	}
	add_to_runs(f, begin);
}

/*
 * startup.c - a classic daemon's way into the background.
 *
 *   sluiced ──fork── setsid ──fork── the daemon
 *      │ reads a pipe                    │
 *      └──────────── exit status ◄───────┘ ready, or failed
 *
 * Two forks, so that the daemon leads no session and can never get a
 * terminal again.  The pipe closes by itself when the daemon dies.
 */
#include "master/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master/lines.h"

static int waiter = -1; /* the pipe to who waits for us */
static bool detached;

void startup_hold_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

_Noreturn static void give_up(const char *what)
{
	fprintf(stderr, "sluiced: %s: %s\n", what, strerror(errno));
	exit(1);
}

_Noreturn static void wait_for_daemon(int pipe_end)
{
	unsigned char status = 1;
	ssize_t n;

	do
		n = read(pipe_end, &status, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		fputs("sluiced: the daemon ended before it was ready\n",
		    stderr);
	_exit(n == 1 ? status : 1);
}

void startup_detach(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		give_up("pipe");
	pid = fork();
	if (pid < 0)
		give_up("fork");
	if (pid > 0) {
		close(ends[1]);
		wait_for_daemon(ends[0]);
	}
	close(ends[0]);
	setsid();
	pid = fork();
	if (pid < 0)
		give_up("fork");
	if (pid > 0)
		_exit(0);
	if (chdir("/") < 0)
		give_up("chdir /");
	waiter = ends[1];
	detached = true;
}

void startup_done(int status)
{
	unsigned char byte = (unsigned char)status;

	if (waiter < 0)
		return;
	if (write(waiter, &byte, 1) != 1)
		log_warning("nobody waits for the start any more");
	startup_forget();
}

/* Is the error log what stderr is? */
static bool logs_to_stderr(void)
{
	struct stat log, err;

	return fstat(log_fd(), &log) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
	    log.st_dev == err.st_dev && log.st_ino == err.st_ino;
}

void startup_complain(struct str text)
{
	fwrite(text.p, 1, text.n, stderr);
	if (!logs_to_stderr())
		lines_log(LEVEL_ERROR, "not started", text);
}

void startup_leave_terminal(void)
{
	int null;

	if (!detached)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0) {
		log_warning("/dev/null: %s", strerror(errno));
		return;
	}
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	close(null);
}

void startup_forget(void)
{
	if (waiter >= 0)
		close(waiter);
	waiter = -1;
}

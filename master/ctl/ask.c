/*
 * ask.c - asking the daemon over its control socket.
 *
 * Runs in sluicectl, which is small and may wait.  The protocol stands in
 * master/control.h: a line out, a line back, then text.
 */
#include "master/ctl/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_SEC 10

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "sluicectl: %s: %s\n", path, what);
	return -1;
}

static int connect_to(const char *path, bool patient)
{
	struct timeval patience = {.tv_sec = PATIENCE_SEC};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return complain(path, strerror(ENAMETOOLONG));
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return complain(path, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!patient)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		    sizeof(patience));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	complain(path, errno == ENOENT || errno == ECONNREFUSED
		? "no daemon answers there"
		: strerror(errno));
	close(fd);
	return -1;
}

/* The daemon may go away at any moment. */
static bool send_line(int fd, const char *verb)
{
	struct iovec iov[2] = {{(void *)verb, strlen(verb)}, {"\n", 1}};
	struct msghdr line = {.msg_iov = iov, .msg_iovlen = 2};

	return sendmsg(fd, &line, MSG_NOSIGNAL) ==
	    (ssize_t)(iov[0].iov_len + 1);
}

static int read_head(FILE *f)
{
	char line[32];

	if (fgets(line, sizeof(line), f) == NULL)
		return ASK_NO_DAEMON;
	if (strcmp(line, "done\n") == 0)
		return ASK_DONE;
	if (strcmp(line, "usage\n") == 0)
		return ASK_USAGE;
	return ASK_REFUSED;
}

static int print_answer(FILE *f, const char *path)
{
	char chunk[1024];
	int code = read_head(f);
	FILE *to = code == ASK_DONE ? stdout : stderr;
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		fwrite(chunk, 1, n, to);
	if (code == ASK_NO_DAEMON || (code == ASK_DONE && ferror(f))) {
		complain(path, "no answer");
		return ASK_NO_DAEMON;
	}
	return fflush(to) == 0 ? code : ASK_REFUSED;
}

int ask(const char *path, const char *verb, bool patient)
{
	int fd = connect_to(path, patient);
	int code;
	FILE *f;

	if (fd < 0)
		return ASK_NO_DAEMON;
	f = fdopen(fd, "r");
	if (f == NULL) {
		complain(path, strerror(errno));
		close(fd);
		return ASK_NO_DAEMON;
	}
	if (!send_line(fd, verb))
		complain(path, "it takes no questions");
	code = print_answer(f, path); /* it may have said why */
	fclose(f);
	return code;
}

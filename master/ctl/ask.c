/*
 * ask.c - asking the daemon over its control socket.
 *
 * Runs in sluicectl, which is small and may wait.  The protocol stands in
 * master/control.h: a line out, a line back, then text.
 */
#include "master/ctl/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "master/ctl/json.h"

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
static bool send_line(int fd, const char *line, bool json)
{
	const char *end = json ? "\tjson\n" : "\n";
	struct iovec iov[2] = {
	    {(void *)line, strlen(line)}, {(void *)end, strlen(end)}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};

	return sendmsg(fd, &message, MSG_NOSIGNAL) ==
	    (ssize_t)(iov[0].iov_len + iov[1].iov_len);
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

/* All that comes, which the caller frees; NULL: no memory. */
static char *read_answer(FILE *f, size_t *n_r)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, n_r);
	char chunk[1024];
	size_t n;

	if (to == NULL)
		return NULL;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		fwrite(chunk, 1, n, to);
	return fclose(to) == 0 ? text : NULL;
}

/* The whole answer, or NULL. */
static char *take_answer(FILE *f, const struct ask *a, int *code_r, size_t *n_r)
{
	int code = read_head(f);
	char *text = read_answer(f, n_r);

	*code_r = code;
	if (code != ASK_NO_DAEMON && text != NULL &&
	    !(code == ASK_DONE && ferror(f)))
		return text;
	free(text);
	complain(a->path, "no answer");
	*code_r = ASK_NO_DAEMON;
	return NULL;
}

static char *ask_at(int fd, const struct ask *a, int *code_r, size_t *n_r)
{
	FILE *f = fdopen(fd, "r");
	char *text;

	*code_r = ASK_NO_DAEMON;
	if (f == NULL) {
		complain(a->path, strerror(errno));
		close(fd);
		return NULL;
	}
	if (!send_line(fd, a->line, a->form == ASK_JSON))
		complain(a->path, "it takes no questions");
	text = take_answer(f, a, code_r, n_r); /* it may have said why */
	fclose(f);
	return text;
}

static char *ask_anywhere(const struct ask *a, int *code_r, size_t *n_r)
{
	int fd = connect_to(a->path, a->patient);

	*code_r = ASK_NO_DAEMON;
	return fd >= 0 ? ask_at(fd, a, code_r, n_r) : NULL;
}

int ask_text(const struct ask *a, char **text_r)
{
	size_t n = 0;
	int code;

	*text_r = ask_anywhere(a, &code, &n);
	return code;
}

int ask(const struct ask *a)
{
	char nobody[] = "no daemon has answered";
	size_t n = 0;
	int code;
	char *text = ask_anywhere(a, &code, &n);
	FILE *to = code == ASK_DONE || a->form != ASK_TEXT ? stdout : stderr;

	if (text == NULL && a->form != ASK_TEXT)
		json_print(false, false, nobody);
	else if (text != NULL && a->form != ASK_TEXT &&
	    (a->form != ASK_JSON || code != ASK_DONE))
		json_print(code == ASK_DONE, a->form == ASK_JSON_STEPS,
		    text);
	else if (text != NULL)
		fwrite(text, 1, n, to);
	free(text);
	return fflush(to) == 0 ? code : ASK_REFUSED;
}

bool ask_is_word(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

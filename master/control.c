/*
 * control.c - the control socket and its clients.
 *
 * A client reads and writes when it likes; the master does not wait for it.
 * So everything about it is bounded: its line, its time to send it and to
 * take the answer, and how many there are.
 *
 *   READING ── line ── verb ──┬───────────────► WRITING ── LEAVING ── closed
 *                             └─ WAITING ─ done ──┘
 *
 * To close what was not read to its end would reset the connection, and the
 * client might lose its answer: so it is left to close first, for a while.
 */
#include "master/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/ipc/question.h"
#include "master/events.h"
#include "master/local.h"
#include "master/place.h"
#include "master/verbs.h"

#define CLIENT_MAGIC 0x63746c63
#define CLIENTS_MAX 16
#define LINE_MAX_SIZE (QUESTION_WORDS_MAX + 64)
#define ANSWER_MAX (1024 * 1024) /* a thousand certificates */
#define PATIENCE (5 * USEC_PER_SEC)
#define BACKLOG 64
#define LEAVING_MAX 64 /* clients; with more, who is done is closed */
#define LEAVING_PATIENCE (1 * USEC_PER_SEC)
#define UNREAD_MAX (1024 * 1024) /* that is read from one who leaves */
#define REST (1 * USEC_PER_SEC) /* from accepting, without descriptors */

struct client {
	uint32_t magic;
	struct list link;
	struct events_source source;
	struct events_timer patience;
	struct ucred who;
	enum verb_result waits_for; /* VERB_DONE: for nothing */
	unsigned round;		    /* of reloading, or a question's ticket */
	size_t line_len;
	char line[LINE_MAX_SIZE];
	char *answer;
	size_t answer_len;
	size_t sent;
	bool leaving;
	size_t discarded; /* since then */
};

static struct list clients = {&clients, &clients};
static unsigned client_count;
static struct events_source listener = {.fd = -1};
static struct local_file file;

static void resume(struct events_timer *t);

static struct events_timer rest = {
    .fire = resume, .link = {&rest.link, &rest.link}};

static void client_free(struct client *c)
{
	INSIST_MAGIC(c, CLIENT_MAGIC);
	events_close(&c->source);
	events_timer_clear(&c->patience);
	list_del(&c->link);
	client_count--;
	free(c->answer);
	c->magic = 0;
	free(c);
}

static void lose_patience(struct events_timer *t)
{
	client_free(container_of(t, struct client, patience));
}

/* ---- answering ---- */

static void begin_to_leave(struct client *c)
{
	if (client_count > LEAVING_MAX ||
	    shutdown(c->source.fd, SHUT_WR) < 0) {
		client_free(c);
		return;
	}
	c->leaving = true;
	events_want(&c->source, EPOLLIN);
	events_timer_set(&c->patience, LEAVING_PATIENCE);
}

static void discard_some(struct client *c)
{
	static char unread[16 * 1024];
	ssize_t n = recv(c->source.fd, unread, sizeof(unread), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->discarded += (size_t)n;
	if (n <= 0 || c->discarded > UNREAD_MAX)
		client_free(c);
}

static void send_some(struct client *c)
{
	ssize_t n = send(c->source.fd, c->answer + c->sent,
	    c->answer_len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		c->sent += (size_t)n;
	INSIST(c->sent <= c->answer_len);
	if (c->sent == c->answer_len)
		begin_to_leave(c);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		client_free(c);
}

/* The last that is done with C here: it may be gone afterwards. */
static void answer(struct client *c, enum verb_result result, struct str text)
{
	static const char *const heads[] = {
	    [VERB_DONE] = "done\n",
	    [VERB_REFUSED] = "refused\n",
	    [VERB_WRONG] = "usage\n"};
	struct str head = str_from(heads[result]);

	INSIST(c->answer == NULL);
	c->waits_for = VERB_DONE;
	c->answer = malloc(head.n + text.n);
	INSIST(c->answer != NULL);
	memcpy(c->answer, head.p, head.n);
	memcpy(c->answer + head.n, text.p, text.n);
	c->answer_len = head.n + text.n;
	events_want(&c->source, EPOLLOUT);
	events_timer_set(&c->patience, PATIENCE);
	send_some(c);
}

static void answer_waiting(enum verb_result what, unsigned round,
    enum verb_result result, struct str text)
{
	LIST_FOREACH(at, &clients) {
		struct client *c = container_of(at, struct client, link);

		if (c->waits_for == what && c->round <= round)
			answer(c, result, text);
	}
}

void control_reloaded(unsigned round, bool ok, struct str text)
{
	answer_waiting(VERB_RELOADING, round, ok ? VERB_DONE : VERB_REFUSED,
	    text);
}

void control_reopened(bool ok, const char *text)
{
	char line[128];
	struct out out = out_make(line, sizeof(line));

	out_fmt(&out, "%s\n", text);
	answer_waiting(VERB_REOPENING, 0, ok ? VERB_DONE : VERB_REFUSED,
	    out_text(&out));
}

void control_answered(unsigned ticket, bool ok, struct str text)
{
	LIST_FOREACH(at, &clients) {
		struct client *c = container_of(at, struct client, link);

		if (c->waits_for == VERB_ASKING && c->round == ticket)
			answer(c, ok ? VERB_DONE : VERB_REFUSED, text);
	}
}

/* ---- being asked ---- */

static void run(struct client *c, struct str line)
{
	static char text[ANSWER_MAX];
	struct out out = out_make(text, sizeof(text));
	struct verb_asker asker = {.pid = c->who.pid, .uid = c->who.uid};
	enum verb_result result;

	events_timer_clear(&c->patience);
	result = verb_run(line, &asker, &out);
	c->round = asker.round;
	if (result == VERB_RELOADING || result == VERB_REOPENING ||
	    result == VERB_ASKING) {
		c->waits_for = result;
		events_want(&c->source, 0);
		return;
	}
	answer(c, result, out_text(&out));
}

static void read_line(struct client *c)
{
	ssize_t n = recv(c->source.fd, c->line + c->line_len,
	    sizeof(c->line) - c->line_len, MSG_DONTWAIT);
	const char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(c);
		return;
	}
	c->line_len += (size_t)n;
	INSIST(c->line_len <= sizeof(c->line));
	end = memchr(c->line, '\n', c->line_len);
	if (end != NULL)
		run(c, str_make(c->line, (size_t)(end - c->line)));
	else if (c->line_len == sizeof(c->line))
		answer(c, VERB_WRONG, STR("a line is too long\n"));
}

static void client_ready(struct events_source *s, uint32_t events)
{
	struct client *c = container_of(s, struct client, source);

	INSIST_MAGIC(c, CLIENT_MAGIC);
	if (c->leaving)
		discard_some(c);
	else if (c->answer != NULL)
		send_some(c);
	else if (c->waits_for == VERB_DONE)
		read_line(c);
	else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		client_free(c);
}

/* ---- accepting ---- */

static void add_client(int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	socklen_t size = sizeof(c->who);

	INSIST(c != NULL);
	c->magic = CLIENT_MAGIC;
	c->waits_for = VERB_DONE;
	list_add_tail(&clients, &c->link);
	client_count++;
	events_timer_init(&c->patience, lose_patience);
	events_timer_set(&c->patience, PATIENCE);
	if (events_add(&c->source, fd, EPOLLIN, client_ready) < 0) {
		close(fd);
		client_free(c);
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c->who, &size) < 0)
		client_free(c);
	else if (client_count > CLIENTS_MAX)
		answer(c, VERB_REFUSED, STR("error: too many are asking\n"));
}

static void resume(struct events_timer *t)
{
	(void)t;
	events_want(&listener, EPOLLIN);
}

static void accept_client(struct events_source *s, uint32_t events)
{
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0) {
		add_client(fd);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
	    errno == ENOBUFS) {
		log_warning("control: %s", strerror(errno));
		events_want(s, 0);
		events_timer_set(&rest, REST);
	}
}

/* ---- the socket ---- */

static int set_address(struct sockaddr_un *addr, const char *path,
    struct out *why)
{
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) < sizeof(addr->sun_path)) {
		strcpy(addr->sun_path, path);
		return 0;
	}
	out_fmt(why, "error: control: %s is too long for a socket\n", path);
	return -1;
}

/* Takes FD over. */
static int begin(const struct conf *conf, int fd, struct out *why)
{
	gid_t gid = conf->control_gid;
	int error = 0;

	if (gid != (gid_t)-1 && chown(file.addr.sun_path, -1, gid) < 0)
		error = -errno;
	if (error == 0)
		error = events_add(&listener, fd, EPOLLIN, accept_client);
	if (error == 0)
		return 0;
	out_fmt(why, "error: control: %s: %s\n", file.addr.sun_path,
	    strerror(-error));
	local_remove(&file);
	close(fd);
	return -1;
}

int control_open(const struct conf *conf, struct out *why)
{
	struct out text = *why;
	struct sockaddr_un addr;
	int fd;

	if (conf->control_socket == NULL)
		return 0;
	if (set_address(&addr, conf->control_socket, why) < 0 ||
	    place_make_folder(conf->control_socket, why) < 0)
		return -1;
	out_lit(&text, "error: control: ");
	fd = local_listen(&addr, conf->control_mode, BACKLOG, &file, &text);
	out_char(&text, '\n');
	if (fd >= 0)
		return begin(conf, fd, why);
	*why = text;
	return -1;
}

void control_close(void)
{
	if (listener.fd < 0)
		return;
	local_remove(&file);
	events_close(&listener);
}

/*
 * access_log.c - one line for each exchange, in logfmt.
 *
 *   time=2026-11-21T03:16:45.123Z client=192.0.2.1 method=GET host="a.test" ...
 *
 * The line is the table common/tbl/log_fields.h, from the first to the last;
 * each field has a function here that writes it, name and all, or nothing.
 * Whatever a peer sent is quoted and escaped.
 */
#include "worker/proxy/access_log.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/insist.h"
#include "common/base/out.h"
#include "common/shm/seat.h"

#define BUFFER_SIZE ((size_t)64 * 1024)
#define TEXT_MAX 2048 /* of a value that a peer sent */
#define STATUS_CLIENT_LEFT 499

static char buffer[BUFFER_SIZE];
static struct out lines = {.p = buffer, .cap = BUFFER_SIZE};
static int log_to = -1;
static bool to_socket; /* journald's stderr is one */
static bool cut; /* the last thing written was a part of a line */

void access_log_open(int fd)
{
	struct stat st;

	log_to = fd;
	to_socket = fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static ssize_t write_out(const char *p, size_t n)
{
	ssize_t done;

	do
		done = to_socket
		    ? send(log_to, p, n, MSG_DONTWAIT | MSG_NOSIGNAL)
		    : write(log_to, p, n);
	while (done < 0 && errno == EINTR);
	return done;
}

static int64_t count_lines(const char *p, size_t n)
{
	int64_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += p[i] == '\n';
	return count;
}

/* A full disk or pipe: what did not go out whole is dropped and counted, and
 * the part of a line that did go out gets an end before the next one. */
void access_log_flush(void)
{
	size_t done = 0;
	ssize_t written;

	if (lines.n == 0)
		return;
	if (cut && write_out("\n", 1) == 1)
		cut = false;
	written = cut ? 0 : write_out(lines.p, lines.n);
	if (written > 0)
		done = (size_t)written;
	if (unlikely(done < lines.n)) {
		cut = cut || (done > 0 && lines.p[done - 1] != '\n');
		count_add(COUNT_log_lines_dropped,
		    count_lines(lines.p + done, lines.n - done));
	}
	lines.n = 0;
}

/* ---- kinds of values ---- */

static void quoted(struct out *o, struct str s)
{
	out_char(o, '"');
	out_escaped(o, s.n > TEXT_MAX ? str_make(s.p, TEXT_MAX) : s);
	out_char(o, '"');
}

/* The date changes once a second: only milliseconds are written each time. */
static void date(struct out *o)
{
	static usec_t second = -1;
	static char text[CLOCK_TEXT_SIZE];
	usec_t wall = clock_wall();
	unsigned msec = (unsigned)(wall % USEC_PER_SEC / USEC_PER_MSEC);

	if (wall / USEC_PER_SEC != second) {
		second = wall / USEC_PER_SEC;
		clock_text(wall, text);
	}
	text[20] = (char)('0' + msec / 100);
	text[21] = (char)('0' + msec / 10 % 10);
	text[22] = (char)('0' + msec % 10);
	out_bytes(o, text, CLOCK_TEXT_SIZE - 1);
}

static void request_field(struct out *o, const struct exchange *x,
    const char *name, enum field_id id)
{
	const struct field *f = message_find(&x->request, id);

	if (f == NULL)
		return;
	out_char(o, ' ');
	out_str(o, str_from(name));
	out_char(o, '=');
	quoted(o, field_value(f));
}

/* ---- the fields, in the order of the table ---- */

static void put_time(struct out *o, const struct exchange *x)
{
	(void)x;
	out_lit(o, "time=");
	date(o);
}

static void put_client(struct out *o, const struct exchange *x)
{
	out_lit(o, " client=");
	peer_write(&x->client->peer, o);
}

static void put_method(struct out *o, const struct exchange *x)
{
	if (x->request.method_text.n == 0)
		return;
	out_lit(o, " method=");
	out_str(o, x->request.method_text);
}

static void put_host(struct out *o, const struct exchange *x)
{
	if (x->request.authority.n == 0)
		return;
	out_lit(o, " host=");
	quoted(o, x->request.authority);
}

static void put_target(struct out *o, const struct exchange *x)
{
	if (x->request.target.n == 0)
		return;
	out_lit(o, " target=");
	quoted(o, x->request.target);
}

static void put_status(struct out *o, const struct exchange *x)
{
	bool left = !x->head_sent && x->end == END_client_closed;

	if (!left && x->status == 0)
		return;
	out_lit(o, " status=");
	out_u64(o, left ? STATUS_CLIENT_LEFT : x->status);
}

static void put_bytes(struct out *o, const struct exchange *x)
{
	out_lit(o, " bytes=");
	out_u64(o, x->body_sent);
}

static void put_received(struct out *o, const struct exchange *x)
{
	if (x->request.framing.kind == FRAMING_NONE)
		return;
	out_lit(o, " received=");
	out_u64(o, x->body.total);
}

static void put_vhost(struct out *o, const struct exchange *x)
{
	if (x->vhost == NULL)
		return;
	out_lit(o, " vhost=");
	out_str(o, str_from(x->vhost->name));
}

static void put_route(struct out *o, const struct exchange *x)
{
	if (x->route == NULL)
		return;
	out_lit(o, " route=");
	out_str(o, x->route->path);
}

static void put_pool(struct out *o, const struct exchange *x)
{
	if (x->route == NULL)
		return;
	out_lit(o, " pool=");
	out_str(o, str_from(x->route->pool->name));
}

static void put_server(struct out *o, const struct exchange *x)
{
	if (x->server == NULL)
		return;
	out_lit(o, " server=");
	out_str(o, str_from(x->server->conf->address.text));
}

static void put_attempts(struct out *o, const struct exchange *x)
{
	if (x->attempts == 0)
		return;
	out_lit(o, " attempts=");
	out_u64(o, x->attempts);
}

static void put_connect(struct out *o, const struct exchange *x)
{
	if (x->connected == 0)
		return;
	out_lit(o, " connect=");
	out_msec(o, x->connected - x->began);
}

static void put_first_byte(struct out *o, const struct exchange *x)
{
	if (x->first_byte == 0)
		return;
	out_lit(o, " first_byte=");
	out_msec(o, x->first_byte - x->began);
}

static void put_total(struct out *o, const struct exchange *x)
{
	out_lit(o, " total=");
	out_msec(o, loop_now() - x->began);
}

static void put_referer(struct out *o, const struct exchange *x)
{
	request_field(o, x, "referer", FIELD_referer);
}

static void put_agent(struct out *o, const struct exchange *x)
{
	request_field(o, x, "agent", FIELD_user_agent);
}

static void put_end(struct out *o, const struct exchange *x)
{
	out_lit(o, " end=");
	out_str(o, str_from(end_name(x->end)));
}

static void put_fault(struct out *o, const struct exchange *x)
{
	if (x->fault == FAULT_NONE)
		return;
	out_lit(o, " fault=");
	out_str(o, str_from(fault_name(x->fault)));
}

static void append_line(struct out *o, const struct exchange *x)
{
#define LOG_FIELD(name, meaning) put_##name(o, x);
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
	out_char(o, '\n');
}

void access_log_write(const struct exchange *x)
{
	size_t before = lines.n;

	append_line(&lines, x);
	if (!out_ok(&lines)) {
		lines.n = before;
		lines.full = false;
		access_log_flush();
		append_line(&lines, x);
	}
}

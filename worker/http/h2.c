/*
 * h2.c - a session of HTTP/2: the fiber that owns nghttp2.
 *
 * Runs in workers, on one fiber per connection that has something to do:
 *
 *   what came -> nghttp2 -> streams (h2_receive.c)
 *   what streams want -> nghttp2 -> output -> the connection (h2_send.c)
 *   nothing of either: idle, if no stream is open; or wait
 *
 * It waits for many things at once (bytes, room for bytes, its streams), all of
 * which only wake it: so it waits on a condition of its own, and the watch
 * tells the owner, who calls h2_wake.  What came is read into memory that all
 * sessions share, since nothing waits between reading and nghttp2.
 *
 * RFC 9113; what is buffered, and for whom: h2.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/http/h2_inside.h"

#define LAST_WORDS USEC_PER_SEC
#define GOAWAY_GAP USEC_PER_SEC /* between the two, at most */
#define STREAMS_AT_FIRST 100	/* before the peer has said how many */
#define HPACK_TABLE 4096
#define READ_AT_ONCE 4 /* pieces of INPUT, before something is sent */
#define QUEUE_MOST 1000 /* frames to be sent, before more is read */

static char input[64 * 1024];
static nghttp2_session_callbacks *callbacks;
static nghttp2_option *option;

/* ---- opening ---- */

static bool prepare(void)
{
	if (option != NULL)
		return true;
	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return false;
	if (nghttp2_option_new(&option) != 0) {
		nghttp2_session_callbacks_del(callbacks);
		return false;
	}
	h2_set_receiving(callbacks);
	h2_set_sending(callbacks);
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_peer_max_concurrent_streams(option,
	    STREAMS_AT_FIRST);
	nghttp2_option_set_builtin_recv_extension_type(option,
	    NGHTTP2_PRIORITY_UPDATE);
	nghttp2_option_set_max_continuations(option, SIZE_MAX);
	nghttp2_option_set_stream_reset_rate_limit(option, UINT64_MAX / 2,
	    UINT64_MAX / 2);
	nghttp2_option_set_max_outbound_ack(option, 2 * QUEUE_MOST);
	return true;
}

static int submit_settings(struct h2_session *s)
{
	const struct h2_options *o = s->options;
	nghttp2_settings_entry entries[] = {
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_STREAM_WINDOW},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)o->header},
	    {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
	    {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, o->streams},
	    {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
	};
	nghttp2_settings_entry no_push = {NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
	size_t n = 3;

	if (o->server)
		n = o->websocket ? 5 : 4;
	else
		entries[n++] = no_push;
	return nghttp2_submit_settings(s->ng, NGHTTP2_FLAG_NONE, entries, n);
}

/* The connection's window is as large as what may be buffered. */
static int begin(struct h2_session *s)
{
	int err = s->options->server
	    ? nghttp2_session_server_new2(&s->ng, callbacks, s, option)
	    : nghttp2_session_client_new2(&s->ng, callbacks, s, option);

	if (err == 0)
		err = submit_settings(s);
	if (err == 0)
		err = nghttp2_session_set_local_window_size(s->ng,
		    NGHTTP2_FLAG_NONE, 0, (int32_t)H2_BUFFERED_MAX);
	return err;
}

struct h2_session *h2_open(struct conn *c, const struct h2_options *options,
    void *owner)
{
	struct h2_session *s = prepare() ? calloc(1, sizeof(*s)) : NULL;

	if (s == NULL)
		return NULL;
	s->magic = H2_SESSION_MAGIC;
	s->conn = c;
	s->options = options;
	s->owner = owner;
	s->peer_streams = STREAMS_AT_FIRST;
	s->pace = pace_begin(options->min_rate);
	h2_limits_begin(&s->limits, options->limits);
	h2_frames_begin(&s->frames, options->server);
	if (options->server)
		s->settings_due = loop_now() + options->head_patience;
	cond_init(&s->wake);
	list_init(&s->streams);
	list_init(&s->todo);
	if (begin(s) != 0) {
		nghttp2_session_del(s->ng);
		free(s);
		return NULL;
	}
	c->watch.tells_write = 1;
	return s;
}

void h2_free(struct h2_session **sp)
{
	struct h2_session *s = *sp;

	*sp = NULL;
	INSIST_MAGIC(s, H2_SESSION_MAGIC);
	INSIST(s->fiber == NULL && list_empty(&s->streams));
	h2_send_forget(s);
	nghttp2_session_del(s->ng);
	s->magic = 0;
	free(s);
}

/* ---- what others ask ---- */

void *h2_owner(const struct h2_session *s)
{
	return s->owner;
}

enum h2_why h2_why(const struct h2_session *s)
{
	return s->why;
}

enum fault h2_flood(const struct h2_session *s)
{
	return s->limits.fault;
}

bool h2_is_running(const struct h2_session *s)
{
	return s->fiber != NULL;
}

void h2_wake(struct h2_session *s)
{
	s->woken = true;
	cond_signal(&s->wake);
}

void h2_drain(struct h2_session *s)
{
	s->draining = true;
	h2_wake(s);
}

bool h2_is_settled(const struct h2_session *s)
{
	return s->settled;
}

bool h2_has_room(const struct h2_session *s)
{
	return !s->broken && !s->draining && s->held < s->peer_streams &&
	    nghttp2_session_check_request_allowed(s->ng);
}

void h2_each(struct h2_session *s, void (*fn)(struct h2_stream *st))
{
	LIST_FOREACH(link, &s->streams) {
		struct h2_stream *st =
		    container_of(link, struct h2_stream, link);

		if (st->held)
			fn(st);
	}
}

unsigned h2_streams(const struct h2_session *s)
{
	return s->held;
}

bool h2_peer_takes_websocket(const struct h2_session *s)
{
	return s->peer_websocket;
}

/* ---- in ---- */

/* nghttp2 says by GOAWAY what it has against the peer, or by an error. */
static int feed(struct h2_session *s, const char *p, size_t n)
{
	enum h2_code code;
	ssize_t used;

	if (s->options->server)
		count_add(COUNT_bytes_in, (int64_t)n);
	n = h2_frames_scan(&s->frames, &s->limits, str_make(p, n), loop_now(),
	    &code);
	used = nghttp2_session_mem_recv(s->ng, (const uint8_t *)p, n);
	if (used == NGHTTP2_ERR_NOMEM)
		return -ENOMEM;
	if (code != H2_NO_ERROR && used >= 0)
		(void)nghttp2_session_terminate_session(s->ng, code);
	return used < 0 || code != H2_NO_ERROR ? -EPROTO : 0;
}

void h2_feed(struct h2_session *s, struct str bytes)
{
	s->fed = feed(s, bytes.p, bytes.n);
}

/* Much is to be sent because of what came, and is not taken: then nothing more
 * is read, or else it could be any amount. */
static bool is_choked(const struct h2_session *s)
{
	return nghttp2_session_get_outbound_queue_size(s->ng) > QUEUE_MOST;
}

/* What is there, but not so much that nothing is sent meanwhile.  0, 1 when
 * there may be more, or -errno: also at the end of the connection. */
static int receive(struct h2_session *s)
{
	for (int i = 0; i < READ_AT_ONCE; i++) {
		ssize_t got = conn_take(s->conn, input, sizeof(input));
		int err;

		if (got == -EAGAIN)
			return 0;
		if (got <= 0)
			return got == 0 ? -EPIPE : (int)got;
		err = feed(s, input, (size_t)got);
		if (err == 0)
			err = fiber_charge((size_t)got);
		if (err < 0)
			return err;
	}
	return 1;
}

/* ---- going away ---- */

/* Two steps: what the peer has sent before it knew is still taken. */
static void say_goodbye(struct h2_session *s)
{
	if (!s->draining || s->went_away)
		return;
	if (s->goaway_due == 0) {
		s->goaway_due = loop_now() + GOAWAY_GAP;
		if (s->options->server) {
			(void)nghttp2_submit_shutdown_notice(s->ng);
			(void)nghttp2_submit_ping(s->ng, NGHTTP2_FLAG_NONE,
			    NULL);
			return;
		}
	}
	if (s->options->server && loop_now() < s->goaway_due)
		return;
	s->went_away = true;
	(void)nghttp2_submit_goaway(s->ng, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(s->ng), NGHTTP2_NO_ERROR,
	    NULL, 0);
}

/* ---- turns ---- */

/* Reads, does what streams want, writes.  As receive. */
static int turn(struct h2_session *s)
{
	bool choked = is_choked(s);
	int more, err;

	s->woken = false;
	more = fiber_charge(0);
	if (more == 0 && !choked)
		more = receive(s);
	if (more < 0 && more != -EPIPE)
		return more;
	say_goodbye(s);
	err = h2_send_now(s);
	if (err < 0 && err != -EAGAIN)
		return err;
	return err == 0 && choked ? 1 : more;
}

static bool wants_nothing(const struct h2_session *s)
{
	return s->out == NULL && list_empty(&s->todo) &&
	    !nghttp2_session_want_write(s->ng);
}

/* GOAWAY has been said, by whomever, and all is done; or for an error, and
 * what is still open goes with it. */
static bool is_over(const struct h2_session *s)
{
	return wants_nothing(s) && (s->held == 0 || s->open > 0) &&
	    !nghttp2_session_want_read(s->ng);
}

/* Nothing is said or heard any more, though streams are open: one of us has
 * ended the session for an error, or it takes none of those not yet sent. */
static bool is_dead(const struct h2_session *s)
{
	return wants_nothing(s) && s->open > 0 &&
	    !nghttp2_session_want_read(s->ng);
}

/* All that is left is what could never be sent, and nobody wants any more: the
 * peer takes no stream at all.  As a client. */
static bool is_of_no_use(const struct h2_session *s)
{
	return !s->options->server && s->held == 0 && s->open > 0 &&
	    s->peer_streams == 0 && wants_nothing(s);
}

static bool is_idle(const struct h2_session *s)
{
	return s->held == 0 && s->open == 0 && wants_nothing(s) &&
	    s->goaway_due == 0 && s->settings_due == 0;
}

/* When it must look without being woken. */
static usec_t next_due(const struct h2_session *s)
{
	usec_t due = DEADLINE_NEVER;

	if (s->since != 0)
		due = s->since + s->pace.left;
	if (s->heading != 0 && s->head_due < due)
		due = s->head_due;
	if (s->settings_due != 0 && s->settings_due < due)
		due = s->settings_due;
	if (s->goaway_due != 0 && !s->went_away && s->goaway_due < due)
		due = s->goaway_due;
	if (s->lingering > 0 && s->linger_due < due)
		due = s->linger_due;
	return due;
}

/* What has left the kernel's buffer is progress, too: see conn.c. */
static void note_queued(struct h2_session *s)
{
	int now = conn_queued(s->conn);

	if (now < s->queued)
		pace_moved(&s->pace, (size_t)(s->queued - now));
	s->queued = now;
}

/* The peer was too slow. */
static int time_out(struct h2_session *s, enum h2_why why, enum h2_code code)
{
	s->why = why;
	(void)nghttp2_session_terminate_session(s->ng, code);
	return -ETIMEDOUT;
}

static int look_at_clock(struct h2_session *s)
{
	usec_t now = loop_now();

	if (s->since != 0) {
		pace_waited(&s->pace, s->since);
		s->since = now;
		note_queued(s);
		if (s->pace.left <= 0)
			return time_out(s, H2_PEER_SLOW,
			    H2_ENHANCE_YOUR_CALM);
	}
	if (s->lingering > 0 && now >= s->linger_due)
		h2_linger_look(s);
	if (s->heading != 0 && now >= s->head_due)
		return time_out(s, H2_HEAD_SLOW, H2_ENHANCE_YOUR_CALM);
	if (s->settings_due != 0 && now >= s->settings_due)
		return time_out(s, H2_HEAD_SLOW, H2_SETTINGS_TIMEOUT);
	return 0;
}

/* -ETIMEDOUT: the peer was too slow. */
static int wait(struct h2_session *s)
{
	int err = 0;

	if (!s->woken)
		err = cond_wait(&s->wake, next_due(s));
	if (err == -ECANCELED)
		return err;
	return look_at_clock(s);
}

/* Until it is idle (0) or over (-errno). */
static int pump(struct h2_session *s)
{
	for (;;) {
		int more = s->fed < 0 ? s->fed : turn(s);

		if (more < 0)
			return more;
		if (is_over(s) || is_of_no_use(s))
			return -ESHUTDOWN;
		if (is_dead(s))
			return -EPROTO;
		if (more > 0)
			continue;
		if (is_idle(s))
			return 0;
		more = wait(s);
		if (more < 0)
			return more;
	}
}

/* ---- the end ---- */

/* Too much of something came, or made us reset streams. */
static void say_calm(struct h2_session *s)
{
	s->why = H2_FLOODED;
	(void)nghttp2_session_terminate_session(s->ng,
	    NGHTTP2_ENHANCE_YOUR_CALM);
}

/* This fiber was cancelled: what streams have to say to that is sent. */
static void say_last_words(struct h2_session *s)
{
	usec_t until = loop_now() + LAST_WORDS;
	int err = 0;

	(void)nghttp2_submit_goaway(s->ng, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(s->ng), NGHTTP2_NO_ERROR,
	    NULL, 0);
	if (s->options->events->gone != NULL)
		h2_each(s, s->options->events->gone);
	while (err >= 0 && (s->held > 0 || !wants_nothing(s))) {
		err = turn(s);
		if (err == 0 && !s->woken &&
		    (s->held > 0 || !wants_nothing(s)))
			err = cond_wait(&s->wake, until);
		if (loop_now() >= until)
			break;
	}
}

static void lose_all(struct h2_session *s)
{
	s->broken = true;
	LIST_FOREACH(link, &s->streams)
		h2_stream_close(container_of(link, struct h2_stream, link),
		    H2_CANCEL, true);
	while (s->held > 0)
		(void)cond_wait(&s->wake, DEADLINE_NEVER);
}

enum h2_next h2_run(struct h2_session *s)
{
	int err;

	INSIST_MAGIC(s, H2_SESSION_MAGIC);
	INSIST(s->fiber == NULL);
	s->fiber = fiber_self();
	err = pump(s);
	fiber_shield();
	if (err == -EPROTO && h2_flood(s) != FAULT_NONE)
		say_calm(s);
	if (err == -ECANCELED)
		say_last_words(s);
	else if (err == -EPROTO || err == -ETIMEDOUT)
		(void)h2_send_now(s);
	if (err < 0)
		lose_all(s);
	fiber_unshield();
	s->fiber = NULL;
	return err == 0 ? H2_IDLE : H2_OVER;
}

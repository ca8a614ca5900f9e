/*
 * test_h2.c - sessions of HTTP/2, a server's and a client's, on the two ends
 * of a connection in one loop.
 */
#include "tests/unit/test_conn.h"
#include "worker/conn/block.h"
#include "worker/http/h2.h"

struct end {
	struct conn conn;
	struct h2_session *session;
	enum h2_next next;
	unsigned runs;
	bool alive; /* a fiber runs it, or will */
};

static struct world {
	struct end server, client;
	struct arena arena;
	unsigned served, gone;
	bool refuse, hold; /* what the server does with requests */
	struct cond released;
} w;

static void run_end(void *arg)
{
	struct end *e = arg;

	e->runs++;
	e->next = h2_run(e->session);
	e->alive = false;
	if (e->next == H2_OVER) {
		h2_free(&e->session);
		conn_close(&e->conn);
	}
}

static void ensure_runs(struct end *e)
{
	if (e->alive)
		return;
	e->alive = true;
	start(run_end, e);
}

static void on_event(struct watch *watch, unsigned events)
{
	struct end *e = container_of(watch, struct end, conn.watch);

	(void)events;
	if (e->session == NULL)
		return;
	h2_wake(e->session);
	ensure_runs(e);
}

/* ---- what the server answers: what it was sent, and trailers ---- */

static struct h2_fields fields_of(struct arena *a, const char *const *text)
{
	struct h2_fields f = h2_fields_make(a, 8, 128);

	for (; text[0] != NULL; text += 2)
		h2_fields_add(&f, str_from(text[0]), str_from(text[1]));
	MUST(h2_fields_ok(&f));
	return f;
}

static void echo_body(struct h2_stream *st, struct arena *a)
{
	static const char *const sum[] = {"x-sum", "7", NULL};
	struct pace pace = pace_of_silence(PATIENCE);
	struct h2_fields trailers = fields_of(a, sum);
	struct str piece;
	int got;

	while ((got = h2_read(st, &pace, &piece)) > 0) {
		if (h2_write(st, &piece, 1, false, &pace) < 0)
			return;
		h2_consumed(st, piece.n);
	}
	if (got == 0)
		(void)h2_write_trailers(st, &trailers, &pace);
}

static void serve(void *arg)
{
	static const char *const ok[] = {":status", "200", NULL};
	static const struct conf_head_limits limits = {65536, 100, 8192};
	struct h2_stream *st = arg;
	struct arena arena;
	struct h2_fields head;
	struct message m;

	h2_set_user(st, fiber_self());
	arena_init(&arena);
	MUST(h2_request(st, &limits, &arena, &m) == FAULT_NONE);
	head = fields_of(&arena, ok);
	while (w.hold && cond_wait(&w.released, DEADLINE_NEVER) == 0)
		;
	if (m.method == METHOD_GET) {
		(void)h2_write_head(st, &head, H2_HEAD_LAST);
	} else {
		(void)h2_write_head(st, &head, H2_HEAD);
		echo_body(st, &arena);
	}
	w.served++;
	h2_release(&st);
	arena_free(&arena);
}

static bool take_request(struct h2_stream *st)
{
	if (w.refuse)
		return false;
	start(serve, st);
	return true;
}

static void note_gone(struct h2_stream *st)
{
	w.gone++;
	if (h2_user(st) != NULL)
		fiber_cancel(h2_user(st));
}

static const struct h2_events server_events = {
    .request = take_request, .gone = note_gone};
static const struct h2_events client_events = {.request = NULL};
static struct h2_options server_options = {.server = true,
    .streams = 4,
    .fields = 100,
    .header = 65536,
    .head_patience = PATIENCE,
    .min_rate = {256, PATIENCE},
    .events = &server_events};
static struct h2_options client_options = {.fields = 100,
    .header = 65536,
    .head_patience = PATIENCE,
    .min_rate = {256, PATIENCE},
    .events = &client_events};

static void set_up(void)
{
	int fds[2];

	make_loop();
	block_init((size_t)64 * 1024 * 1024);
	memset(&w, 0, sizeof(w));
	cond_init(&w.released);
	arena_init(&w.arena);
	tcp_pair(fds);
	MUST(conn_open(&w.server.conn, fds[0], on_event) == 0);
	MUST(conn_open(&w.client.conn, fds[1], on_event) == 0);
	w.server.session = h2_open(&w.server.conn, &server_options, &w);
	w.client.session = h2_open(&w.client.conn, &client_options, &w);
	ensure_runs(&w.server);
	ensure_runs(&w.client);
}

static void end_session(struct end *e)
{
	if (e->session == NULL)
		return;
	h2_drain(e->session);
	ensure_runs(e);
}

static void tear_down(void)
{
	end_session(&w.client);
	end_session(&w.server);
	turn_until_idle();
	MUST(w.server.session == NULL && w.client.session == NULL);
	MUST(block_bodies_held() == 0);
	arena_free(&w.arena);
	block_free_all();
	free_loop();
}

/* ---- what the client does ---- */

static struct h2_stream *open_stream(void)
{
	struct h2_stream *st = h2_stream_open(w.client.session);

	if (st != NULL)
		ensure_runs(&w.client);
	return st;
}

static const char *const get_text[] = {":method", "GET", ":scheme", "http",
    ":path", "/", ":authority", "h", NULL};
static const char *const post_text[] = {":method", "POST", ":scheme", "http",
    ":path", "/", ":authority", "h", NULL};

static int read_status(struct h2_stream *st, enum method method)
{
	enum fault fault = FAULT_NONE;
	struct message m;
	int err = h2_reply(st, loop_now() + PATIENCE, method, &w.arena, &m,
	    &fault);

	MUST(fault == FAULT_NONE);
	return err < 0 ? err : (int)m.status;
}

static int get(void)
{
	struct h2_fields head = fields_of(&w.arena, get_text);
	struct h2_stream *st = open_stream();
	int status = -ENOBUFS;

	if (st == NULL)
		return status;
	status = h2_write_head(st, &head, H2_HEAD_LAST);
	if (status == 0)
		status = read_status(st, METHOD_GET);
	if (status == -ECONNRESET && h2_was_refused(st))
		status = -EAGAIN;
	h2_release(&st);
	return status;
}

#define SIZE ((size_t)1000 * 1000)

struct upload {
	struct h2_stream *st;
	bool done;
};

static void upload(void *arg)
{
	struct upload *u = arg;
	struct pace pace = pace_of_silence(PATIENCE);
	static char bytes[30000];

	for (size_t at = 0; at < SIZE; at += sizeof(bytes)) {
		size_t n = SIZE - at < sizeof(bytes) ? SIZE - at
						     : sizeof(bytes);
		struct str piece = str_make(bytes, n);

		stream_fill(bytes, n, at);
		MUST(h2_write(u->st, &piece, 1, at + n == SIZE, &pace) == 0);
	}
	u->done = true;
}

static void post_large(void *arg)
{
	struct h2_fields head = fields_of(&w.arena, post_text);
	struct pace pace = pace_of_silence(PATIENCE);
	struct upload u = {.st = open_stream()};
	struct fiber *child;
	struct message m;
	struct str piece;
	size_t at = 0;

	MUST(h2_write_head(u.st, &head, H2_HEAD) == 0);
	child = fiber_spawn("upload", upload, &u);
	MUST(read_status(u.st, METHOD_POST) == 200);
	while (h2_read(u.st, &pace, &piece) > 0) {
		for (size_t i = 0; i < piece.n; i++)
			MUST(piece.p[i] == stream_byte(at + i));
		at += piece.n;
		h2_consumed(u.st, piece.n);
	}
	fiber_join(&child);
	MUST(at == SIZE && u.done);
	MUST(h2_trailers(u.st, &w.arena, &m) == FAULT_NONE);
	MUST(m.field_count == 1);
	h2_release(&u.st);
	*(bool *)arg = true;
}

START_TEST(a_large_body_comes_back_with_trailers)
{
	bool done = false;

	start(post_large, &done);
	turn_until(&done);
}
END_TEST

static void get_many(void *arg)
{
	for (int i = 0; i < 500; i++)
		MUST(get() == 200);
	*(bool *)arg = true;
}

START_TEST(many_requests_one_after_another)
{
	bool done = false;

	start(get_many, &done);
	turn_until(&done);
	ck_assert_uint_eq(w.served, 500);
}
END_TEST

static void get_one(void *arg)
{
	MUST(get() == 200);
	*(bool *)arg = true;
}

START_TEST(an_idle_connection_has_no_fiber)
{
	bool done = false;

	start(get_one, &done);
	turn_until(&done);
	turn_until_idle();
	ck_assert(w.server.next == H2_IDLE && w.client.next == H2_IDLE);
	done = false;
	start(get_one, &done);
	turn_until(&done);
	ck_assert_uint_ge(w.server.runs, 2);
}
END_TEST

static void get_refused(void *arg)
{
	MUST(get() == -EAGAIN);
	*(bool *)arg = true;
}

START_TEST(a_refused_stream_says_that_nothing_was_done)
{
	bool done = false;

	w.refuse = true;
	start(get_refused, &done);
	turn_until(&done);
	ck_assert_uint_eq(w.served, 0);
}
END_TEST

/* Settings first, by one request. */
static void fill_up(void *arg)
{
	struct h2_fields head = fields_of(&w.arena, get_text);
	struct h2_stream *st[4];

	MUST(get() == 200);
	w.hold = true;
	for (int i = 0; i < 4; i++) {
		st[i] = open_stream();
		MUST(st[i] != NULL);
		MUST(h2_write_head(st[i], &head, H2_HEAD_LAST) == 0);
	}
	MUST(!h2_has_room(w.client.session) && open_stream() == NULL);
	while (w.served < 1 || h2_streams(w.server.session) < 4)
		MUST(fiber_sleep_until(loop_now() + 1000) == -ETIMEDOUT);
	for (int i = 0; i < 4; i++)
		h2_release(&st[i]);
	while (w.gone < 4)
		MUST(fiber_sleep_until(loop_now() + 1000) == -ETIMEDOUT);
	w.hold = false;
	*(bool *)arg = true;
}

START_TEST(no_more_streams_than_the_server_allows_and_resets_cancel)
{
	bool done = false;

	start(fill_up, &done);
	turn_until(&done);
	ck_assert_uint_eq(w.gone, 4);
}
END_TEST

static void drain_meanwhile(void *arg)
{
	struct h2_fields head = fields_of(&w.arena, get_text);
	struct h2_stream *st;

	MUST(get() == 200);
	w.hold = true;
	st = open_stream();
	MUST(h2_write_head(st, &head, H2_HEAD_LAST) == 0);
	while (h2_streams(w.server.session) < 1)
		MUST(fiber_sleep_until(loop_now() + 1000) == -ETIMEDOUT);
	h2_drain(w.server.session);
	while (h2_has_room(w.client.session))
		MUST(fiber_sleep_until(loop_now() + 1000) == -ETIMEDOUT);
	w.hold = false;
	cond_broadcast(&w.released);
	MUST(read_status(st, METHOD_GET) == 200);
	h2_release(&st);
	*(bool *)arg = true;
}

START_TEST(a_drained_session_ends_when_its_last_stream_has)
{
	bool done = false;

	start(drain_meanwhile, &done);
	turn_until(&done);
	turn_until_idle();
	ck_assert_ptr_null(w.server.session);
	ck_assert_ptr_null(w.client.session);
}
END_TEST

static void lose(void *arg)
{
	struct h2_fields head = fields_of(&w.arena, get_text);
	struct h2_stream *st = open_stream();

	w.hold = true;
	MUST(h2_write_head(st, &head, H2_HEAD_LAST) == 0);
	while (h2_streams(w.server.session) < 1)
		MUST(fiber_sleep_until(loop_now() + 1000) == -ETIMEDOUT);
	conn_finish(&w.server.conn);
	MUST(read_status(st, METHOD_GET) == -ECONNRESET);
	MUST(h2_is_reset(st) && h2_is_reset_by_peer(st));
	h2_release(&st);
	*(bool *)arg = true;
}

START_TEST(a_lost_connection_ends_all_of_it)
{
	bool done = false;

	start(lose, &done);
	turn_until(&done);
	turn_until_idle();
	ck_assert_uint_eq(w.gone, 1);
	ck_assert_ptr_null(w.server.session);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("h2");
	TCase *tcase = tcase_create("h2");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_large_body_comes_back_with_trailers);
	tcase_add_test(tcase, many_requests_one_after_another);
	tcase_add_test(tcase, an_idle_connection_has_no_fiber);
	tcase_add_test(tcase, a_refused_stream_says_that_nothing_was_done);
	tcase_add_test(tcase,
	    no_more_streams_than_the_server_allows_and_resets_cancel);
	tcase_add_test(tcase, a_drained_session_ends_when_its_last_stream_has);
	tcase_add_test(tcase, a_lost_connection_ends_all_of_it);
	suite_add_tcase(suite, tcase);
	return run_all(suite);
}

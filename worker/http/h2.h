/*
 * h2.h - HTTP/2 over a connection (RFC 9113), as a server and as a client.
 *
 * One session per connection, on nghttp2.  Its fiber, the one that runs
 * h2_run, alone calls nghttp2, in both directions; nghttp2's callbacks never
 * wait.  Each stream is served by fibers of its own, which exchange bounded
 * buffers with the session: bytes that came lie in the stream until they are
 * consumed, bytes to be sent are published and stay where they are until the
 * session has copied them into the connection's output.  What many streams
 * publish in one turn leaves with one write.
 *
 *   stream's fiber                 session's fiber              connection
 *   h2_read   <- | pieces | <----- on_data_chunk_recv <-------- | input
 *   h2_write  -> published, waits  send_data: copied at once -> | output
 *
 * A connection without open streams owns no fiber and no buffer: h2_run
 * returns H2_IDLE, the owner parks the connection, and runs h2_run again when
 * its next byte comes (or, as a client, when a stream was opened).
 *
 * Flow control: the connection's window is credited as bytes arrive, as long
 * as what lies in its streams is below a cap, and a stream's window as its
 * fiber consumes; so one slow stream stops itself and not its neighbours.
 *
 * Calls return 0 or more, or what conn.h says: -ETIMEDOUT, -ECANCELED;
 * -ECONNRESET: the peer reset the stream, or the connection is gone.
 */
#ifndef WORKER_HTTP_H2_H
#define WORKER_HTTP_H2_H

#include "common/conf/conf.h"
#include "worker/conn/conn.h"
#include "worker/http/h2_fields.h"
#include "worker/http/message.h"

struct h2_session;
struct h2_stream;

/* RFC 9113, 7: the codes that we send. */
enum h2_code {
	H2_NO_ERROR = 0,
	H2_PROTOCOL_ERROR = 1,
	H2_INTERNAL_ERROR = 2,
	H2_FLOW_CONTROL_ERROR = 3,
	H2_SETTINGS_TIMEOUT = 4,
	H2_STREAM_CLOSED = 5,
	H2_FRAME_SIZE_ERROR = 6,
	H2_REFUSED_STREAM = 7,
	H2_CANCEL = 8,
	H2_COMPRESSION_ERROR = 9,
	H2_CONNECT_ERROR = 10,
	H2_ENHANCE_YOUR_CALM = 11,
	H2_INADEQUATE_SECURITY = 12,
	H2_HTTP_1_1_REQUIRED = 13
};

/* ---- sessions ---- */

/* What the owner of sessions does; called on the session's fiber: none of
 * these may wait. */
struct h2_events {
	/*
	 * As a server: the head of a request has come, well-formed or not.
	 * Starts a fiber that serves ST, and ends with h2_release.  False, and
	 * the stream is refused: REFUSED_STREAM.  NULL for clients.
	 */
	bool (*request)(struct h2_stream *st);

	/* Nobody reads what ST sends any more: the peer has reset it, or the
	 * connection is lost.  Cancels whoever serves it.  NULL: nothing. */
	void (*gone)(struct h2_stream *st);

	/* The peer's first SETTINGS have come: h2_is_settled.  NULL: nothing. */
	void (*settled)(struct h2_session *s);
};

/* Lives as long as its sessions. */
struct h2_options {
	bool server;
	bool tls;	/* the connection is so: as a server */
	bool websocket; /* as a server: RFC 8441 */
	unsigned streams; /* that a client may have open at a time */
	unsigned fields;  /* of a head that is received, at most */
	size_t header;	  /* its bytes, as text lines */
	const struct conf_h2_limits *limits; /* NULL: the peer is trusted */
	usec_t head_patience;	   /* between the first frame of a head and
				      its last; with the preface, and with what
				      acknowledges our SETTINGS */
	struct conf_rate min_rate; /* how slow a peer may take our bytes */
	const struct h2_events *events;
};

/*
 * A session over C, which is open, and stays the caller's; for OWNER.  Our
 * preface and SETTINGS are sent by the first h2_run.  NULL: no memory.
 */
struct h2_session *h2_open(struct conn *c, const struct h2_options *options,
    void *owner);

/* No fiber may be in h2_run, and no stream be held.  Nulls *S. */
void h2_free(struct h2_session **s);

void *h2_owner(const struct h2_session *s);

/* Bytes that were read off the connection before there was a session, the
 * preface among them.  Before the first h2_run, which is over at once if they
 * are wrong. */
void h2_feed(struct h2_session *s, struct str bytes);

enum h2_next {
	H2_IDLE, /* no stream is open: park the connection, run again later */
	H2_OVER	 /* h2_free the session, close the connection */
};

/*
 * Serves the connection on the calling fiber, until it is idle or over.  When
 * that fiber is cancelled all streams are told, and what they still have to
 * say is sent, for a second at most: then it is over.  Not before all streams
 * were released.
 */
WAITS enum h2_next h2_run(struct h2_session *s);

/* Why it is over, if that was not the peer's wish or ours. */
enum h2_why {
	H2_WELL,
	H2_FLOODED,    /* h2_flood says by what */
	H2_HEAD_SLOW,  /* head_patience */
	H2_PEER_SLOW   /* min_rate */
};

enum h2_why h2_why(const struct h2_session *s);
enum fault h2_flood(const struct h2_session *s);

/* Is a fiber in h2_run? */
bool h2_is_running(const struct h2_session *s);

/* From the conn's on_event, and wherever something changes for the session: the
 * fiber in h2_run, if there is one, looks again.  (watch.tells_write is set by
 * h2_open: on_event hears of WATCH_WRITE, too.) */
void h2_wake(struct h2_session *s);

/*
 * No new streams from now on: GOAWAY in two steps (RFC 9113, 6.8), and the
 * session is over when the last stream has ended.  Whoever calls this for a
 * parked session runs it, too.
 */
void h2_drain(struct h2_session *s);

/* Have the peer's SETTINGS come?  Before that it may be no peer of HTTP/2. */
bool h2_is_settled(const struct h2_session *s);

/* May a stream be opened now?  Not beyond what the peer allows, and not behind
 * its GOAWAY.  As a client. */
bool h2_has_room(const struct h2_session *s);

/* FN for each stream that is held by somebody; it must not release any. */
void h2_each(struct h2_session *s, void (*fn)(struct h2_stream *st));

/* Streams that are held by somebody. */
unsigned h2_streams(const struct h2_session *s);

/* Has the peer's SETTINGS_ENABLE_CONNECT_PROTOCOL come?  (as a client) */
bool h2_peer_takes_websocket(const struct h2_session *s);

/* ---- streams: one fiber reads, one writes, perhaps the same ---- */

/* As a client: a new stream, held by the caller, of which nothing is sent
 * before h2_write_head.  NULL: no room, or no memory.  If the session is not
 * running the caller runs it. */
struct h2_stream *h2_stream_open(struct h2_session *s);

/* The last call: what is not complete is reset (with CANCEL as a client, else
 * with NO_ERROR if the reply is complete, or INTERNAL_ERROR).  Nulls *ST. */
void h2_release(struct h2_stream **st);

struct h2_session *h2_session_of(const struct h2_stream *st);
void h2_set_user(struct h2_stream *st, void *user);
void *h2_user(const struct h2_stream *st);

/* Resets it, at once: nothing that was published is sent.  Harmless on one
 * that is closed. */
void h2_reset(struct h2_stream *st, enum h2_code code);

/* Bytes of the head that came last, as text: about what it takes to send it. */
size_t h2_head_size(const struct h2_stream *st);

/* Did it end before both messages were complete?  By the peer (or with the
 * connection), or by nghttp2, because it broke a rule.  With which code. */
bool h2_is_reset(const struct h2_stream *st);
bool h2_is_reset_by_peer(const struct h2_stream *st);
enum h2_code h2_reset_code(const struct h2_stream *st);

/* As a client: the peer has certainly not acted upon it (REFUSED_STREAM, or
 * behind its GOAWAY; RFC 9113, 8.7), so it may be sent again elsewhere. */
bool h2_was_refused(const struct h2_stream *st);

/* As a server: 8 KiB of memory, which live as long as ST is held, for whoever
 * serves it. */
char *h2_spare(const struct h2_stream *st);

/* ---- reading ---- */

/* As a server, once: the request, into M, which points into memory of ST and of
 * A.  FAULT_NONE, or what is wrong: M holds what was understood.  Some faults
 * are not answered, but the stream is reset: h2_head_resets. */
enum fault h2_request(struct h2_stream *st,
    const struct conf_head_limits *limits, struct arena *a, struct message *m);

/* As a client: waits for the next head of a reply to a METHOD request.  What M
 * points into lives until h2_release.  Of interim heads that nobody read in
 * time only the last is there.  0, and what is wrong with it in *fault_r;
 * -errno. */
WAITS int h2_reply(struct h2_stream *st, usec_t deadline, enum method method,
    struct arena *a, struct message *m, enum fault *fault_r);

/*
 * The next bytes of the body, where they lie: 1 and *piece_r, 0 at its end,
 * -errno.  They come again, perhaps with more behind them, until they are
 * consumed.  PACE is how slow the peer may be.
 */
WAITS int h2_read(struct h2_stream *st, struct pace *pace, struct str *piece_r);

/* The first N of those are not needed any more; they stay where they are if
 * they lie in h2_held. */
void h2_consumed(struct h2_stream *st, size_t n);

/* Waits until more bytes are there than now, or the end: 0 or -errno. */
WAITS int h2_wait_more(struct h2_stream *st, struct pace *pace);

/* Would h2_read answer at once? */
bool h2_is_readable(const struct h2_stream *st);

/* Has the peer sent all of it? */
bool h2_is_whole(const struct h2_stream *st);

/* The first bytes of the body, as long as they lie together behind the head,
 * consumed or not; how many may at most; and all bytes that are there. */
struct str h2_held(const struct h2_stream *st);
size_t h2_holds_at_most(const struct h2_stream *st);
size_t h2_held_in_all(const struct h2_stream *st);

/* After the end: the trailer fields, into M.  FAULT_NONE and M->field_count 0
 * when there are none. */
enum fault h2_trailers(struct h2_stream *st, struct arena *a,
    struct message *m);

/* ---- writing ---- */

enum h2_head_kind {
	H2_HEAD_INTERIM, /* 1xx: others follow */
	H2_HEAD,	 /* a body follows, or trailer fields */
	H2_HEAD_LAST	 /* the message ends here */
};

/*
 * A head, of the fields of F (h2_fields.h).  H2_HEAD does not wait, and leaves
 * with what is published next or in the next turn: F stays as it is until the
 * next call that writes has returned, or until h2_release.  The others wait
 * until the session has taken it.  0 or -errno.
 */
WAITS int h2_write_head(struct h2_stream *st, const struct h2_fields *f,
    enum h2_head_kind kind);

/*
 * Publishes COUNT parts, and waits until the session has taken them all.
 * LAST: the body ends with them.  PACE is how slow the peer may take them: time
 * in which it gives us no window, though the connection moves, is its own.
 */
WAITS int h2_write(struct h2_stream *st, const struct str *parts,
    unsigned count, bool last, struct pace *pace);

/* Ends the message with trailer fields, instead of LAST. */
WAITS int h2_write_trailers(struct h2_stream *st, const struct h2_fields *f,
    struct pace *pace);

#endif

/*
 * h2_inside.h - what the parts of the HTTP/2 engine share: h2.c is the session
 * and its fiber, h2_receive.c and h2_send.c are nghttp2's callbacks, one
 * direction each, h2_stream.c and h2_write.c are what fibers do with streams,
 * h2_linger.c sends what no fiber waits for, and h2_pieces.c keeps what came of
 * a body.
 */
#ifndef WORKER_HTTP_H2_INSIDE_H
#define WORKER_HTTP_H2_INSIDE_H

#include <nghttp2/nghttp2.h>

#include "worker/http/h2.h"
#include "worker/http/h2_frames.h"
#include "worker/http/h2_head.h"
#include "worker/http/h2_pieces.h"

/* A stream's window, and what may lie in all streams of a connection before
 * its own window is not credited any more. */
#define H2_STREAM_WINDOW (64 * 1024)
#define H2_BUFFERED_MAX ((size_t)256 * 1024)

struct h2_session {
	uint32_t magic;
	unsigned open; /* streams that nghttp2 knows of */
	unsigned held; /* streams that somebody holds */
	unsigned peer_streams; /* that it allows us to open */
	struct conn *conn;
	nghttp2_session *ng;
	const struct h2_options *options;
	void *owner;
	struct fiber *fiber; /* in h2_run, or NULL */
	struct cond wake;
	struct list streams; /* all that are open or held */
	struct list todo;    /* those whose fibers want something */
	bool woken;
	bool broken;	/* the connection, or the peer: nothing more to say */
	bool draining;	/* h2_drain */
	bool went_away; /* the last GOAWAY was sent */
	bool settled;	/* the peer's SETTINGS have come */
	bool peer_websocket;
	enum h2_why why;    /* it is over */
	int fed;	    /* what h2_feed found: 0 or -errno */
	struct h2_limits limits;
	struct h2_frames frames;
	usec_t settings_due; /* ours are to be acknowledged; 0: they were */
	int32_t heading;    /* the stream whose head is under way, or 0 */
	struct h2_head *gathering; /* and that */
	usec_t head_due;    /* when the rest of it must be there */
	usec_t goaway_due;  /* when the second GOAWAY is; 0: no first */
	usec_t since;	    /* output waits for the peer; 0: it does not */
	int queued;	    /* in the kernel, when that was looked at last */
	struct pace pace;   /* how slow it may be */
	uint64_t sent;	    /* bytes of ours that the kernel has taken */
	size_t buffered;    /* in the pieces of all streams */
	size_t owed;	    /* of the connection's window */
	char *out;	    /* out[out_start..out_end) is to be sent; or NULL */
	size_t out_start;
	size_t out_end;
	size_t out_cap;
	struct str frame; /* of nghttp2, did not fit OUT */
	unsigned lingering; /* streams that do */
	usec_t linger_due;  /* when to look at those */
};

/* What its fiber wants the session to do. */
enum h2_want {
	H2_WANT_HEAD = 1,
	H2_WANT_DATA = 2, /* something was published */
	H2_WANT_CREDIT = 4,
	H2_WANT_RESET = 8
};

struct h2_stream {
	uint32_t magic;
	int32_t id; /* 0: not sent yet */
	struct h2_session *session;
	struct list link; /* session->streams */
	struct list todo; /* session->todo */
	void *user;
	struct cond readable;
	struct cond writable;

	bool held;     /* by a fiber */
	bool closed;   /* nghttp2 has forgotten it */
	bool lost;     /* with its connection */
	bool by_peer;  /* the peer has reset it */
	bool no_room;  /* for bytes of its body: we have reset it */
	bool whole;    /* the peer has ended it */
	bool has_head; /* a head is there, not yet taken */
	bool is_final; /* and behind it there is a body, and trailers */
	bool ended;    /* it was the whole message */
	bool has_tail; /* trailer fields */
	bool begun;   /* a final head was submitted */
	bool done;    /* our end of it was sent */
	bool idle;    /* nghttp2 waits for H2_WANT_DATA */
	uint8_t wants; /* bits of enum h2_want */
	enum h2_code code; /* it was, or is to be, reset with */

	char *block; /* a HEAD block: head text, then the body's first bytes */
	char *large; /* or that outgrew it, malloc'ed */
	struct h2_head head;
	struct list early; /* struct h2_early: heads before that, not yet taken */
	struct h2_head tail; /* trailers, in another HEAD block */
	struct h2_pieces pieces; /* of the body, not consumed */
	size_t consumed; /* not yet credited to its window */

	/* published */
	const struct h2_fields *fields; /* a head, or trailers */
	enum h2_head_kind kind;
	const struct h2_fields *trailers;
	const struct str *parts;
	unsigned part_count;
	size_t part_at; /* of the first */
	size_t left;	/* of all */
	bool last;

	/* or copies of both: h2_linger.c */
	struct h2_fields own_fields;
	struct str own_part;
	bool lingers;
	usec_t lingers_since;
};

/* The head of an interim reply: its text stays before that of the next. */
struct h2_early {
	struct list link;
	struct h2_head head;
};

#define H2_SESSION_MAGIC 0x48325345u
#define H2_STREAM_MAGIC 0x48325354u

/* ---- h2_stream.c ---- */

/* A stream that is open; ID 0: of ours.  NULL: no memory. */
struct h2_stream *h2_stream_new(struct h2_session *s, int32_t id);

/* Nothing more will come: it is closed, and the connection perhaps lost. */
void h2_stream_close(struct h2_stream *st, enum h2_code code, bool lost);

/* Gives the memory of ST back, but for the struct. */
void h2_stream_drop_memory(struct h2_stream *st);

/* What becomes of ST, which its fiber leaves. */
void h2_stream_leave(struct h2_stream *st);

/* Waits on C, a condition of ST, until there is something to look at: 0 or
 * -errno. */
WAITS int h2_stream_wait(struct h2_stream *st, struct cond *c,
    usec_t deadline);

/* ST has something to be done. */
void h2_stream_wants(struct h2_stream *st, enum h2_want want);

/* ---- h2_linger.c ---- */

/* Copies of what is to be published last, if they are small: true, and nobody
 * has to wait. */
bool h2_copy_head(struct h2_stream *st, const struct h2_fields *f);
bool h2_copy_end(struct h2_stream *st, const struct str *parts, unsigned count,
    size_t n);

/* Is ST, which is not closed, left with such copies? */
bool h2_linger_begin(struct h2_stream *st);

/* They have been sent. */
void h2_linger_end(struct h2_stream *st);

/* Resets those that the peer takes too long for; when to look again is in S. */
void h2_linger_look(struct h2_session *s);

/* ---- h2_receive.c, h2_send.c ---- */

void h2_set_receiving(nghttp2_session_callbacks *callbacks);
void h2_set_sending(nghttp2_session_callbacks *callbacks);

/* N bytes of ST's body are not needed any more. */
void h2_uncount(struct h2_session *s, size_t n);

/* All that fibers want of nghttp2. */
void h2_send_todo(struct h2_session *s);

/*
 * Frames into the output, as far as there is room and something to say; then
 * as much of it to the connection as that takes.  0, -EAGAIN: it takes no
 * more now; -errno.
 */
int h2_send_now(struct h2_session *s);

/* Gives the output buffer back. */
void h2_send_forget(struct h2_session *s);

#endif

/*
 * h2_head.h - from the names and values of an HTTP/2 head to a message.
 *
 * HPACK gives one pair after the other; they are gathered as text, in which
 * the fields are lines of HTTP/1:
 *
 *   GET https shop.example /a?b Accept: ... CR LF Cookie: ... CR LF CR LF
 *   ^method   ^authority        ^lines
 *
 * so what reads them, judges them and sends them on is what HTTP/1 has.  Each
 * pair is checked before it becomes text (RFC 9113, 8.2 and 8.3).  Pure.
 */
#ifndef WORKER_HTTP_H2_HEAD_H
#define WORKER_HTTP_H2_HEAD_H

#include "common/conf/conf.h"
#include "worker/http/message.h"

enum h2_head_of { H2_OF_REQUEST, H2_OF_REPLY, H2_OF_TRAILERS };

enum h2_pseudo {
	H2_METHOD,
	H2_SCHEME,
	H2_AUTHORITY,
	H2_PATH,
	H2_PROTOCOL,
	H2_STATUS,
	H2_PSEUDOS
};

struct h2_head {
	enum h2_head_of of;
	enum fault fault; /* the first that was found */
	char *p;	  /* the caller's: CAP bytes, filled up to N */
	size_t cap;
	size_t n;
	size_t begin;	   /* where this head begins in it */
	size_t lines;	   /* where its lines do, if there is one */
	size_t cookie_end; /* behind the value of the Cookie line; 0: none */
	size_t most;	   /* bytes: limits.header */
	unsigned fields;   /* lines */
	unsigned fields_most;
	struct {
		uint32_t at;
		uint32_t n;
	} pseudo[H2_PSEUDOS];
	unsigned seen; /* bits: 1 << H2_METHOD ... */
};

/* H stays as it is while another head is gathered behind it. */
void h2_head_leave(struct h2_head *h);

/*
 * H, whose P, CAP, N, MOST and FIELDS_MOST are set, gathers one head more,
 * behind what is there.
 */
void h2_head_begin(struct h2_head *h, enum h2_head_of of);

/*
 * One pair more.  False: there is no room for it; the caller may enlarge P
 * and try again, up to MOST and what h2_head_room says beside.  What is wrong
 * stands in H->fault, and what comes behind it is forgotten.
 */
bool h2_head_add(struct h2_head *h, struct str name, struct str value);

/* Beside MOST there are line ends, the last of them an empty one. */
#define H2_HEAD_BESIDE 8

/* Does the reply, as far as it was gathered, say 1xx? */
bool h2_head_is_interim(const struct h2_head *h);

/* Something else is wrong with it. */
void h2_head_spoil(struct h2_head *h, enum fault fault);

/*
 * What was gathered, into M, which points into H->p.  TLS: the connection is
 * so; WEBSOCKET: extended CONNECT may be used; ENDED: the stream has ended with
 * this head.  An extended CONNECT is read as the GET with Upgrade that it is in
 * HTTP/1.  Memory as head_parse_request.
 */
struct h2_head_how {
	bool tls;
	bool websocket;
	bool ended;
	const struct conf_head_limits *limits;
};

enum fault h2_head_request(struct h2_head *h, const struct h2_head_how *how,
    struct arena *a, struct message *m);
enum fault h2_head_reply(struct h2_head *h, bool ended,
    enum method request_method, struct arena *a, struct message *m);
enum fault h2_head_trailers(struct h2_head *h, struct arena *a,
    struct message *m);

/* Does the fault make the message malformed in the sense of RFC 9113, 8.1.1?
 * Then its stream is reset; all others are ours, and answered. */
bool h2_head_resets(enum fault fault);

#endif

/*
 * h2_frames.h - the heads of frames, looked at before nghttp2 gets the bytes.
 *
 * nghttp2 does not tell of frames that it ignores, and lets some pass that RFC
 * 9113 does not.  So what came is walked over, frame by frame: each is paid for
 * (h2_limits.h), and held to the rules that nghttp2 leaves out.  Pure.
 */
#ifndef WORKER_HTTP_H2_FRAMES_H
#define WORKER_HTTP_H2_FRAMES_H

#include "common/base/str.h"
#include "worker/http/h2.h"
#include "worker/http/h2_limits.h"

struct h2_frames {
	size_t skip;	 /* bytes of the payload that come next */
	unsigned head_n; /* of HEAD */
	unsigned char head[9];
	bool server;
	uint32_t last;	   /* stream that the client opened */
	uint32_t gap_from; /* those that it left out before it */
	uint32_t gap_to;
};

/* As a server, there is a preface before the first frame. */
void h2_frames_begin(struct h2_frames *f, bool server);

/*
 * BYTES have come: whole frames, or any part of them.  How many nghttp2 may
 * have: all of them, and *CODE_R is H2_NO_ERROR; or those before the frame for
 * which the connection is to end with *CODE_R.  With H2_ENHANCE_YOUR_CALM L has
 * the limit.
 */
size_t h2_frames_scan(struct h2_frames *f, struct h2_limits *l,
    struct str bytes, usec_t now, enum h2_code *code_r);

#endif

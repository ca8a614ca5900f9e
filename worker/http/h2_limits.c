/*
 * h2_limits.c - how much of what costs us an HTTP/2 peer may send: pure sums.
 *
 * Runs on the session's fiber, for each frame that comes.  A purse is one
 * number, the time FULL when it will be full again:
 *
 *        now                 FULL
 *   ------|-------------------|------------->   lacks (FULL - now) / over
 *         <------- at most conf.over ------>    of its COUNT
 *
 * Spending one moves FULL by over / count to the right, earning to the left,
 * and time does the rest.
 */
#include "worker/http/h2_limits.h"

#include "common/base/insist.h"

/* RFC 9113, 6. */
enum type {
	DATA = 0,
	HEADERS = 1,
	SETTINGS = 4,
	PING = 6,
	CONTINUATION = 9
};

#define FLAG_END_STREAM 0x1u
#define FLAG_ACK 0x1u
#define FLAG_PADDED 0x8u
#define PADDING_MOST 256 /* with its length */

#define EARNED_BY_REQUEST 4
#define EARNED_BY_DATA 3
#define BYTES_THAT_EARN 2048 /* one more */

#define DECODED_BEYOND 4 /* times the limit: then it is an attack */

void h2_limits_begin(struct h2_limits *l, const struct conf_h2_limits *conf)
{
	*l = (struct h2_limits){.conf = conf, .fault = FAULT_NONE};
}

/* ---- purses ---- */

static bool spend(usec_t *full, const struct conf_flood *most, usec_t now)
{
	usec_t least = *full > now ? *full : now;
	usec_t cost;

	if (most->count == 0)
		return true;
	cost = most->over / (usec_t)most->count;
	if (least + cost > now + most->over)
		return false;
	*full = least + cost;
	return true;
}

static void earn(usec_t *full, const struct conf_flood *most, uint64_t times)
{
	usec_t gain;

	if (most->count == 0)
		return;
	if (times > most->count)
		times = most->count;
	gain = most->over / (usec_t)most->count * (usec_t)times;
	*full = *full > gain ? *full - gain : 0;
}

static bool pay(struct h2_limits *l, usec_t *full,
    const struct conf_flood *most, enum fault fault, usec_t now)
{
	if (likely(spend(full, most, now)))
		return true;
	l->fault = fault;
	return false;
}

static bool useless(struct h2_limits *l, usec_t now)
{
	return pay(l, &l->frames, &l->conf->frames, FAULT_frames_many, now);
}

/* ---- frames ---- */

static bool data(struct h2_limits *l, unsigned flags, size_t length,
    usec_t now)
{
	size_t nothing = flags & FLAG_PADDED ? PADDING_MOST : 0;

	if (length > nothing || (flags & FLAG_END_STREAM))
		return true;
	return useless(l, now);
}

static bool continuation(struct h2_limits *l)
{
	if (l->continuations++ < l->conf->continuations)
		return true;
	l->fault = FAULT_continuations_many;
	return false;
}

static bool headers(struct h2_limits *l)
{
	l->continuations = 0;
	l->decoded = 0;
	earn(&l->frames, &l->conf->frames, EARNED_BY_REQUEST);
	return true;
}

bool h2_limits_frame(struct h2_limits *l, unsigned type, unsigned flags,
    size_t length, usec_t now)
{
	if (l->conf == NULL)
		return true;
	switch (type) {
	case DATA:
		return data(l, flags, length, now);
	case HEADERS:
		return headers(l);
	case CONTINUATION:
		return continuation(l);
	case SETTINGS:
		if (flags & FLAG_ACK)
			return useless(l, now);
		return pay(l, &l->settings, &l->conf->settings,
		    FAULT_settings_many, now);
	case PING:
		return pay(l, &l->pings, &l->conf->pings, FAULT_pings_many,
		    now);
	default:
		return useless(l, now);
	}
}

bool h2_limits_reset(struct h2_limits *l, usec_t now)
{
	return l->conf == NULL || pay(l, &l->resets, &l->conf->resets,
	    FAULT_resets_many, now);
}

bool h2_limits_field(struct h2_limits *l, size_t bytes, size_t most)
{
	l->decoded += bytes;
	if (likely(l->decoded <= DECODED_BEYOND * most) || l->conf == NULL)
		return true;
	l->fault = FAULT_head_large;
	return false;
}

void h2_limits_sent(struct h2_limits *l, size_t bytes)
{
	if (l->conf != NULL)
		earn(&l->frames, &l->conf->frames,
		    EARNED_BY_DATA + bytes / BYTES_THAT_EARN);
}

/*
 * fetch.c - a request of our own: whoever asks for it finds here who does it.
 *
 * Runs in workers, on any fiber.
 */
#include "worker/http/fetch.h"

#include <errno.h>

#include "common/base/insist.h"

static fetch_fn *supplied;

void fetch_supply(fetch_fn *fn)
{
	supplied = fn;
}

int fetch(struct fetch *f, struct arena *a)
{
	INSIST(supplied != NULL);
	return supplied(f, a);
}

const char *fetch_error(const struct fetch *f, int err)
{
	if (err == -EPROTO)
		return fault_text(f->talk.fault);
	if (err == -EPIPE || err == -ECONNRESET)
		return "the origin closed the connection";
	if (err == -EPROTONOSUPPORT)
		return "the origin does not speak HTTP/2";
	if (err == -ENOENT)
		return "no server may be used";
	if (err == -ENOBUFS)
		return "no server has room";
	return strerror(-err);
}

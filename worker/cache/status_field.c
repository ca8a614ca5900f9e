/*
 * status_field.c - what the cache did, told to the client: RFC 9211.
 *
 * Runs in workers.  A structured field: parameters in the order of the RFC's
 * section 2.
 */
#include "worker/cache/status_field.h"

#include "common/base/insist.h"

static const char *const forwards[] = {
    [STATUS_HIT] = "hit",
    [STATUS_BYPASS] = "fwd=bypass",
    [STATUS_METHOD] = "fwd=method",
    [STATUS_URI_MISS] = "fwd=uri-miss",
    [STATUS_VARY_MISS] = "fwd=vary-miss",
    [STATUS_REQUEST] = "fwd=request",
    [STATUS_STALE] = "fwd=stale",
    [STATUS_PARTIAL] = "fwd=partial",
};

/* Whole seconds, rounded down: fresh for less than one is 0. */
static void write_ttl(struct out *o, usec_t ttl)
{
	usec_t seconds = ttl / USEC_PER_SEC - (ttl % USEC_PER_SEC < 0);

	out_lit(o, "; ttl=");
	if (seconds < 0)
		out_char(o, '-');
	out_u64(o, (uint64_t)(seconds < 0 ? -seconds : seconds));
}

void status_field_write(const struct cache_status *status, struct out *o)
{
	bool forwarded = status->forward != STATUS_HIT;

	INSIST(status->forward <= STATUS_PARTIAL);
	out_lit(o, "sluice; ");
	out_str(o, str_from(forwards[status->forward]));
	if (forwarded && status->origin_status != 0) {
		out_lit(o, "; fwd-status=");
		out_u64(o, status->origin_status);
	}
	if (status->has_ttl)
		write_ttl(o, status->ttl);
	if (forwarded && status->stored)
		out_lit(o, "; stored");
	if (forwarded && status->collapsed)
		out_lit(o, "; collapsed");
	if (status->detail != NULL && status->detail[0] != '\0') {
		out_lit(o, "; detail=");
		out_str(o, str_from(status->detail));
	}
}

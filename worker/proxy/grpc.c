/*
 * grpc.c - what gRPC wants of a proxy beyond HTTP.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  What fails
 * here is answered as "Trailers-Only" (the gRPC protocol over HTTP/2,
 * Responses): status 200, and the error in fields of the head, which is all
 * there is:
 *
 *	:status: 200
 *	content-type: application/grpc
 *	grpc-status: 14
 *	grpc-message: No server can take the request now. Request ID 2f9c...
 *
 * Which code belongs to which status is what other proxies have agreed on
 * (doc/http-grpc-status-mapping.md of gRPC); but an origin that is too slow
 * has exceeded its deadline, and a message that is too large, a resource.
 */
#include "worker/proxy/grpc.h"

#include "common/base/insist.h"
#include "worker/proxy/ours.h"

#define TYPE "application/grpc"
#define CODE_DIGITS 2

enum code {
	UNKNOWN = 2,
	DEADLINE_EXCEEDED = 4,
	PERMISSION_DENIED = 7,
	RESOURCE_EXHAUSTED = 8,
	UNIMPLEMENTED = 12,
	INTERNAL = 13,
	UNAVAILABLE = 14,
	UNAUTHENTICATED = 16
};

/* "application/grpc", "application/grpc+proto", "application/grpc; ..." */
bool grpc_is(const struct message *m)
{
	const struct field *f = message_find(m, FIELD_content_type);
	struct str type = STR(TYPE);

	if (likely(f == NULL) || f->value_len < type.n ||
	    !str_eq_nocase(str_make(f->value, type.n), type))
		return false;
	return f->value_len == type.n ||
	    memchr("+; \t", f->value[type.n], 4) != NULL;
}

unsigned grpc_code(enum end end, unsigned status)
{
	if (end == END_origin_deadline || end == END_total_deadline)
		return DEADLINE_EXCEEDED;
	switch (status) {
	case 400:
		return INTERNAL;
	case 401:
		return UNAUTHENTICATED;
	case 403:
		return PERMISSION_DENIED;
	case 404:
		return UNIMPLEMENTED;
	case 413:
	case 431:
		return RESOURCE_EXHAUSTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return UNAVAILABLE;
	default:
		return UNKNOWN;
	}
}

/* Words and ids have no byte that a grpc-message would have to escape. */
static struct str write_message(struct exchange *x, struct str words)
{
	struct out o = exchange_out(x,
	    words.n + x->id.n + sizeof(" Request ID "));

	out_str(&o, words);
	out_lit(&o, " Request ID ");
	out_str(&o, x->id);
	return out_ok(&o) ? out_text(&o) : STR("");
}

void grpc_refuse(struct exchange *x, unsigned status, struct str words,
    struct reply *reply)
{
	struct out code = exchange_out(x, CODE_DIGITS);
	struct h1_simple simple = {.status = 200,
	    .type = STR(TYPE)};

	out_u64(&code, grpc_code(x->end, status));
	if (!out_ok(&code))
		return;
	reply->extra_count = 0;
	reply->body_count = 0;
	reply_add(reply, STR("grpc-status"), out_text(&code));
	reply_add(reply, STR("grpc-message"), write_message(x, words));
	simple.extra_count = reply->extra_count;
	simple.extra = reply->extra;
	ours_make(x, &simple, reply);
}

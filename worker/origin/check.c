/*
 * check.c - one check of one server.
 *
 * Runs in workers, on a fiber of its own.  Connects, with a TLS handshake if
 * requests have one or if that is what is checked; then whatever the kind of
 * check asks for (check_http.c, check_grpc.c); then closes.  What is our own
 * want (descriptors, memory, an end in the middle) says nothing of the server.
 */
#include "worker/origin/check.h"

#include <errno.h>
#include <string.h>

#include "common/base/insist.h"
#include "worker/http/message.h"
#include "worker/origin/check_inside.h"
#include "worker/origin/greet.h"

enum detail {
	DETAIL_NONE,
	DETAIL_ERRNO,
	DETAIL_STATUS,
	DETAIL_FAULT,
	DETAIL_CODE
};

static const struct {
	enum check_verdict verdict;
	enum detail detail;
	const char *text;
} rows[] = {
#define CHECK_RESULT(name, verdict, detail, text)                             \
	{CHECK_##verdict, DETAIL_##detail, text},
#include "common/tbl/check_results.h"
#undef CHECK_RESULT
};

enum check_verdict check_verdict(enum check_outcome outcome)
{
	INSIST(outcome < CHECK_END);
	return rows[outcome].verdict;
}

void check_say(struct out *o, const struct conf_health *conf,
    const struct check_result *r)
{
	out_fmt(o, "check %s", rows[r->outcome].text);
	switch (rows[r->outcome].detail) {
	case DETAIL_NONE:
		return;
	case DETAIL_ERRNO:
		return out_fmt(o, ": %s", strerror((int)r->detail));
	case DETAIL_STATUS:
		return out_fmt(o, " %u, expected %s", r->detail,
		    conf->expect_text);
	case DETAIL_FAULT:
		return out_fmt(o, ": %s", r->detail < FAULT_END
			? fault_text((enum fault)r->detail) : "");
	case DETAIL_CODE:
		return out_fmt(o, " %u", r->detail);
	}
}

static bool is_our_want(int err)
{
	return err == -ECANCELED || err == -EMFILE || err == -ENFILE ||
	    err == -ENOMEM || err == -ENOBUFS || err == -EADDRNOTAVAIL;
}

struct check_result check_broken(int err)
{
	if (err == -ETIMEDOUT)
		return check_result(CHECK_deadline, 0);
	if (is_our_want(err))
		return check_result(CHECK_skipped, 0);
	return check_result(CHECK_closed, 0);
}

static struct check_result not_connected(int err)
{
	if (err == -ETIMEDOUT)
		return check_result(CHECK_connect_deadline, 0);
	if (is_our_want(err))
		return check_result(CHECK_skipped, 0);
	return check_result(CHECK_connect_failed, (unsigned)-err);
}

/* What T speaks: TLS makes it known, and gRPC is HTTP/2 everywhere. */
static struct str offer(const struct check_target *t)
{
	switch (t->conf->type) {
	case CONF_HEALTH_HTTP:
		return t->h2 ? ORIGIN_TLS_HTTP2 : ORIGIN_TLS_HTTP1;
	case CONF_HEALTH_GRPC:
		return ORIGIN_TLS_HTTP2;
	case CONF_HEALTH_TCP:
	case CONF_HEALTH_TLS:
		break;
	}
	return STR("");
}

static struct check_result shake_hands(const struct check_target *t,
    struct conn *c, usec_t deadline)
{
	struct origin_tls with = {.ctx = t->tls,
	    .name = &t->name,
	    .verify = t->verify,
	    .alpn = offer(t)};
	int err = origin_tls_shake(c, &with, deadline);

	if (err == -EPROTO)
		return check_result(CHECK_handshake,
		    (unsigned)origin_tls_verdict()->fault);
	return err < 0 ? check_broken(err) : check_result(CHECK_passed, 0);
}

static struct check_result ask(const struct check_target *t,
    struct h2_solo *s, usec_t deadline)
{
	if (t->conf->type == CONF_HEALTH_HTTP)
		return check_http(t, s, deadline);
	if (t->conf->type == CONF_HEALTH_GRPC)
		return check_grpc(t, s, deadline);
	return check_result(CHECK_passed, 0);
}

void check_run(const struct check_target *t, struct check_result *result_r)
{
	usec_t deadline = loop_now() + t->conf->timeout;
	struct h2_solo s = {.session = NULL};
	int err = conn_connect(&s.conn, (const struct sockaddr *)&t->addr,
	    t->addr_len, deadline);

	if (err < 0) {
		*result_r = not_connected(err);
		return;
	}
	if (t->proxy_protocol != 0)
		err = greet_introduce(&s.conn, t->proxy_protocol, NULL,
		    deadline);
	if (err < 0)
		*result_r = check_broken(err);
	else
		*result_r = t->tls != NULL ? shake_hands(t, &s.conn, deadline)
					   : check_result(CHECK_passed, 0);
	if (result_r->outcome == CHECK_passed)
		*result_r = ask(t, &s, deadline);
	conn_close(&s.conn);
}

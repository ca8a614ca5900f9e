/*
 * greet.c - what comes before the first request on a connection to a server.
 *
 * Runs in workers, on the fiber of who wants the connection.  Whose requests
 * will come is said first and in the clear: who reads it may well be a balancer
 * that passes TLS on.
 *
 *	PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n | handshake | requests
 */
#include "worker/origin/greet.h"

#include <errno.h>

#include "common/base/log.h"
#include "worker/origin/view.h"

#define SAY_EVERY (10 * USEC_PER_SEC) /* what is wrong with a server's TLS */

int greet_introduce(struct conn *c, unsigned version,
    const struct proxy_header *client, usec_t deadline)
{
	static const struct proxy_header ourselves = {.tells = false};
	struct pace pace = pace_of_silence(deadline - loop_now());
	char text[PROXY_HEADER_WRITTEN];
	struct out o = out_make(text, sizeof(text));
	struct iovec iov;

	proxy_header_write(&o, version, client != NULL ? client : &ourselves);
	iov = (struct iovec){o.p, o.n};
	return conn_write(c, &iov, 1, &pace);
}

/* Not for each of those who wait for it. */
static void say_refused(struct server *s)
{
	const struct tls_verdict *v = origin_tls_verdict();
	struct origin_tls_name wanted;
	char subject[VIEW_SUBJECT_SIZE];

	if (loop_now() < s->say_next)
		return;
	s->say_next = loop_now() + SAY_EVERY;
	origin_tls_name(&wanted, s->pool->conf, s->conf);
	log_warning("%s: %s (%s; asked for %s)%s%s", view_subject(subject, s),
	    fault_text(v->fault), v->detail, wanted.text,
	    v->help[0] != '\0' ? "; " : "", v->help);
}

static int shake_hands(struct conn *c, struct server *s,
    const struct greet *as, usec_t deadline)
{
	struct origin_tls_name name;
	struct origin_tls with = {.ctx = s->pool->tls,
	    .name = &name,
	    .verify = true,
	    .sessions = &s->sessions,
	    .alpn = s->conf->tcp ? STR("") : as->alpn};
	int err;

	origin_tls_name(&name, s->pool->conf, s->conf);
	err = origin_tls_shake(c, &with, deadline);
	if (err == -EPROTO)
		say_refused(s);
	return err;
}

bool greet_was_refused(const struct conn *c, struct server *s)
{
	bool refused = origin_tls_was_refused(c);

	if (refused)
		say_refused(s);
	return refused;
}

int greet_server(struct conn *c, struct server *s, const struct greet *as,
    usec_t deadline)
{
	unsigned version = s->pool->conf->proxy_protocol;
	int err = 0;

	if (version != 0)
		err = greet_introduce(c, version, as->client, deadline);
	if (err == 0 && s->conf->https)
		err = shake_hands(c, s, as, deadline);
	return err;
}

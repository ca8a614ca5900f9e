/*
 * introduce.c - a peer says whom it speaks for: the PROXY protocol.
 *
 * Runs on a client's fiber, before anything else is read.  A balancer that does
 * not look into connections says so before their first byte:
 *
 *	PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n | TLS, or a request
 *
 * It counts only from the peers of proxy_protocol_from, and from those it must
 * be there: what others send is never looked at for one, so nobody can choose
 * whether to be believed.  From then on that client is the peer, for the log
 * and all rules; also for trusted_proxies, as the balancer is none of those who
 * read requests.
 */
#include "worker/proxy/introduce.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/conf/network.h"
#include "common/shm/seat.h"
#include "worker/conn/peek.h"
#include "worker/conn/proxy_header.h"

#define SAY_EVERY USEC_PER_SEC

_Static_assert(PROXY_HEADER_MAX <= PEEK_MAX, "it can be seen as a whole");

static struct conf_networks speakers;

void introduce_init(const struct conf *conf)
{
	speakers = conf->proxy_from;
}

static unsigned measure(const uint8_t *bytes, size_t n, size_t *size_r)
{
	struct proxy_header ignored;

	return proxy_header_read(str_make((const char *)bytes, n), &ignored,
	    size_r);
}

static const char *reason(int err, enum proxy_fault fault)
{
	if (err == -EPROTO && fault != PROXY_OK)
		return proxy_fault_text(fault);
	if (err == -EPROTO)
		return "it ends in the middle of the header";
	if (err == -ETIMEDOUT)
		return "the header did not come within timeouts.header";
	return strerror(-err);
}

/* A peer that only looks whether we are there says nothing, and is no fault.
 * Not all are told: there may be many in a second. */
static void refuse(const struct client *c, int err, enum proxy_fault fault)
{
	static usec_t say_next;
	char text[IP_TEXT_MAX + 1];
	struct out o = out_make(text, sizeof(text));

	if (err == -ECONNRESET || err == -ECANCELED)
		return;
	count(proxy_headers_refused);
	if (loop_now() < say_next)
		return;
	say_next = loop_now() + SAY_EVERY;
	ip_write(&c->peer, &o);
	log_warning("a connection from %s to %s was closed: it must begin with "
	    "a header of the PROXY protocol, as \"proxy_protocol_from\" says, "
	    "but %s", out_cstr(&o), c->listener->address.text,
	    reason(err, fault));
}

/* False: no memory. */
static bool believe(struct client *c, const struct proxy_header *header)
{
	if (!header->tells)
		return true;
	c->said = malloc(sizeof(*c->said));
	if (c->said == NULL)
		return false;
	*c->said = *header;
	c->peer = header->from;
	return true;
}

static int read_header(struct client *c, enum proxy_fault *fault_r)
{
	usec_t deadline = loop_now() + c->listener->scope->timeouts.header;
	struct proxy_header header;
	struct peek peek;
	size_t size;
	int err = peek_begin(&c->conn, measure, deadline, &peek);

	*fault_r = (enum proxy_fault)peek.fault;
	if (err < 0)
		return err;
	(void)proxy_header_read(
	    str_make((const char *)peek.bytes, peek.size), &header, &size);
	err = peek_consume(&c->conn, &peek);
	if (err == 0 && !believe(c, &header))
		err = -ENOMEM;
	return err;
}

bool introduce(struct client *c)
{
	enum proxy_fault fault;
	int err;

	if (likely(speakers.count == 0) || c->introduced)
		return true;
	c->introduced = true;
	if (!conf_networks_hold(&speakers, &c->peer))
		return true;
	err = read_header(c, &fault);
	if (err < 0) {
		refuse(c, err, fault);
		return false;
	}
	count(proxy_headers);
	return true;
}

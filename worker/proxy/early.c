/*
 * early.c - requests that come before the handshake of TLS is over.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  Early data is a
 * client's who was here before, but perhaps it is sent by somebody who has
 * only heard it: once, as its ticket is good for one time (resumption.c), but
 * at another time than its client meant, or instead of it.  So it is served
 * only when it changes nothing; everything else is answered 425, and comes
 * again when the handshake is over (RFC 8470).
 *
 * Nothing of HTTP/1.0: its replies may end with the connection, and who that
 * is can't be told yet.
 */
#include "worker/proxy/early.h"

#include "common/base/insist.h"
#include "worker/conn/tls.h"

static bool changes_nothing(const struct message *m)
{
	return (m->method == METHOD_GET || m->method == METHOD_HEAD ||
		   m->method == METHOD_OPTIONS) &&
	    m->framing.kind == FRAMING_NONE && m->upgrade.n == 0 &&
	    (m->minor > 0 || m->is_h2);
}

bool early_allow(struct exchange *x)
{
	if (likely(!tls_is_early(&x->client->conn)))
		return true;
	x->early = true;
	if (!changes_nothing(&x->request))
		exchange_fail(x, END_too_early);
	return x->end == END_NONE;
}

struct str early_line(const struct exchange *x)
{
	return x->early ? STR("Early-Data: 1\r\n") : STR("");
}

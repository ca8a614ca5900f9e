/*
 * accept.h - which of several media types a client would rather have.
 *
 * The field Accept: RFC 9110, 12.5.1.  Pure; nothing here waits or allocates.
 */
#ifndef WORKER_HTTP_ACCEPT_H
#define WORKER_HTTP_ACCEPT_H

#include "worker/http/message.h"

#define ACCEPT_RANGES_MAX 64 /* of a message; what is behind them is ignored */

/* A media type that can be had, lower case: "text", "html". */
struct accept_offer {
	struct str type;
	struct str subtype;
};

/*
 * The index of the best of COUNT OFFERS for the sender of M: of the highest
 * quality; of those the one that is named most exactly, then the one that is
 * named first, then the first offer.  0 if M has no Accept or none of them is
 * wanted.  An element that is malformed is ignored.
 */
unsigned accept_choose(const struct message *m,
    const struct accept_offer *offers, unsigned count);

#endif

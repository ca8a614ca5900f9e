/*
 * credential.h - what a client has shown of itself: its certificate.
 */
#ifndef WORKER_PROXY_CREDENTIAL_H
#define WORKER_PROXY_CREDENTIAL_H

#include "worker/proxy/exchange.h"

/* Text, valid as long as the connection; "" is what there is not. */
struct credential {
	bool good;
	struct str verify;	/* "SUCCESS", "NONE", "FAILED:..." */
	struct str subject;	/* RFC 2253: "CN=alice,O=Example" */
	struct str fingerprint; /* SHA-256 of the certificate, in hexadecimal */
	struct str lines;	/* field lines for origins */
};

/* Once, when the handshake of C is over: 0 or -ENOMEM. */
int credential_take(struct client *c);

/* That of C; of one that has shown none, one that says so. */
const struct credential *credential_of(const struct client *c);

/* Has X shown what its route requires?  False after exchange_fail. */
bool credential_allow(struct exchange *x);

/* What origins are told of it; "" of a vhost that wants none. */
struct str credential_lines(const struct exchange *x);

#endif

/*
 * handshake.c - what handshakes of clients fail for, counted.
 *
 * Runs in workers.  An operator who sees many failures wants to know whether
 * it is scanners (left, nothing in common), a name that is missing, or clients
 * that do not trust a certificate (an alert of theirs).
 */
#include "worker/proxy/handshake.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/shm/seat.h"
#include "worker/conn/tls.h"

/* Of what they have offered there is nothing that we speak. */
static bool is_version(int reason)
{
	static const int reasons[] = {SSL_R_UNSUPPORTED_PROTOCOL,
	    SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_VERSION_NUMBER,
	    SSL_R_UNKNOWN_PROTOCOL, SSL_R_NO_SHARED_CIPHER,
	    SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_KEY_SHARE,
	    SSL_R_NO_SUITABLE_GROUPS,
	    SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
	    SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
	    SSL_R_NO_APPLICATION_PROTOCOL, SSL_R_HTTP_REQUEST,
	    SSL_R_INAPPROPRIATE_FALLBACK};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reason == reasons[i])
			return true;
	return false;
}

static void count_reason(int reason)
{
	if (reason == SSL_R_CALLBACK_FAILED)
		count(handshakes_name); /* the one that looks for a vhost */
	else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ||
	    reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
		count(handshakes_certificate);
	else if (reason > SSL_AD_REASON_OFFSET)
		count(handshakes_alert);
	else if (is_version(reason))
		count(handshakes_version);
}

void handshake_failed(int err)
{
	count(handshakes_failed);
	if (err == -EPROTO)
		count_reason(ERR_GET_REASON(tls_error()));
	else if (err == -ETIMEDOUT)
		count(handshakes_late);
	else if (err != -ECANCELED && err != -ENOMEM)
		count(handshakes_left);
}

/*
 * tls_sessions.c - TLS sessions that a server has given us, to resume.
 *
 * Runs in workers, and in callbacks of OpenSSL: nothing here waits.  A server
 * gives two for each handshake, mostly, and one is spent for each; so a few
 * are enough, but for a storm.  What does not fit is the oldest.
 */
#include "worker/origin/tls_sessions.h"

#include <openssl/ssl.h>
#include <string.h>
#include <time.h>

void tls_sessions_keep(struct tls_sessions *s, SSL_SESSION *session)
{
	if (s->count == TLS_SESSIONS_MAX) {
		SSL_SESSION_free(s->at[0]);
		s->count--;
		memmove(&s->at[0], &s->at[1], s->count * sizeof(s->at[0]));
	}
	s->at[s->count++] = session;
}

static bool is_good(const SSL_SESSION *session)
{
	long long age = time(NULL) - SSL_SESSION_get_time(session);

	return SSL_SESSION_is_resumable(session) == 1 && age >= 0 &&
	    age < SSL_SESSION_get_timeout(session);
}

SSL_SESSION *tls_sessions_take(struct tls_sessions *s)
{
	while (s->count > 0) {
		SSL_SESSION *session = s->at[s->count - 1];

		if (is_good(session) && SSL_SESSION_get_protocol_version(
			session) < TLS1_3_VERSION) {
			(void)SSL_SESSION_up_ref(session);
			return session;
		}
		s->count--;
		if (is_good(session))
			return session;
		SSL_SESSION_free(session);
	}
	return NULL;
}

void tls_sessions_forget(struct tls_sessions *s)
{
	while (s->count > 0)
		SSL_SESSION_free(s->at[--s->count]);
}

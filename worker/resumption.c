/*
 * resumption.c - TLS sessions that begin where an earlier one ended.
 *
 * Runs in workers, in callbacks of OpenSSL: nothing here waits.  What a client
 * brings back is either
 *
 *   a ticket    the whole session, under a key that all workers have
 *               (common/shm/tickets.h): TLS 1.3, and TLS 1.2 with RFC 5077
 *   an id       of a session that all workers have (common/shm/sessions.h):
 *               TLS 1.2 without tickets
 *
 * so it does not matter which worker gets the client, or whether there was a
 * reload.  A session says under which policy it was made (the session id
 * context: the vhost and what it wants of certificates of clients), and
 * OpenSSL resumes it under the same alone; else there is a full handshake.
 *
 * Callbacks are those of the context that a handshake began under, whichever
 * the name led to.
 *
 * One ticket a handshake, not two: a client that needs another gets it with
 * the next, and the second costs bytes and CPU for each that never comes back.
 */
#include "worker/resumption.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "common/shm/sessions.h"
#include "common/shm/tickets.h"
#include "worker/fiber/loop.h"

#define LIFETIME TICKETS_PERIOD /* of a session: its key lives so long */
#define ROTATE_AGAIN USEC_PER_SEC
#define EARLY_MAX (16 * 1024) /* bytes of early data */

static EVP_CIPHER *cipher;
static struct timer rotation;

/* A session in ASN.1 on its way; all of them in turn. */
static unsigned char der[SESSIONS_LARGEST];

/* ---- tickets ---- */

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac,
		sizeof(key->mac)),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		(char *)"SHA256", 0),
	    OSSL_PARAM_construct_end()};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* Without a key of ours it is one that nobody has: a ticket has to be made,
 * and this one will not be known. */
static bool current_key(struct ticket_key *key_r)
{
	return tickets_current(key_r) ||
	    RAND_bytes((unsigned char *)key_r, sizeof(*key_r)) == 1;
}

static int seal(unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx,
    EVP_MAC_CTX *mac)
{
	struct ticket_key key;
	bool ok = current_key(&key) &&
	    RAND_bytes(iv, EVP_CIPHER_get_iv_length(cipher)) == 1 &&
	    EVP_EncryptInit_ex2(ctx, cipher, key.cipher, iv, NULL) == 1 &&
	    set_mac(mac, &key);

	memcpy(name, key.name, sizeof(key.name));
	explicit_bzero(&key, sizeof(key));
	return ok ? 1 : -1;
}

/* 1: it is good; 2: and time for a new one; 0: it is not ours, or too old. */
static int unseal(const unsigned char *name, const unsigned char *iv,
    EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *mac)
{
	struct ticket_key key;
	enum ticket_age age = tickets_find(name, &key);
	bool ok = age == TICKET_UNKNOWN ||
	    (EVP_DecryptInit_ex2(ctx, cipher, key.cipher, iv, NULL) == 1 &&
		set_mac(mac, &key));

	explicit_bzero(&key, sizeof(key));
	if (!ok)
		return -1;
	return age == TICKET_UNKNOWN ? 0 : age == TICKET_OLD ? 2 : 1;
}

/* Browsers use a ticket of TLS 1.3 once (RFC 8446, C.4): who comes with one
 * gets the next, or else every other handshake would be a whole one. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *mac, int make)
{
	int verdict = make ? seal(name, iv, ctx, mac)
			   : unseal(name, iv, ctx, mac);

	if (!make && verdict == 1 && SSL_version(ssl) == TLS1_3_VERSION)
		verdict = 2;
	return verdict;
}

static void rotate(struct timer *t)
{
	usec_t now = loop_now(), due;

	(void)tickets_rotate(now);
	due = tickets_due();
	timer_set(t, due > now + ROTATE_AGAIN ? due : now + ROTATE_AGAIN);
}

/* ---- early data ---- */

/* With each ticket that early data may come by goes a mark of its own, which
 * lies in the table of sessions until the ticket brings it back. */
static int on_mark(SSL *ssl, void *arg)
{
	struct hash_id mark;

	(void)arg;
	if (SSL_version(ssl) < TLS1_3_VERSION ||
	    SSL_get_max_early_data(ssl) == 0)
		return 1;
	if (RAND_bytes((unsigned char *)&mark, sizeof(mark)) != 1 ||
	    SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &mark,
		sizeof(mark)) != 1)
		return 0;
	sessions_put(mark, STR(""), loop_now(), LIFETIME);
	return 1;
}

/* Whoever has heard the first flight of a client can send it again, to another
 * worker as well: of all who come with a mark one gets it.  Who comes too late,
 * or finds it forgotten, waits for the end of the handshake. */
static int on_early(SSL *ssl, void *arg)
{
	struct hash_id mark;
	void *data;
	size_t n;

	(void)arg;
	if (SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &data, &n) !=
		1 || n != sizeof(mark))
		return 0;
	memcpy(&mark, data, sizeof(mark));
	return sessions_take(mark, loop_now(), der) != SESSIONS_NONE;
}

void resumption_allow_early(SSL *ssl)
{
	(void)SSL_set_max_early_data(ssl, EARLY_MAX);
	(void)SSL_set_recv_max_early_data(ssl, EARLY_MAX);
}

/* ---- sessions ---- */

/* An id of ours is random: a half of it will do to find it by. */
static bool key_of(const unsigned char *id, size_t n, struct hash_id *key_r)
{
	if (n < sizeof(*key_r))
		return false;
	memcpy(key_r, id, sizeof(*key_r));
	return true;
}

static bool key_of_session(const SSL_SESSION *session, struct hash_id *key_r)
{
	unsigned n;
	const unsigned char *id = SSL_SESSION_get_id(session, &n);

	return key_of(id, n, key_r);
}

/* 0: we keep no reference.  Sessions of TLS 1.3 are in their tickets. */
static int on_new(SSL *ssl, SSL_SESSION *session)
{
	unsigned char *p = der;
	struct hash_id key;
	int n;

	if (SSL_version(ssl) >= TLS1_3_VERSION ||
	    !key_of_session(session, &key))
		return 0;
	n = i2d_SSL_SESSION(session, NULL);
	if (n <= 0)
		return 0;
	if ((size_t)n <= sizeof(der))
		(void)i2d_SSL_SESSION(session, &p);
	sessions_put(key, str_make((char *)der, (size_t)n), loop_now(),
	    LIFETIME);
	explicit_bzero(der, sizeof(der));
	return 0;
}

static SSL_SESSION *on_lookup(SSL *ssl, const unsigned char *id, int id_n,
    int *copy)
{
	const unsigned char *p = der;
	SSL_SESSION *session = NULL;
	struct hash_id key;
	unsigned n;
	int len;

	(void)ssl;
	*copy = 0;
	if (!key_of(id, (size_t)id_n, &key))
		return NULL;
	len = sessions_find(key, loop_now(), der);
	if (len > 0)
		session = d2i_SSL_SESSION(NULL, &p, len);
	explicit_bzero(der, sizeof(der));
	if (session == NULL)
		return NULL;
	p = SSL_SESSION_get_id(session, &n);
	if (n == (unsigned)id_n && memcmp(p, id, n) == 0) {
		count(handshakes_by_session);
		return session;
	}
	SSL_SESSION_free(session);
	return NULL;
}

/* After a fatal alert (RFC 5246, 7.2.2), or when its time is over. */
static void on_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
	struct hash_id key;

	(void)ctx;
	if (key_of_session(session, &key))
		sessions_remove(key);
}

/* ---- both ---- */

int resumption_init(void)
{
	cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (cipher == NULL)
		return -ENOMEM;
	INSIST(EVP_CIPHER_get_key_length(cipher) ==
	    sizeof((struct ticket_key){}.cipher));
	timer_init(&rotation, rotate);
	timer_set(&rotation, tickets_due());
	return 0;
}

void resumption_serve(SSL_CTX *ctx)
{
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER |
	    SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
	SSL_CTX_set_timeout(ctx, (long)(LIFETIME / USEC_PER_SEC));
	(void)SSL_CTX_set_num_tickets(ctx, 1);
	(void)SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
	/* OpenSSL's own way knows what one process has seen. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_ANTI_REPLAY);
	(void)SSL_CTX_set_session_ticket_cb(ctx, on_mark, NULL, NULL);
	SSL_CTX_set_allow_early_data_cb(ctx, on_early, NULL);
	SSL_CTX_sess_set_new_cb(ctx, on_new);
	SSL_CTX_sess_set_get_cb(ctx, on_lookup);
	SSL_CTX_sess_set_remove_cb(ctx, on_remove);
}

/*
 * websocket.c - the handshake of RFC 6455, 1.3 and 4.2.2.
 *
 * Runs in workers.  A client of HTTP/2 opens a stream by an extended CONNECT;
 * its origin of HTTP/1 wants a key, and to be checked by what it makes of it.
 */
#include "worker/http/websocket.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "common/base/insist.h"
#include "common/base/random.h"

#define NONCE_SIZE 16
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static const struct str key_name = {"Sec-WebSocket-Key", 17};
static const struct str accept_name = {"Sec-WebSocket-Accept", 20};

static EVP_MD *sha1;

int websocket_init(void)
{
	if (sha1 == NULL)
		sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	return sha1 != NULL ? 0 : -ENOMEM;
}

void websocket_make_key(char *p)
{
	unsigned char nonce[NONCE_SIZE];
	unsigned char text[WEBSOCKET_KEY_SIZE + 1];

	random_fill(nonce, sizeof(nonce));
	INSIST(EVP_EncodeBlock(text, nonce, NONCE_SIZE) == WEBSOCKET_KEY_SIZE);
	memcpy(p, text, WEBSOCKET_KEY_SIZE);
}

void websocket_drop(struct message *m)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		struct str name = field_name(&m->fields[i]);

		if (str_eq_nocase(name, key_name) ||
		    str_eq_nocase(name, accept_name))
			m->fields[i].drop = true;
	}
}

static struct str find(const struct message *m, struct str name)
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (str_eq_nocase(field_name(&m->fields[i]), name))
			return field_value(&m->fields[i]);
	return STR_NONE;
}

/* WEBSOCKET_KEY_SIZE bytes make WEBSOCKET_ANSWER_SIZE. */
static bool answer(const char *key, char *p)
{
	unsigned char text[WEBSOCKET_KEY_SIZE + sizeof(GUID)];
	unsigned char digest[SHA_DIGEST_LENGTH];
	unsigned char out[WEBSOCKET_ANSWER_SIZE + 1];

	memcpy(text, key, WEBSOCKET_KEY_SIZE);
	memcpy(text + WEBSOCKET_KEY_SIZE, GUID, sizeof(GUID) - 1);
	if (EVP_Digest(text, sizeof(text) - 1, digest, NULL, sha1, NULL) != 1)
		return false;
	INSIST(EVP_EncodeBlock(out, digest, sizeof(digest)) ==
	    WEBSOCKET_ANSWER_SIZE);
	memcpy(p, out, WEBSOCKET_ANSWER_SIZE);
	return true;
}

bool websocket_answer(const struct message *m, char *p)
{
	struct str key = find(m, key_name);

	return key.n == WEBSOCKET_KEY_SIZE && answer(key.p, p);
}

bool websocket_accepts(const struct message *m, const char *key)
{
	char want[WEBSOCKET_ANSWER_SIZE];

	return answer(key, want) &&
	    str_eq(find(m, accept_name), str_make(want, sizeof(want)));
}

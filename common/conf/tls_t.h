/*
 * tls_t.h - TLS, as it is configured: for clients and towards origins.
 *
 * A part of conf.h, which says how they live.  Everything that stands in files
 * was read by the master: workers open none.
 */
#ifndef COMMON_CONF_TLS_T_H
#define COMMON_CONF_TLS_T_H

#include "common/base/hash.h"
#include "common/conf/scope_t.h"

/* A certificate, what leads to its issuer, and its key: checked to belong
 * together.  The same files are the same pair, however often they are named. */
struct conf_pair {
	const char *cert_file;
	const char *key_file;	/* CERT_FILE, if both stand there */
	const char *chain_file; /* or NULL */
	struct str cert;	/* PEM: the certificate, then its chain */
	struct str key;		/* PEM */
	const char *subject;	/* "CN=www.example.com" */
	const char *kind;	/* of the key: "EC P-256", "RSA 2048" */
	int64_t not_before;	/* seconds since 1970 */
	int64_t not_after;
	const char *lacks; /* the issuer that clients need, too; or NULL */
	bool key_readable; /* by everybody on the machine */
	unsigned number;	/* in conf.pairs */
	struct conf_place place;
};

/* What a vhost speaks with its clients. */
struct conf_tls {
	const struct conf_pair **pairs; /* for different kinds of keys */
	unsigned pair_count;		/* at least one */
	int min_version;		/* TLS1_2_VERSION, TLS1_3_VERSION */
	const char *ciphers; /* of TLS 1.2, as OpenSSL writes them */
	const char *suites;  /* of TLS 1.3; or NULL */
	bool h2;	     /* offered by ALPN, besides http/1.1 */
	struct str client_ca; /* PEM; or STR_NONE */
	enum conf_client_cert client_cert; /* asked for in the handshake */
	bool early_data;
	bool ocsp_staple;
	usec_t handshake_timeout;
	const char *provider; /* of OpenSSL, or NULL */
	struct hash_id policy; /* sessions are resumed under the same only */
	unsigned number;       /* in conf.tls */
	struct conf_place place;
};

/* What a pool speaks with its servers that have https:// */
struct conf_origin_tls {
	struct str ca;	  /* PEM; or STR_NONE: the system's */
	const char *name; /* asked for and verified; NULL: the server's */
	bool verify;
	const struct conf_pair *pair; /* shown to servers that ask, or NULL */
	int min_version;
	const char *ciphers;
	const char *suites; /* or NULL */
};

#endif

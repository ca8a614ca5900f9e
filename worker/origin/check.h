/*
 * check.h - one check of one server: is it well?
 *
 * What is tried is said by the pool's health (struct conf_health); when, and
 * what follows from it, by health.h.  A check has a connection of its own,
 * never one of a client's requests.
 */
#ifndef WORKER_ORIGIN_CHECK_H
#define WORKER_ORIGIN_CHECK_H

#include "common/base/out.h"
#include "common/conf/conf.h"
#include "worker/fiber/fiber.h"
#include "worker/origin/origin_tls.h"

enum check_outcome {
#define CHECK_RESULT(name, verdict, detail, text) CHECK_##name,
#include "common/tbl/check_results.h"
#undef CHECK_RESULT
	CHECK_END
};

enum check_verdict { CHECK_WELL, CHECK_ILL, CHECK_UNKNOWN };

struct check_result {
	enum check_outcome outcome;
	unsigned detail; /* errno, status or fault: as the table says */
};

/* Whom to check, and how. */
struct check_target {
	const struct conf_health *conf;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	struct str host;   /* for the Host field */
	struct str prefix; /* path prefix of the server's URL, or "" */
	unsigned proxy_protocol; /* its version, or 0 */
	SSL_CTX *tls;	   /* a handshake is made; or NULL */
	bool verify;	   /* and what the server shows must be good */
	struct origin_tls_name name;
	bool h2; /* without TLS, which says so itself, HTTP/2 is spoken */
};

/* Checks T, for conf->timeout at most. */
WAITS void check_run(const struct check_target *t,
    struct check_result *result_r);

enum check_verdict check_verdict(enum check_outcome outcome);

/* "check got status 503, expected 200-299" */
void check_say(struct out *o, const struct conf_health *conf,
    const struct check_result *result);

#endif

/*
 * pairs.c - certificates of this worker: read, renewed, stapled.
 *
 * Runs in workers.  The master sends a pair anew when its files have changed.
 * It takes its place at once, if contexts can be made with it; then the former
 * one is given up, and goes with the last connection that has it.
 */
#include "worker/pairs.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/ipc/pair.h"
#include "worker/conn/tls_pair.h"
#include "worker/contexts.h"
#include "worker/origin/pool.h"
#include "worker/staple.h"

static const struct conf *conf;
static struct staple **staples; /* by number; NULL: none */

/* ---- reading ---- */

static struct tls_pair *read_memfd(int fd)
{
	struct pair_text text;
	struct tls_pair *p;

	if (pair_read(fd, PAIR_PARTS, &text) < 0)
		return NULL;
	p = tls_pair_read(text.part[PAIR_CERT], text.part[PAIR_KEY]);
	pair_free(&text);
	return p;
}

static void say_unusable(unsigned number)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	log_error("certificate: %s can't be used: %s",
	    conf->pairs[number]->cert_file, why != NULL ? why : "?");
	ERR_clear_error();
}

/* NULL: it was logged why. */
static struct tls_pair *read_pair(unsigned number, int fd)
{
	const struct conf_pair *c = conf->pairs[number];
	struct tls_pair *p;

	ERR_clear_error();
	p = fd >= 0 ? read_memfd(fd) : tls_pair_read(c->cert, c->key);
	if (p == NULL)
		say_unusable(number);
	ERR_clear_error();
	return p;
}

/* ---- stapling ---- */

static bool is_stapled(unsigned number)
{
	for (unsigned i = 0; i < conf->tls_count; i++) {
		const struct conf_tls *tls = conf->tls[i];

		for (unsigned k = 0; k < tls->pair_count; k++)
			if (tls->ocsp_staple &&
			    tls->pairs[k]->number == number)
				return true;
	}
	return false;
}

/* Without an issuer nobody can be asked, and what is said not be checked. */
static void staple(unsigned number, const struct tls_pair *p)
{
	staple_end(&staples[number]);
	if (is_stapled(number) && sk_X509_num(p->chain) > 0)
		staples[number] = staple_begin(p->cert,
		    sk_X509_value(p->chain, 0),
		    conf->pairs[number]->cert_file);
}

/* ---- from the outside ---- */

static int init_pair(unsigned number, int fd)
{
	struct tls_pair *p = read_pair(number, fd);

	if (fd >= 0)
		close(fd);
	if (p == NULL)
		return -EINVAL;
	(void)tls_pair_set(number, p);
	staple(number, p);
	return 0;
}

int pairs_init(const struct conf *c, const int *fds)
{
	int err = tls_pairs_init(c->pair_count);

	conf = c;
	staples = calloc(c->pair_count + 1, sizeof(*staples));
	if (staples == NULL)
		err = -ENOMEM;
	if (err == 0 && c->pair_count > 0)
		err = staple_init(c);
	for (unsigned i = 0; i < c->pair_count && err == 0; i++)
		err = init_pair(i, fds[i]);
	return err;
}

bool pairs_renew(int64_t value, int fd)
{
	unsigned number = (unsigned)value;
	struct tls_pair *p, *former;

	if (value < 0 || value >= conf->pair_count)
		return false;
	p = read_pair(number, fd);
	if (p == NULL)
		return false;
	former = tls_pair_set(number, p);
	if (!contexts_renew(number)) {
		(void)tls_pair_set(number, former);
		tls_pair_free(&p);
		return false;
	}
	pools_renew_pair(number);
	staple(number, p);
	tls_pair_free(&former);
	return true;
}

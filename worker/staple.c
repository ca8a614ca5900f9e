/*
 * staple.c - OCSP stapling: who fetches when, and what a handshake gets.
 *
 * Runs in workers, in the loop; a fetch has a fiber.
 *
 *	staple --- record: copy of what all workers know
 *	  |  \____ timer: when to look at it again
 *	  v
 *	X509 ----- stapled: what a handshake gets; freed with the certificate
 *
 * When its timer fires a staple does one thing:
 *
 *	look      read what all workers know; is it still good?
 *	  |  yes: again when it is not, in an hour at the latest
 *	  v  no
 *	claim     the right to fetch
 *	  |  somebody else has it: look again in a moment
 *	  v  ours
 *	fetch     on a fiber; store what came, and log what it changes
 *
 * The worker that fetched says what changed: once, however many there are.
 */
#include "worker/staple.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/conf/issuer.h"
#include "common/shm/seat.h"
#include "common/shm/staples.h"
#include "worker/fiber/loop.h"
#include "worker/ocsp.h"
#include "worker/origin/lookup.h"
#include "worker/staple_fetch.h"

#define STAPLE_MAGIC 0x5354504cu
#define URL_MAX 1024
#define AT_ONCE 4 /* fetches, in a worker */
#define AGAIN (100 * USEC_PER_MSEC)
#define LOOK_AGAIN (250 * USEC_PER_MSEC)
#define LOOK_MOST USEC_PER_HOUR
#define LATE (5 * USEC_PER_SEC) /* for a worker that is slow to end */

struct stapled {
	usec_t good_until; /* wall clock */
	size_t n;
	unsigned char response[];
};

struct staple {
	uint32_t magic;
	X509 *cert;
	X509 *issuer;
	const char *name;
	struct hash_id id;
	struct staple_record record;
	struct timer timer;
	uint64_t claim;	 /* of the fetch that is under way */
	bool fetching;
	bool over; /* freed when the fetch ends */
	size_t url_n;
	char url[URL_MAX];
};

static int place = -1; /* of stapled, among what hangs on an X509 */
static unsigned under_way;

/* ---- the certificate ---- */

static void free_stapled(void *parent, void *p, CRYPTO_EX_DATA *data, int i,
    long l, void *arg)
{
	(void)parent;
	(void)data;
	(void)i;
	(void)l;
	(void)arg;
	free(p);
}

/* What there was before stays if there is no memory. */
static void hang(struct staple *s)
{
	const struct staple_record *r = &s->record;
	struct stapled *new = malloc(sizeof(*new) + r->response_n);
	void *old = X509_get_ex_data(s->cert, place);

	if (new == NULL)
		return;
	new->good_until = r->good_until;
	new->n = r->response_n;
	memcpy(new->response, r->response, r->response_n);
	if (X509_set_ex_data(s->cert, place, new) == 1)
		free(old);
	else
		free(new);
}

/* ---- in a handshake ---- */

/* Not on a fiber's wait: OpenSSL calls it, and owns the copy. */
static int give(SSL *ssl, void *arg)
{
	X509 *cert = SSL_get_certificate(ssl);
	const struct stapled *s =
	    cert != NULL ? X509_get_ex_data(cert, place) : NULL;
	unsigned char *copy;

	(void)arg;
	if (s == NULL || s->good_until <= clock_wall())
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_malloc(s->n);
	if (copy == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	memcpy(copy, s->response, s->n);
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)s->n);
	count(stapled);
	return SSL_TLSEXT_ERR_OK;
}

void staple_enable(SSL_CTX *ctx)
{
	INSIST(place >= 0);
	SSL_CTX_set_tlsext_status_cb(ctx, give);
}

/* ---- fetching ---- */

static void say_status(const struct staple *s)
{
	char until[CLOCK_TEXT_SIZE];

	clock_text(s->record.good_until, until);
	if (s->record.status == STAPLE_REVOKED)
		log_error("certificate: %s is revoked, says its issuer by OCSP",
		    s->name);
	else
		log_info("certificate: %s is good, says its issuer by OCSP: "
			 "stapled until %s", s->name, until);
}

/* By the worker that fetched, for all. */
static void say(const struct staple *s, unsigned what,
    const struct staple_outcome *o)
{
	if (what & STAPLE_BROKE)
		log_warning("certificate: %s: no OCSP response of %.*s: %s%s",
		    s->name, (int)s->url_n, s->url,
		    staple_fault_text(o->fault),
		    s->record.stored_at != 0 ? "; the last one is kept" : "");
	else if (what & STAPLE_CHANGED)
		say_status(s);
	else if (what & STAPLE_RECOVERED)
		log_info("certificate: %s has OCSP responses again", s->name);
}

static void set_timer(struct staple *s)
{
	usec_t due = s->record.due;
	usec_t now = loop_now();

	if (due <= now)
		due = now + LOOK_AGAIN;
	timer_set(&s->timer, due < now + LOOK_MOST ? due : now + LOOK_MOST);
}

static void free_staple(struct staple *s)
{
	timer_clear(&s->timer);
	X509_free(s->cert);
	X509_free(s->issuer);
	s->magic = 0;
	free(s);
}

static void store(struct staple *s, const struct staple_outcome *o)
{
	unsigned what = 0;
	bool changed = false;

	count(ocsp_fetches);
	if (o->fault != STAPLE_FINE)
		count(ocsp_failures);
	if (s->claim == STAPLES_ALONE) {
		what = staples_apply(&s->record, o, loop_now(), clock_wall());
		changed = o->fault == STAPLE_FINE;
	} else if (staples_store(s->id, s->claim, o, loop_now(),
		       clock_wall(), &what)) {
		changed = staples_read(s->id, &s->record, loop_now());
	}
	if (changed)
		hang(s);
	say(s, what, o);
}

WAITS static void run(void *arg)
{
	struct staple *s = arg;
	struct staple_outcome *o = malloc(sizeof(*o));

	INSIST_MAGIC(s, STAPLE_MAGIC);
	if (o != NULL) {
		staple_fetch(s->cert, s->issuer, str_make(s->url, s->url_n),
		    o);
		store(s, o);
	}
	free(o);
	s->fetching = false;
	under_way--;
	if (s->over)
		free_staple(s);
	else
		set_timer(s);
}

static void begin_fetch(struct staple *s)
{
	s->claim = staples_claim(s->id, loop_now(),
	    STAPLE_FETCH_LONGEST + LATE);
	s->fetching = s->claim != 0 && fiber_start("staple", run, s);
	if (s->fetching)
		under_way++;
	else
		set_timer(s);
}

static void look(struct timer *t)
{
	struct staple *s = container_of(t, struct staple, timer);

	INSIST_MAGIC(s, STAPLE_MAGIC);
	INSIST(!s->fetching);
	if (staples_read(s->id, &s->record, loop_now()))
		hang(s);
	if (!staples_is_due(&s->record, loop_now(), clock_wall()))
		set_timer(s);
	else if (under_way >= AT_ONCE)
		timer_set(t, loop_now() + AGAIN);
	else
		begin_fetch(s);
}

/* ---- from the outside ---- */

int staple_init(const struct conf *conf)
{
	ocsp_init();
	if (place < 0)
		place = X509_get_ex_new_index(0, NULL, NULL, NULL,
		    free_stapled);
	return place < 0 ? -ENOMEM : lookup_init(conf);
}

struct staple *staple_begin(X509 *cert, X509 *issuer, const char *name)
{
	struct staple *s = calloc(1, sizeof(*s));
	struct out url;

	if (s == NULL)
		return NULL;
	url = out_make(s->url, sizeof(s->url));
	if (!conf_issuer_responder(cert, &url)) {
		free(s);
		return NULL;
	}
	s->magic = STAPLE_MAGIC;
	s->url_n = url.n;
	s->cert = cert;
	s->issuer = issuer;
	X509_up_ref(cert);
	X509_up_ref(issuer);
	s->name = name;
	s->id = conf_issuer_id(cert);
	timer_init(&s->timer, look);
	if (staples_read(s->id, &s->record, loop_now()))
		hang(s);
	timer_set(&s->timer, loop_now());
	return s;
}

void staple_end(struct staple **s_p)
{
	struct staple *s = *s_p;

	*s_p = NULL;
	if (s == NULL)
		return;
	INSIST_MAGIC(s, STAPLE_MAGIC);
	s->over = true;
	timer_clear(&s->timer);
	if (!s->fetching)
		free_staple(s);
}

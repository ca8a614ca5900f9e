/*
 * pair_check.c - a pair whose files have changed is read and checked, in a
 * process of its own.
 *
 * Runs in the master; what parses runs in its child (trial.h), by the code that
 * the configuration is read with.  The master makes a memfd, the child writes
 * the pair into it and seals it: so the master gets what was checked, byte for
 * byte, and never parses it.
 */
#include "master/pair_check.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/conf/certificate.h"
#include "common/ipc/pair.h"
#include "master/pair_facts.h"
#include "master/trial.h"

#define STATUS_SAME 0
#define STATUS_REFUSED 1
#define STATUS_RENEWED 2

static const struct conf *conf;
static const struct conf_pair *pair;
static int in_use;
static int memfd = -1;
static void (*on_done)(enum pair_verdict verdict, int fd, struct str text);

/* ---- in the child ---- */

static bool is_same(const struct conf_pair *p)
{
	struct pair_text text;
	bool same;

	if (in_use < 0)
		return str_eq(p->cert, pair->cert) &&
		    str_eq(p->key, pair->key);
	if (pair_read(in_use, PAIR_PARTS, &text) < 0)
		return false;
	same = str_eq(p->cert, text.part[PAIR_CERT]) &&
	    str_eq(p->key, text.part[PAIR_KEY]);
	pair_free(&text);
	return same;
}

/* "EC P-256" and "EC P-384" are the same kind to OpenSSL. */
static bool same_kind(const char *a, const char *b)
{
	size_t n = strcspn(a, " ");

	return strcspn(b, " ") == n && strncmp(a, b, n) == 0;
}

/* Another pair of the same vhost would lose its place. */
static const struct conf_pair *find_rival(const struct conf_pair *p)
{
	for (unsigned i = 0; i < conf->tls_count; i++) {
		const struct conf_tls *tls = conf->tls[i];
		const struct conf_pair *rival = NULL;
		bool ours = false;

		for (unsigned k = 0; k < tls->pair_count; k++) {
			const struct conf_pair *other = tls->pairs[k];

			ours = ours || other == pair;
			if (other != pair && same_kind(other->kind, p->kind))
				rival = other;
		}
		if (ours && rival != NULL)
			return rival;
	}
	return NULL;
}

static bool is_acceptable(const struct conf_pair *p, FILE *to)
{
	const struct conf_pair *rival = find_rival(p);
	int64_t now = clock_wall() / USEC_PER_SEC;

	if (rival != NULL)
		fprintf(to, "its key is %s, and so is that of %s\n", p->kind,
		    rival->cert_file);
	else if (p->not_after <= now)
		fprintf(to, "it has expired\n");
	else if (p->not_before > now)
		fprintf(to, "it is not valid yet\n");
	else
		return true;
	return false;
}

/* A warning only, as in the configuration. */
static void look_at_names(const struct conf_pair *p, FILE *to)
{
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		const struct conf_vhost *v = conf->vhosts[i];
		bool ours = false;

		for (unsigned k = 0; v->tls != NULL && k < v->tls->pair_count;
		    k++)
			ours = ours || v->tls->pairs[k] == pair;
		for (unsigned k = 0; ours && k < v->host_count; k++)
			if (!conf_certificate_covers(p, v->hosts[k]))
				fprintf(to, "it is not for %s\n",
				    v->hosts[k]);
	}
}

static int write_out(const struct conf_pair *p, struct arena *a, FILE *to)
{
	struct pair_text text;
	int err;

	pair_facts(p, a, &text);
	text.part[PAIR_CERT] = p->cert;
	text.part[PAIR_KEY] = p->key;
	err = pair_write(memfd, &text);
	if (err < 0)
		fprintf(to, "it can't be kept: %s\n", strerror(-err));
	return err < 0 ? STATUS_REFUSED : STATUS_RENEWED;
}

static int check(struct trial *t, FILE *to)
{
	struct conf_pair p = {.cert_file = pair->cert_file,
	    .key_file = pair->key_file,
	    .chain_file = pair->chain_file};
	struct conf_pair_fault fault;
	struct arena arena;

	(void)t;
	arena_init(&arena);
	if (!conf_certificate_read(&arena, &p, &fault)) {
		fprintf(to, "%s\n", fault.text);
		return STATUS_REFUSED;
	}
	if (is_same(&p))
		return STATUS_SAME;
	if (!is_acceptable(&p, to))
		return STATUS_REFUSED;
	look_at_names(&p, to);
	return write_out(&p, &arena, to);
}

/* ---- in the master ---- */

static void checked(struct trial *t, int status, struct str messages)
{
	int fd = memfd;

	(void)t;
	memfd = -1;
	if (status != STATUS_RENEWED) {
		close(fd);
		on_done(status == STATUS_SAME ? PAIR_SAME : PAIR_REFUSED, -1,
		    messages);
		return;
	}
	on_done(PAIR_RENEWED, fd, messages);
}

static struct trial trial = {
    .what = "checking a certificate", .run = check, .done = checked};

int pair_check(const struct conf *c, unsigned number, int in_use_fd,
    void (*done)(enum pair_verdict verdict, int fd, struct str text))
{
	int err;

	if (trial.pid != 0)
		return -EBUSY;
	conf = c;
	pair = c->pairs[number];
	in_use = in_use_fd;
	on_done = done;
	memfd = pair_open();
	if (memfd < 0)
		return memfd;
	err = trial_start(&trial);
	if (err < 0)
		pair_check_forget();
	return err;
}

void pair_check_abandon(void)
{
	if (trial.pid == 0 || trial.abandoned)
		return;
	trial_abandon(&trial);
	pair_check_forget();
}

void pair_check_forget(void)
{
	if (memfd >= 0)
		close(memfd);
	memfd = -1;
}

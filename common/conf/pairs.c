/*
 * pairs.c - the settings that name certificates and keys.
 *
 * Runs in the master.  Many vhosts may name the same files: they are read
 * once, and workers hold them once.
 */
#include "common/conf/pairs.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "common/base/insist.h"

#define DAY 86400
#define ENDS_SOON (14 * DAY)
#define DATE_SIZE 16

/* What was read, or could not be. */
struct conf_pair_draft {
	struct conf_pair_draft *next;
	struct hash_id files; /* their names, as asked for */
	struct conf_pair *pair;
	struct conf_pair_fault fault;
	bool ok;
};

const struct conf_pair_settings conf_pair_of_tls = {{SETTING_TLS_cert,
    SETTING_TLS_key, SETTING_TLS_chain}};
const struct conf_pair_settings conf_pair_of_cert = {{SETTING_CERT_cert,
    SETTING_CERT_key, SETTING_CERT_chain}};
const struct conf_pair_settings conf_pair_of_pool = {{SETTING_POOL_TLS_cert,
    SETTING_POOL_TLS_key, SETTING_POOL_TLS_chain}};

const char *conf_pairs_path(struct conf_build *b,
    const config_setting_t *setting)
{
	const struct conf_spot *spot = conf_tree_spot(setting);

	return conf_build_path(&b->conf->arena,
	    conf_build_folder(b->scratch, spot->source->name),
	    conf_tree_text(setting));
}

/* ---- a pair once ---- */

static struct hash_id name_files(const char *const names[CONF_PAIR_PARTS])
{
	struct hash_id id = {{0, 0}};

	for (unsigned i = 0; i < CONF_PAIR_PARTS; i++)
		id = hash_id_add(id, str_from(names[i] ? names[i] : ""));
	return id;
}

static struct conf_pair_draft *find(struct conf_build *b, struct hash_id files)
{
	struct conf_pair_draft *d = b->pairs;

	while (d != NULL && !hash_id_eq(d->files, files))
		d = d->next;
	return d;
}

static struct conf_pair_draft *read_files(struct conf_build *b,
    const char *const names[CONF_PAIR_PARTS], const struct conf_spot *spot)
{
	struct conf_pair_draft *d = ARENA_NEW(b->scratch,
	    struct conf_pair_draft);
	struct arena *a = &b->conf->arena;

	d->files = name_files(names);
	d->pair = ARENA_NEW(a, struct conf_pair);
	*d->pair = (struct conf_pair){.cert_file = names[CONF_PAIR_CERT],
	    .key_file = names[CONF_PAIR_KEY],
	    .chain_file = names[CONF_PAIR_CHAIN],
	    .place = conf_spot_place(spot)};
	d->ok = conf_certificate_read(a, d->pair, &d->fault);
	if (d->ok)
		d->pair->number = b->conf->pair_count++;
	d->next = b->pairs;
	b->pairs = d;
	return d;
}

void conf_pairs_finish(struct conf_build *b)
{
	struct conf *conf = b->conf;

	conf->pairs = ARENA_ARRAY(&conf->arena, const struct conf_pair *,
	    conf->pair_count);
	for (const struct conf_pair_draft *d = b->pairs; d != NULL; d = d->next)
		if (d->ok)
			conf->pairs[d->pair->number] = d->pair;
}

/* ---- what is odd about it ---- */

static const char *date(char text[DATE_SIZE], int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(text, DATE_SIZE, "%Y-%m-%d", &tm);
	return text;
}

static void lint_dates(struct conf_build *b, const struct conf_spot *spot,
    const struct conf_pair *pair)
{
	int64_t now = (int64_t)time(NULL);
	char day[DATE_SIZE];

	if (pair->not_before > now)
		conf_report_lint(b->report, LINT_certificate_early, spot,
		    "the certificate %s (%s) is valid from %s on only",
		    pair->cert_file, pair->subject,
		    date(day, pair->not_before));
	else if (pair->not_after <= now)
		conf_report_lint(b->report, LINT_certificate_ends, spot,
		    "the certificate %s (%s) ended on %s: no client takes it",
		    pair->cert_file, pair->subject,
		    date(day, pair->not_after));
	else if (pair->not_after - now < ENDS_SOON)
		conf_report_lint(b->report, LINT_certificate_ends, spot,
		    "the certificate %s ends in %lld days (%s)",
		    pair->cert_file,
		    (long long)((pair->not_after - now) / DAY), pair->subject);
}

static void lint(struct conf_build *b, const struct conf_spot *spot,
    const struct conf_pair *pair)
{
	lint_dates(b, spot, pair);
	if (pair->lacks != NULL) {
		conf_report_lint(b->report, LINT_chain_incomplete, spot,
		    "the certificate %s stands alone: clients need that of "
		    "its issuer, too (%s)", pair->cert_file, pair->lacks);
		conf_report_help(b->report, "put it behind it in the file, or "
		    "write chain = %s;",
		    conf_setting_rows[SETTING_TLS_chain].example);
	}
	if (!pair->key_readable)
		return;
	conf_report_lint(b->report, LINT_secret_readable, spot,
	    "everybody may read the key in %s", pair->key_file);
	conf_report_help(b->report, "chmod 600 %s: only the master, as root, "
	    "reads it", pair->key_file);
}

/* ---- a group ---- */

static const struct conf_spot *spot_of(const config_setting_t *group,
    const struct conf_pair_settings *settings, enum conf_pair_part part)
{
	if (!conf_setting_given(group, settings->file[part]))
		part = CONF_PAIR_CERT;
	return conf_setting_spot(group, settings->file[part]);
}

static void report_no_cert(struct conf_build *b, const config_setting_t *group,
    const struct conf_pair_settings *settings)
{
	conf_report_error(b->report, conf_tree_spot(group),
	    "there is a key, but no certificate");
	conf_report_help(b->report, "write cert = %s;",
	    conf_setting_rows[settings->file[CONF_PAIR_CERT]].example);
}

/* One fault, and which other files are not there: to be mended in one go. */
static void report_fault(struct conf_build *b, const config_setting_t *group,
    const struct conf_pair_settings *settings, const struct conf_pair_draft *d)
{
	const char *const names[CONF_PAIR_PARTS] = {d->pair->cert_file,
	    d->pair->key_file, d->pair->chain_file};

	conf_report_error(b->report, spot_of(group, settings, d->fault.part),
	    "%s", d->fault.text);
	if (d->fault.help != NULL)
		conf_report_help(b->report, "%s", d->fault.help);
	for (int i = d->fault.part + 1; i < CONF_PAIR_PARTS; i++)
		if (names[i] != NULL && access(names[i], R_OK) != 0)
			conf_report_error(b->report, spot_of(group, settings,
			    (enum conf_pair_part)i), "%s cannot be read: %s",
			    names[i], strerror(errno));
}

const struct conf_pair *conf_pairs_read(struct conf_build *b,
    const config_setting_t *group, const struct conf_pair_settings *settings)
{
	const char *names[CONF_PAIR_PARTS];
	struct conf_pair_draft *d;
	bool any = false, bad = false;

	for (unsigned i = 0; i < CONF_PAIR_PARTS; i++) {
		enum conf_setting id = settings->file[i];
		const config_setting_t *s = conf_setting_get(group, id);

		any |= conf_setting_given(group, id);
		bad |= conf_setting_given(group, id) && s == NULL;
		names[i] = s != NULL ? conf_pairs_path(b, s) : NULL;
	}
	if (any && !bad && names[CONF_PAIR_CERT] == NULL)
		report_no_cert(b, group, settings);
	if (bad || names[CONF_PAIR_CERT] == NULL)
		return NULL;
	d = find(b, name_files(names));
	if (d == NULL)
		d = read_files(b, names,
		    spot_of(group, settings, CONF_PAIR_CERT));
	if (d->ok) {
		lint(b, spot_of(group, settings, CONF_PAIR_CERT), d->pair);
		return d->pair;
	}
	report_fault(b, group, settings, d);
	return NULL;
}

/* OpenSSL holds one certificate of a kind of key: "EC", "RSA", "ED25519". */
static struct str family(const struct conf_pair *pair)
{
	struct str rest = str_from(pair->kind), first = rest;

	str_next_part(&rest, ' ', &first);
	return first;
}

static bool is_another_kind(struct conf_build *b, const config_setting_t *item,
    const struct conf_pair *pair, const struct conf_pair **pairs,
    unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!str_eq(family(pairs[i]), family(pair)))
			continue;
		conf_report_error(b->report, conf_tree_spot(item),
		    "%s and %s have keys of the same kind (%s): clients can't "
		    "choose between them", pairs[i]->cert_file,
		    pair->cert_file, pair->kind);
		conf_report_help(b->report, "\"certs\" is for one EC and one "
		    "RSA key; for other names make another vhost");
		return false;
	}
	return true;
}

static unsigned read_list(struct conf_build *b, const config_setting_t *list,
    const struct conf_pair **pairs)
{
	unsigned count = 0;

	for (unsigned i = 0; i < conf_tree_item_count(list); i++) {
		const config_setting_t *item = conf_tree_item(list, i);
		const struct conf_pair *pair;

		if (conf_tree_refused(item))
			continue;
		conf_settings_check(b->report, item, CONTEXT_CERT);
		if (!conf_setting_given(item, SETTING_CERT_cert)) {
			report_no_cert(b, item, &conf_pair_of_cert);
			continue;
		}
		pair = conf_pairs_read(b, item, &conf_pair_of_cert);
		conf_settings_done(item);
		if (pair != NULL &&
		    is_another_kind(b, item, pair, pairs, count))
			pairs[count++] = pair;
	}
	return count;
}

unsigned conf_pairs_read_all(struct conf_build *b,
    const config_setting_t *group, const struct conf_pair ***pairs_r)
{
	const config_setting_t *list =
	    conf_setting_get(group, SETTING_TLS_certs);
	unsigned room = list != NULL ? conf_tree_item_count(list) : 1;
	const struct conf_pair **pairs =
	    ARENA_ARRAY(&b->conf->arena, const struct conf_pair *, room);
	const struct conf_pair *pair =
	    conf_pairs_read(b, group, &conf_pair_of_tls);

	*pairs_r = pairs;
	if (list != NULL && conf_setting_given(group, SETTING_TLS_cert)) {
		conf_report_error(b->report, conf_tree_spot(list),
		    "\"cert\" and \"certs\" exclude each other");
		conf_report_help(b->report, "let \"certs\" have all of them");
		return 0;
	}
	if (list != NULL)
		return read_list(b, list, pairs);
	pairs[0] = pair;
	return pair != NULL;
}

/* ---- authorities ---- */

struct str conf_pairs_read_ca(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id)
{
	const config_setting_t *setting = conf_setting_get(group, id);
	struct conf_pair_fault fault = {.text = NULL};
	struct str pem;

	if (setting == NULL)
		return STR_NONE;
	pem = conf_certificate_read_ca(&b->conf->arena,
	    conf_pairs_path(b, setting), &fault);
	if (pem.p != NULL)
		return pem;
	conf_report_error(b->report, conf_tree_spot(setting), "%s", fault.text);
	if (fault.help != NULL)
		conf_report_help(b->report, "%s", fault.help);
	return STR_NONE;
}

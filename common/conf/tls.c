/*
 * tls.c - the setting "tls" of a vhost.
 *
 * Runs in the master, which reads certificates and keys: a worker opens
 * nothing by name.
 */
#include "common/conf/tls.h"

#include <openssl/ssl.h>

#include "common/base/insist.h"
#include "common/conf/settings.h"
#include "common/conf/source.h"

/* The text of the file that ID names; STR_NONE: there is none, or reported. */
static struct str read_file(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id, const char **name_r)
{
	const struct conf_spot *spot = conf_setting_spot(group, id);
	const char *text = conf_setting_text(group, id);
	const struct conf_source *source;
	const char *error;

	*name_r = NULL;
	if (text == NULL)
		return STR_NONE;
	*name_r = conf_build_path(&b->conf->arena,
	    conf_build_folder(b->scratch, spot->source->name), text);
	source = conf_source_read(&b->conf->arena, *name_r, &error);
	if (source != NULL)
		return source->text;
	conf_report_error(b->report, spot, "%s cannot be read: %s", *name_r,
	    error);
	return STR_NONE;
}

static const struct conf_pair *read_pair(struct conf_build *b,
    const config_setting_t *group)
{
	struct conf_pair *pair = ARENA_NEW(&b->conf->arena, struct conf_pair);

	pair->cert = read_file(b, group, SETTING_TLS_cert, &pair->cert_file);
	pair->key = read_file(b, group, SETTING_TLS_key, &pair->key_file);
	if (pair->key.p == NULL) {
		pair->key = pair->cert;
		pair->key_file = pair->cert_file;
	}
	pair->number = b->conf->pair_count++;
	pair->place = conf_spot_place(conf_tree_spot(group));
	return pair;
}

const struct conf_tls *conf_tls_read(struct conf_build *b,
    const config_setting_t *root, const struct conf_vhost *v)
{
	const config_setting_t *group = conf_setting_get(root, SETTING_VHOST_tls);
	struct conf_tls *tls;

	if (group == NULL)
		return NULL;
	tls = ARENA_NEW(&b->conf->arena, struct conf_tls);
	tls->pairs = ARENA_ARRAY(&b->conf->arena, const struct conf_pair *, 1);
	tls->pairs[tls->pair_count++] = read_pair(b, group);
	tls->min_version = TLS1_2_VERSION;
	tls->h2 = true;
	tls->handshake_timeout = 10 * USEC_PER_SEC;
	tls->policy = hash_id_add(
	    (struct hash_id){{0, 0}}, str_from(v->name));
	tls->number = b->conf->tls_count++;
	tls->place = conf_spot_place(conf_tree_spot(group));
	conf_settings_done(group);
	return tls;
}

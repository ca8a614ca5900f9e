/*
 * show_tls.c - TLS, as sluiced -T prints it.
 *
 * Runs in the process of -T.  Names of files are printed, and nothing of what
 * is in them.
 */
#include "common/conf/show_group.h"
#include "common/conf/tls.h"

/* Together from one group, or not at all. */
static bool is_of_certificate(enum conf_setting id)
{
	return id == SETTING_TLS_cert || id == SETTING_TLS_key ||
	    id == SETTING_TLS_chain || id == SETTING_TLS_certs;
}

void conf_show_tls(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	const config_setting_t *word;
	struct conf_layers groups = conf_tls_groups(layers, &word);
	const config_setting_t *certificate =
	    conf_tls_with_certificate(&groups);
	struct conf_layers own = conf_layers_over(NULL, certificate);

	if (word != NULL)
		conf_show_setting(w, word);
	if (groups.count == 0 ||
	    (id == SETTING_VHOST_tls && certificate == NULL))
		return;
	conf_write_begin(w, conf_setting_rows[id].key);
	conf_write_open(w, "{", NULL);
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == CONTEXT_TLS &&
		    conf_setting_rows[i].type != TYPE_LATER)
			conf_show_row(w, (enum conf_setting)i,
			    is_of_certificate((enum conf_setting)i)
			    ? &own : &groups);
	conf_write_close(w, "};");
	conf_write_end(w, NULL);
}

bool conf_show_is_file(enum conf_setting id, const config_setting_t *s)
{
	static const enum conf_setting files[] = {SETTING_TLS_cert,
	    SETTING_TLS_key, SETTING_TLS_chain, SETTING_TLS_client_ca,
	    SETTING_CERT_cert, SETTING_CERT_key, SETTING_CERT_chain,
	    SETTING_POOL_TLS_cert, SETTING_POOL_TLS_key,
	    SETTING_POOL_TLS_chain, SETTING_POOL_TLS_ca};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (id == files[i])
			return conf_tree_text(s)[0] != '/' &&
			    strcmp(conf_tree_text(s), "system") != 0;
	return false;
}

/* Who inherits it may stand in another folder. */
void conf_show_file(struct conf_writer *w, const config_setting_t *s)
{
	const struct conf_spot *spot = conf_tree_spot(s);
	struct arena a;

	arena_init(&a);
	conf_write_begin(w, s->name);
	conf_write_string(w, str_from(conf_build_path(&a,
	    conf_build_folder(&a, spot->source->name), conf_tree_text(s))));
	conf_write(w, ";");
	conf_write_end(w, spot);
	arena_free(&a);
}

/* "180d" is { max_age = "180d"; } */
void conf_show_term(struct conf_writer *w, enum conf_setting id,
    const config_setting_t *s)
{
	struct conf_layers own = conf_layers_over(NULL, s);

	if (s->type == CONFIG_TYPE_BOOL) {
		conf_show_setting(w, s);
		return;
	}
	conf_write_begin(w, conf_setting_rows[id].key);
	conf_write_open(w, "{", conf_tree_spot(s));
	if (config_setting_is_group(s)) {
		conf_show_group(w, CONTEXT_HSTS, &own);
	} else {
		conf_write_begin(w, conf_setting_rows[SETTING_HSTS_max_age].key);
		conf_write_value(w, s);
		conf_write(w, ";");
		conf_write_end(w, conf_tree_spot(s));
		conf_show_default(w, SETTING_HSTS_include_subdomains);
		conf_show_default(w, SETTING_HSTS_preload);
	}
	conf_write_close(w, "};");
	conf_write_end(w, NULL);
}

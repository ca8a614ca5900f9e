/*
 * tls.h - the setting "tls" of a vhost.
 */
#ifndef COMMON_CONF_TLS_H
#define COMMON_CONF_TLS_H

#include "common/conf/build.h"

/*
 * What DRAFT's vhost speaks with its clients, by its layers, the first of
 * which is ROOT, its file: tls, hsts, https_redirect and passthrough of the
 * vhost.
 */
void conf_tls_read(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *root);

/* The mistakes in what LAYERS, of sluiced.conf or of a preset, say. */
void conf_tls_check(struct conf_build *b, const struct conf_layers *layers);

/* When all else of DRAFT was read: what depends on its hosts and routes. */
void conf_tls_finish(struct conf_build *b, const struct conf_draft *draft);

/* Do LAYERS name a certificate? */
bool conf_tls_is_spoken(const struct conf_layers *layers);

/*
 * The groups among the "tls" of LAYERS that hold together: up to a true, false
 * or "passthrough".  That is *word_r if no group is nearer; or NULL.
 */
struct conf_layers conf_tls_groups(const struct conf_layers *layers,
    const config_setting_t **word_r);

/* The one of those GROUPS whose certificates are taken, or NULL. */
const config_setting_t *conf_tls_with_certificate(
    const struct conf_layers *groups);

#endif

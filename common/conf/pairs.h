/*
 * pairs.h - the settings that name certificates and keys.
 */
#ifndef COMMON_CONF_PAIRS_H
#define COMMON_CONF_PAIRS_H

#include "common/conf/build.h"
#include "common/conf/certificate.h"
#include "common/conf/settings.h"

/* Which settings name the files of a pair, in what kind of group. */
struct conf_pair_settings {
	enum conf_setting file[CONF_PAIR_PARTS];
};

extern const struct conf_pair_settings conf_pair_of_tls, conf_pair_of_cert,
    conf_pair_of_pool;

/* Those of conf.pairs. */
void conf_pairs_finish(struct conf_build *b);

/* Reads what GROUP names; NULL: nothing, or it was reported.  The same files
 * are the same pair. */
const struct conf_pair *conf_pairs_read(struct conf_build *b,
    const config_setting_t *group, const struct conf_pair_settings *settings);

/* The pairs of the group of a vhost, of which none is for the same kind of key
 * as another.  0: nothing, or it was reported. */
unsigned conf_pairs_read_all(struct conf_build *b,
    const config_setting_t *group, const struct conf_pair ***pairs_r);

/* Reads the file that ID of GROUP names: certificates of authorities, in PEM.
 * STR_NONE: it was reported. */
struct str conf_pairs_read_ca(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id);

/* The path that a setting names, in the conf's arena: relative ones are those
 * of the file where it stands. */
const char *conf_pairs_path(struct conf_build *b,
    const config_setting_t *setting);

#endif

/*
 * preset.h - groups of settings that vhosts share: presets and use.
 *
 *	presets = { quiet = { log = { sample = "1%"; }; }; };	sluiced.conf
 *	use = [ "quiet" ];					a vhost
 *
 * A preset holds what a vhost can inherit (scope.h).
 */
#ifndef COMMON_CONF_PRESET_H
#define COMMON_CONF_PRESET_H

#include "common/conf/build.h"

/* Reads "presets" of ROOT, sluiced.conf, and checks all that is in them. */
void conf_preset_read_all(struct conf_build *b, const config_setting_t *root);

/* What the vhost ROOT inherits: the presets that it uses, the last of them
 * nearest, over sluiced.conf.  An unknown preset is reported. */
struct conf_layers conf_preset_layers(struct conf_build *b,
    const config_setting_t *root);

/* Warns of presets that no vhost uses. */
void conf_preset_check_used(struct conf_build *b);

#endif

/*
 * client_cert.h - whether clients need certificates of their own.
 */
#ifndef COMMON_CONF_CLIENT_CERT_H
#define COMMON_CONF_CLIENT_CERT_H

#include "common/conf/build.h"

/* What the nearest of LAYERS, or the group tls in it, says. */
enum conf_client_cert conf_client_cert_read(struct conf_build *b,
    const struct conf_layers *layers);

/* Is what GROUPS, of tls, say one of its words? */
void conf_client_cert_check_word(struct conf_build *b,
    const struct conf_layers *groups);

/* Can what LAYERS, of DRAFT or of one of its routes, ask for be known?  Its
 * "tls" was read. */
void conf_client_cert_check(struct conf_build *b,
    const struct conf_draft *draft, const struct conf_layers *layers);

/* What clients of V are asked for in the handshake: its routes were read. */
enum conf_client_cert conf_client_cert_asked(const struct conf_vhost *v);

#endif

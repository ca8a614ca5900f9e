/*
 * binding.h - what is spoken at the addresses of a vhost.
 */
#ifndef COMMON_CONF_BINDING_H
#define COMMON_CONF_BINDING_H

#include "common/conf/build.h"

/* DRAFT's own addresses, or those of all; of each it is known what is spoken
 * there.  Fills in what of its vhost depends on that. */
void conf_binding_settle(struct conf_build *b, struct conf_draft *draft);

/* L, new (all 0) or of other vhosts, is one of DRAFT's, which listens by
 * BINDING.  What they say must agree. */
void conf_binding_join(struct conf_build *b, const struct conf_draft *draft,
    const struct conf_binding *binding, struct conf_listener *l);

#endif

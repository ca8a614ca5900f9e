/*
 * network.h - networks of addresses: "10.0.0.0/8", "2001:db8::1", "unix".
 */
#ifndef COMMON_CONF_NETWORK_H
#define COMMON_CONF_NETWORK_H

#include "common/base/ip.h"
#include "common/conf/build.h"

/*
 * Reads SETTING, one string or several.  What is wrong is reported, and left
 * out.  Memory from the conf's arena.
 */
struct conf_networks conf_networks_read(struct conf_build *b,
    const config_setting_t *setting);

/* Is IP in one of them?  "unix" has the peers of unix sockets. */
bool conf_networks_hold(const struct conf_networks *networks,
    const struct ip *ip);

#endif

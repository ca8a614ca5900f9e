/*
 * url.h - the URL of a server.
 */
#ifndef COMMON_CONF_URL_H
#define COMMON_CONF_URL_H

#include "common/conf/build.h"

/*
 * "http://127.0.0.1:3000/prefix", "http://app.internal", "unix:/run/app.sock",
 * "srv+http://_http._tcp.app.internal": fills in all of *server_r, zeroed, but
 * its weight.  False: reported.
 */
bool conf_url_read(struct conf_build *b, const struct conf_spot *spot,
    struct str url, struct conf_server *server_r);

#endif

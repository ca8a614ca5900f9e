/*
 * url.h - the URL of a server.
 */
#ifndef COMMON_CONF_URL_H
#define COMMON_CONF_URL_H

#include "common/conf/build.h"

/*
 * "http://127.0.0.1:3000/prefix" or "unix:/run/app.sock": fills in all of
 * *server_r but its weight.  False: reported.
 */
bool conf_url_read(struct conf_build *b, const struct conf_spot *spot,
    struct str url, struct conf_server *server_r);

#endif

/*
 * server.h - sluicectl server: what an operator wants of a server.
 */
#ifndef MASTER_CTL_SERVER_H
#define MASTER_CTL_SERVER_H

#include "master/ctl/ask.h"

/*
 * ARGV: "server", VHOST/POOL/ADDR, then "drain", "down", "up", or "weight" and
 * a number or "default".  Asks as HOW says, but for its line; an exit code of
 * ask.h.
 */
int ctl_server(const struct ask *how, int argc, char **argv);

#endif

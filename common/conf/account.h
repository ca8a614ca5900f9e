/*
 * account.h - whom the workers run as.
 */
#ifndef COMMON_CONF_ACCOUNT_H
#define COMMON_CONF_ACCOUNT_H

#include "common/conf/build.h"

/*
 * From the names in B to conf->uid and its kin.  Asks the system's databases.
 * Only root changes its user: everybody else stays.
 */
void conf_account_resolve(struct conf_build *b);

#endif

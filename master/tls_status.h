/*
 * tls_status.h - certificates and handshakes, for sluicectl tls.
 */
#ifndef MASTER_TLS_STATUS_H
#define MASTER_TLS_STATUS_H

#include "common/base/out.h"

void tls_status_write(struct out *o);
void tls_status_write_json(struct out *o);

#endif

/*
 * client_hello.h - whom a TLS client asks for, before anything is answered.
 *
 * Pure: bytes in, a name out.  Nothing here waits or allocates.
 */
#ifndef WORKER_CONN_CLIENT_HELLO_H
#define WORKER_CONN_CLIENT_HELLO_H

#include "common/base/str.h"

/* What is longer, with the heads of its records, is refused. */
#define CLIENT_HELLO_MAX ((size_t)64 * 1024)

/* The longest name in one: RFC 1035, 2.3.4. */
#define CLIENT_HELLO_NAME_MAX 255

enum hello_fault {
	HELLO_OK,
#define HELLO_FAULT(name, text) HELLO_##name,
#include "common/tbl/hello_faults.h"
#undef HELLO_FAULT
	HELLO_FAULTS
};

/* "it does not begin with a record of a TLS handshake" */
const char *hello_fault_text(enum hello_fault fault);

/*
 * How many of the N BYTES, which a client has begun with, are its ClientHello:
 * *size_r.  If those are more than there are, so many are needed at least.
 */
enum hello_fault client_hello_size(const uint8_t *bytes, size_t n,
    size_t *size_r);

/*
 * The server name in a ClientHello of SIZE bytes, as client_hello_size says;
 * "": it has none.  The heads of its records are taken out of BYTES, in which
 * the name lies.
 */
enum hello_fault client_hello_name(uint8_t *bytes, size_t size,
    struct str *name_r);

#endif

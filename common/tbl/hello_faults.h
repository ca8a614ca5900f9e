/*
 * hello_faults.h - what can be wrong with the first message of a TLS client:
 *
 *   HELLO_FAULT(name, "text")
 */
HELLO_FAULT(record, "it does not begin with a record of a TLS handshake")
HELLO_FAULT(message, "the first message is no ClientHello")
HELLO_FAULT(long, "the ClientHello is too long")
HELLO_FAULT(shape, "the parts of the ClientHello do not fit into it")
HELLO_FAULT(name, "the server name of the ClientHello is malformed")

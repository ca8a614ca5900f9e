/*
 * proxy_faults.h - what can be wrong with a header of the PROXY protocol, as
 * the log says it:
 *
 *   PROXY_FAULT(name, "text")
 */
PROXY_FAULT(missing, "it does not begin with a header")
PROXY_FAULT(line, "its first line is malformed")
PROXY_FAULT(address, "an address in it is malformed")
PROXY_FAULT(port, "a port in it is malformed")
PROXY_FAULT(version, "its version is neither 1 nor 2")
PROXY_FAULT(command, "its command is neither LOCAL nor PROXY")
PROXY_FAULT(family, "its family is none of a stream socket")
PROXY_FAULT(length, "it is too long, or too short for its addresses")
PROXY_FAULT(value, "a value behind its addresses is cut")
PROXY_FAULT(checksum, "its checksum is wrong")

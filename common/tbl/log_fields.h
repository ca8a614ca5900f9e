/*
 * log_fields.h - the access log's line, field by field:
 *
 *   LOG_FIELD(name, "meaning")
 *
 * The order is that of the line.  Times are milliseconds; a field without a
 * value is left out.
 */
LOG_FIELD(time, "when the line was written, UTC")
LOG_FIELD(client, "the client's address")
LOG_FIELD(method, "the request's method")
LOG_FIELD(host, "the Host as the client sent it")
LOG_FIELD(target, "the request target as the client sent it")
LOG_FIELD(status, "the status sent to the client; 499 when it left before")
LOG_FIELD(bytes, "bytes of the reply's body sent")
LOG_FIELD(received, "bytes of the request's body received")
LOG_FIELD(vhost, "the vhost: its first host name")
LOG_FIELD(route, "the route: its path")
LOG_FIELD(pool, "the pool")
LOG_FIELD(server, "the server that was tried last")
LOG_FIELD(attempts, "servers tried")
LOG_FIELD(connect, "from the first byte of the request to an origin connection")
LOG_FIELD(first_byte, "to the first byte of the origin's reply")
LOG_FIELD(total, "to the end of the exchange")
LOG_FIELD(referer, "the Referer field")
LOG_FIELD(agent, "the User-Agent field")
LOG_FIELD(end, "how it ended: a word of common/tbl/end_reasons.h")
LOG_FIELD(fault, "what was wrong with the malformed message")

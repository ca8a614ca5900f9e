/*
 * log_fields.h - what the access log can say of an exchange, field by field:
 *
 *   LOG_FIELD(name, kind, where, "meaning")
 *   LOG_LATER(name, "what it will be")
 *
 * The order is that of the lines.  A field without a value is left out of a
 * line, and is "-" in a template.  Times are milliseconds from the request's
 * first byte.
 *
 * KIND says how the formats write it:
 *   WORD    of ours, or of the protocol: never needs quotes
 *   NAME    from the configuration: quoted in logfmt when it needs to be
 *   TEXT    sent by a peer: quoted, escaped, and cut when it is long
 *   NUMBER  as it is
 *   MSEC    milliseconds with three decimals
 * WHERE: LINE for logfmt and json, where templates may have it too; TEMPLATE
 * for templates alone.
 *
 * worker/proxy/log_values.h has a function for each that gets the value.
 */
LOG_FIELD(time, WORD, LINE, "when the line was written, UTC")
LOG_FIELD(id, NAME, LINE, "the request's id, as origins get it in X-Request-Id")
LOG_FIELD(client, WORD, LINE, "the client's address, as far as it is believed")
LOG_FIELD(peer, WORD, LINE, "the address of the trusted proxy that the request came from")
LOG_FIELD(method, WORD, LINE, "the request's method")
LOG_FIELD(host, TEXT, LINE, "the Host as the client sent it")
LOG_FIELD(target, TEXT, LINE, "the request target as the client sent it")
LOG_FIELD(protocol, WORD, LINE, "the request's version of HTTP; TCP, or TLS that is passed through")
LOG_FIELD(tls, WORD, LINE, "the version of TLS")
LOG_FIELD(sni, TEXT, LINE, "the name that TLS was asked for, if the Host is another")
LOG_FIELD(subject, TEXT, LINE, "whom the client's certificate names, if it is good")
LOG_FIELD(status, NUMBER, LINE, "the status sent to the client; 499 when it left before")
LOG_FIELD(bytes, NUMBER, LINE, "bytes of the reply's body sent")
LOG_FIELD(received, NUMBER, LINE, "bytes of the request's body received")
LOG_FIELD(vhost, NAME, LINE, "the vhost: its first host name")
LOG_FIELD(route, NAME, LINE, "the route: its path")
LOG_FIELD(split, NAME, LINE, "the arms of its splits: new-checkout:beta,banner:red")
LOG_FIELD(cache, WORD, LINE, "what the cache did for it")
LOG_FIELD(pool, NAME, LINE, "the pool")
LOG_FIELD(server, NAME, LINE, "the server that was tried last")
LOG_FIELD(attempts, NUMBER, LINE, "servers tried")
LOG_FIELD(tried, NAME, LINE, "servers that failed before: 10.0.0.1:80/connect_failed/0.412")
LOG_FIELD(handshake, MSEC, LINE, "how long that of TLS took, with a connection's first request")
LOG_FIELD(queue, MSEC, LINE, "how long it waited for a server to have room")
LOG_FIELD(sticky, WORD, LINE, "how the client came to its server: hit, new, moved, away")
LOG_FIELD(connect, MSEC, LINE, "until an origin connection was there")
LOG_FIELD(first_byte, MSEC, LINE, "until the first byte of the origin's reply")
LOG_FIELD(total, MSEC, LINE, "until the end of the exchange")
LOG_FIELD(referer, TEXT, LINE, "the field Referer of the request")
LOG_FIELD(agent, TEXT, LINE, "the field User-Agent of the request")
LOG_FIELD(end, WORD, LINE, "how it ended, and by whose doing")
LOG_FIELD(waiting_for, WORD, LINE, "what it waited for when the client left")
LOG_FIELD(fault, WORD, LINE, "what was wrong with the malformed message")
LOG_FIELD(limit, WORD, LINE, "the setting that refused or cut it, and its value")
LOG_FIELD(scheme, NAME, TEMPLATE, "the scheme of the request")
LOG_FIELD(time_common, WORD, TEMPLATE, "the time as the common log format has it")
LOG_LATER(user, "who the client is, by authentication")

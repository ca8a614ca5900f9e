/*
 * fields.h - the field names that we treat specially:
 *
 *   FIELD(id, "Name", flags)      flags: enum field_flags of message.h
 *
 * Adding a line is enough: field.c finds it.  There is room for 63; a name
 * with HOP or FRAMING is no longer than BODY_NAME_MAX (body.h).
 */
FIELD(host, "Host", FIELD_SINGLETON)
FIELD(connection, "Connection", FIELD_HOP)
FIELD(keep_alive, "Keep-Alive", FIELD_HOP)
FIELD(proxy_connection, "Proxy-Connection", FIELD_HOP)
FIELD(te, "TE", FIELD_HOP)
FIELD(trailer, "Trailer", FIELD_HOP)
FIELD(upgrade, "Upgrade", FIELD_HOP)
FIELD(transfer_encoding, "Transfer-Encoding", FIELD_FRAMING)
FIELD(content_length, "Content-Length", FIELD_FRAMING | FIELD_SINGLETON)
FIELD(proxy, "Proxy", FIELD_HOP)
FIELD(proxy_authenticate, "Proxy-Authenticate", FIELD_HOP)
FIELD(proxy_authorization, "Proxy-Authorization", FIELD_HOP)
FIELD(expect, "Expect", 0)
FIELD(date, "Date", FIELD_SINGLETON)
FIELD(server, "Server", 0)
FIELD(x_powered_by, "X-Powered-By", 0)
FIELD(user_agent, "User-Agent", 0)
FIELD(referer, "Referer", 0)

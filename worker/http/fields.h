/*
 * fields.h - the field names that we treat specially:
 *
 *   FIELD(id, "Name", flags)      flags: enum field_flags of message.h
 *   ALSO(id, "Name")              another name with the rules of that one
 *
 * Adding a line is enough: field.c finds it.  There is room for 62 ids; a name
 * with flags is no longer than BODY_NAME_MAX (body.h).
 *
 * SINGLETON: what two readers of two such fields, one of whom takes the first
 * and one the last, could be made to disagree on: where a message ends, whom
 * it is for, who sent it, which part of what is asked for or given.  Others
 * that are single by definition may come twice (User-Agent, Referer, Date):
 * there are programs that do it, and nothing depends on them.  Cookie is a
 * list in all but its comma (RFC 9113, 8.2.3).
 *
 * IN_HEAD: what is not to be believed behind a body, because it was needed
 * before it (RFC 9110, 6.5.1): modifiers of requests, authentication, how the
 * content is to be understood or kept.
 */
#ifndef ALSO
#define ALSO(id, name)
#endif

FIELD(host, "Host", FIELD_SINGLETON)
FIELD(connection, "Connection", FIELD_HOP)
FIELD(keep_alive, "Keep-Alive", FIELD_HOP)
FIELD(proxy_connection, "Proxy-Connection", FIELD_HOP)
FIELD(te, "TE", FIELD_HOP)
FIELD(trailer, "Trailer", FIELD_HOP)
FIELD(upgrade, "Upgrade", FIELD_HOP)
FIELD(transfer_encoding, "Transfer-Encoding", FIELD_FRAMING)
FIELD(content_length, "Content-Length", FIELD_FRAMING | FIELD_SINGLETON)
FIELD(http2_settings, "HTTP2-Settings", FIELD_HOP)
FIELD(proxy, "Proxy", FIELD_HOP)
FIELD(proxy_authenticate, "Proxy-Authenticate", FIELD_HOP)
FIELD(proxy_authorization, "Proxy-Authorization", FIELD_HOP)
FIELD(expect, "Expect", FIELD_IN_HEAD)
FIELD(authorization, "Authorization", FIELD_SINGLETON)
FIELD(content_type, "Content-Type", FIELD_SINGLETON)
FIELD(content_range, "Content-Range", FIELD_SINGLETON)
FIELD(range, "Range", FIELD_SINGLETON)
FIELD(if_range, "If-Range", FIELD_SINGLETON)
FIELD(if_modified_since, "If-Modified-Since", FIELD_SINGLETON)
FIELD(if_unmodified_since, "If-Unmodified-Since", FIELD_SINGLETON)
FIELD(max_forwards, "Max-Forwards", FIELD_SINGLETON)
FIELD(origin, "Origin", FIELD_SINGLETON)
FIELD(date, "Date", FIELD_IN_HEAD)
FIELD(accept, "Accept", 0)
FIELD(location, "Location", FIELD_SINGLETON)
FIELD(content_location, "Content-Location", FIELD_IN_HEAD)
FIELD(refresh, "Refresh", FIELD_IN_HEAD)
FIELD(set_cookie, "Set-Cookie", FIELD_IN_HEAD)
FIELD(cookie, "Cookie", FIELD_IN_HEAD)
FIELD(user_agent, "User-Agent", 0)
FIELD(referer, "Referer", 0)
FIELD(via, "Via", 0)

/* What a request says of its own way: proxy/identity.c.  The list is told in
 * sluiced.conf(5).  Those with an id of their own are written by us. */
FIELD(x_forwarded_for, "X-Forwarded-For", FIELD_CLAIM)
FIELD(x_forwarded_proto, "X-Forwarded-Proto", FIELD_CLAIM)
FIELD(x_forwarded_host, "X-Forwarded-Host", FIELD_CLAIM)
FIELD(x_forwarded_port, "X-Forwarded-Port", FIELD_CLAIM)
FIELD(forwarded, "Forwarded", FIELD_CLAIM)
FIELD(x_request_id, "X-Request-Id", FIELD_CLAIM)
FIELD(traceparent, "traceparent", FIELD_CLAIM)
FIELD(tracestate, "tracestate", FIELD_CLAIM)
FIELD(hearsay, "X-Forwarded", FIELD_CLAIM) /* and all X-Forwarded-* left */
ALSO(hearsay, "X-Real-IP")
ALSO(hearsay, "X-Client-IP")
ALSO(hearsay, "Client-IP")
ALSO(hearsay, "True-Client-IP")
ALSO(hearsay, "X-Cluster-Client-IP")
ALSO(hearsay, "CF-Connecting-IP")
ALSO(hearsay, "Fastly-Client-IP")
ALSO(hearsay, "X-Original-Forwarded-For")
ALSO(hearsay, "X-Original-Host")
ALSO(hearsay, "X-Original-URL")
ALSO(hearsay, "X-Rewrite-URL")
ALSO(hearsay, "X-Scheme")
ALSO(hearsay, "X-Url-Scheme")
ALSO(hearsay, "Front-End-Https")

/* Whom a client's certificate says it is: only we say that, whoever the peer
 * is (proxy/credential.c). */
FIELD(client_cert, "Client-Cert", FIELD_CLAIM)
ALSO(client_cert, "Client-Cert-Chain")
ALSO(client_cert, "X-Client-Verify")
ALSO(client_cert, "X-Client-Subject")
ALSO(client_cert, "X-Client-Fingerprint")

/* What in a reply names the product or the machine behind us: hide.c.  The
 * list is told in sluiced.conf(5). */
FIELD(product, "Server", FIELD_IN_HEAD)
ALSO(product, "Powered-By")
ALSO(product, "X-AspNet-Version")
ALSO(product, "X-AspNetMvc-Version")
ALSO(product, "X-AspNetWebPages-Version")
ALSO(product, "X-Backend")
ALSO(product, "X-Backend-Server")
ALSO(product, "X-Drupal-Cache")
ALSO(product, "X-Drupal-Dynamic-Cache")
ALSO(product, "X-Envoy-Upstream-Service-Time")
ALSO(product, "X-Generator")
ALSO(product, "X-Mod-Pagespeed")
ALSO(product, "X-Page-Speed")
ALSO(product, "X-PHP-Version")
ALSO(product, "X-Powered-By")
ALSO(product, "X-Powered-By-Plesk")
ALSO(product, "X-Powered-CMS")
ALSO(product, "X-Redirect-By")
ALSO(product, "X-Runtime")
ALSO(product, "X-Served-By")
ALSO(product, "X-Upstream")
ALSO(product, "X-Varnish")

/* What a cache lives by.  Two ETags or Ages are an origin's mistake that costs
 * it at most its place in the cache, so none is a SINGLETON; an ETag may stand
 * behind a body (RFC 9110, 8.8.3). */
FIELD(cache_control, "Cache-Control", FIELD_IN_HEAD)
FIELD(pragma, "Pragma", FIELD_IN_HEAD)
FIELD(age, "Age", FIELD_IN_HEAD)
FIELD(expires, "Expires", FIELD_IN_HEAD)
FIELD(vary, "Vary", FIELD_IN_HEAD)
FIELD(etag, "ETag", 0)
FIELD(last_modified, "Last-Modified", 0)
FIELD(if_match, "If-Match", FIELD_IN_HEAD)
FIELD(if_none_match, "If-None-Match", FIELD_IN_HEAD)
FIELD(content_encoding, "Content-Encoding", FIELD_IN_HEAD)
FIELD(accept_encoding, "Accept-Encoding", 0)

/* Others that belong into a head. */
FIELD(retry_after, "Retry-After", FIELD_IN_HEAD)
ALSO(retry_after, "Warning")
ALSO(retry_after, "WWW-Authenticate")

#undef ALSO

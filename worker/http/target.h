/*
 * target.h - the request target: one reading, made once.
 *
 * origin-form and absolute-form (RFC 9112, 3.2), authority-form for CONNECT,
 * asterisk-form for OPTIONS.  The path is normalised here, before rewriting
 * and routing: unreserved escapes decoded, hex upper-cased, dot segments
 * removed (%2e too; above the root is a fault), a bad % or an encoded control
 * is a fault, %2F and %5C stay encoded and are never separators.  Empty segments are ignored
 * when matching (PATH) and kept when forwarding (FORWARD).
 *
 * Refused as ambiguous: a path in which decoding again, once or twice, would
 * make a new dot segment ("/..%2F", "/%252e%252e/", "/%C0%AE%C0%AE/"), also for
 * readers who take "\" for a separator or end a segment at ";" ("/..;/"); and
 * "//../", where readers disagree on what ".." removes.  Refused by its route:
 * a path that such readers would take for another route's ("/admin%2Fx",
 * "/admin;x"): path_loosen.
 *
 * Bytes: a path holds pchar and [ ] | ^, a query those and \ ` { } / ?: what
 * RFC 3986 allows, and what browsers send as it is.
 */
#ifndef WORKER_HTTP_TARGET_H
#define WORKER_HTTP_TARGET_H

#include "worker/http/message.h"

/*
 * Reads M->target for M->method: sets path, forward and query; for CONNECT
 * none of them.  M->authority is what the Host field said, and host goes with
 * it; an authority in the target must be the same but for case, and is taken
 * when there was no Host.  An OPTIONS for an absolute target without a path is
 * one for "*" (RFC 9112, 3.2.4).  Pure; memory from A.
 */
enum fault target_parse(struct message *m, struct arena *a);

/*
 * "Example.COM:8080" -> host "example.com" (in A, or where it was) or a fault.
 * A name of letters, digits, "-" and "_" in non-empty labels, at most 255
 * bytes, without the dot that may end it; an IPv4 or [IPv6] address; a port up
 * to 65535.
 */
enum fault target_parse_authority(struct str authority, struct arena *a,
    struct str *host_r);

#endif

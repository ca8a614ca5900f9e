/*
 * json.h - text inside a JSON string (RFC 8259, section 7).
 */
#ifndef COMMON_BASE_JSON_H
#define COMMON_BASE_JSON_H

#include "common/base/out.h"

/*
 * S, without the quotes around it.  Quote, backslash and controls are
 * escaped; well-formed UTF-8 stays as it is, and each byte that belongs to
 * none becomes U+FFFD, so the result is valid whatever S holds.
 */
void json_text(struct out *o, struct str s);

/* Bytes of the well-formed UTF-8 character at the beginning of S, which is
 * not empty; 0: it is none (RFC 3629, section 4). */
size_t json_utf8(struct str s);

#endif

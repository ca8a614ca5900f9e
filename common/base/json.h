/*
 * json.h - writing JSON (RFC 8259).
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

/*
 * Objects and arrays are begun and ended by their brackets; a comma comes by
 * itself where one is needed.  NAMEs need no escaping.
 */
void json_name(struct out *o, const char *name); /* of the next value */
void json_item(struct out *o);			 /* before one of an array */
void json_string(struct out *o, struct str s);	 /* with its quotes */

/* A name with its value. */
void json_name_string(struct out *o, const char *name, struct str s);
void json_name_number(struct out *o, const char *name, uint64_t number);

#endif

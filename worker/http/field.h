/*
 * field.h - from a field's name to its id.
 */
#ifndef WORKER_HTTP_FIELD_H
#define WORKER_HTTP_FIELD_H

#include "worker/http/message.h"

/*
 * The id of the field name NAME (a token), or FIELD_OTHER.  FIELD_DISGUISED:
 * programs that get names as variables of the environment (CGI, WSGI, Rack)
 * can't tell it from one that we know.
 */
enum field_id field_identify(struct str name);

/*
 * Is A, of the length of B, the name B to programs that get fields as variables
 * of the environment (CGI, WSGI, Rack)?  They read "X_User" as X-User: who may
 * not send the one may not send the other.
 */
bool field_reads_as(const char *a, const char *b, size_t n);

/* enum field_flags; 0 for FIELD_OTHER and FIELD_DISGUISED. */
unsigned field_flags(enum field_id id);

#endif

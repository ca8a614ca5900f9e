/*
 * field.h - from a field's name to its id.
 */
#ifndef WORKER_HTTP_FIELD_H
#define WORKER_HTTP_FIELD_H

#include "worker/http/message.h"

/* The id of the field name NAME (a token), or FIELD_OTHER. */
enum field_id field_identify(struct str name);

/* enum field_flags; 0 for FIELD_OTHER. */
unsigned field_flags(enum field_id id);

#endif

/*
 * errors.h - error pages of the operator's own.
 */
#ifndef COMMON_CONF_ERRORS_H
#define COMMON_CONF_ERRORS_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/*
 * The nearest list "errors" of LAYERS, into SCOPE.  Opens the files that it
 * names; each list is read once, whoever inherits it.
 */
void conf_errors_read(struct conf_build *b, const struct conf_layers *layers,
    struct conf_scope *scope);

/* A page of the media type TYPE from TEXT, which it points into, cut at what
 * is to be filled in.  NULL: there is too much of that. */
struct conf_page *conf_page_make(struct arena *a, struct str type,
    struct str text);

#endif

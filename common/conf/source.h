/*
 * source.h - the text of a configuration file, in memory.
 */
#ifndef COMMON_CONF_SOURCE_H
#define COMMON_CONF_SOURCE_H

#include "common/base/arena.h"
#include "common/conf/report.h"

#define CONF_SOURCE_MAX ((size_t)1 << 20)

/*
 * Reads the regular file NAME whole into A.  NAME is kept by pointer.  NULL:
 * *error_r says why, to be put behind "cannot be read: ".
 */
struct conf_source *conf_source_read(struct arena *a, const char *name,
    const char **error_r);

/* A source of text that is in memory already; both are kept by pointer. */
struct conf_source *conf_source_make(struct arena *a, const char *name,
    struct str text);

#endif

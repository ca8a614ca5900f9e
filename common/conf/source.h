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

/* What ${file:/PATH} stands for. */
struct conf_secret {
	struct str text;
	const char *error; /* NULL: TEXT is there */
	bool readable;	   /* by everybody */
};

typedef struct conf_secret conf_secret_fn(struct arena *a, const char *path);

conf_secret_fn conf_source_read_secret;

/*
 * The spot at PLACE, for a message when its configuration was read long ago:
 * its file is read again.  As much of it as is still there.
 */
struct conf_spot conf_source_spot(struct arena *a,
    const struct conf_place *place);

/* A source of text that is in memory already; both are kept by pointer. */
struct conf_source *conf_source_make(struct arena *a, const char *name,
    struct str text);

#endif

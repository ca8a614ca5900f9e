/*
 * segment.h - the areas of one generation.
 *
 * Areas outlive generations.  The master makes a segment for each: an area
 * that has the shape that is wanted is the former generation's, anything else
 * is made anew, and starts empty.
 */
#ifndef COMMON_SHM_SEGMENT_H
#define COMMON_SHM_SEGMENT_H

#include "common/base/out.h"

enum segment_area {
#define AREA(name) SEGMENT_##name,
#include "common/tbl/areas.h"
#undef AREA
	SEGMENT_AREAS
};

struct segment;

/*
 * In the master: areas of SIZES bytes; those of FORMER (or NULL) are shared
 * where they fit.  NULL with the reason added to WHY.
 */
struct segment *segment_make(const uint64_t sizes[SEGMENT_AREAS],
    const struct segment *former, struct out *why);

/* The table AREA of S, and its size, for who only looks at it. */
const void *segment_table(const struct segment *s, enum segment_area area,
    uint64_t *size_r);

/* In the master, while no worker lives: the same, to be written to. */
void *segment_open(const struct segment *s, enum segment_area area,
    uint64_t *size_r);

/* Another one with the areas of S. */
struct segment *segment_share(const struct segment *s);

/* Gives its areas up; what another segment shares stays. */
void segment_free(struct segment **s);

/* In a worker that sits on its seat: these are the tables now.  Closes the
 * descriptors; the mappings stay for the life of the process. */
void segment_enter(const struct segment *s);

#endif

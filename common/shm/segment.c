/*
 * segment.c - the areas of one generation.
 *
 * Runs in the master.  An area is shared by all segments that want it as it
 * is, and goes with the last of them; workers that still have it mapped keep
 * it until they end.
 */
#include "common/shm/segment.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/shm/cache.h"
#include "common/shm/health.h"
#include "common/shm/names.h"
#include "common/shm/rates.h"
#include "common/shm/sessions.h"
#include "common/shm/staples.h"
#include "common/shm/sticky.h"
#include "common/shm/tickets.h"

struct holding {
	unsigned holders; /* segments */
	struct area_shape shape;
	struct area area;
};

struct segment {
	struct holding *areas[SEGMENT_AREAS];
};

static const struct {
	const char *name;
	struct area_shape (*shape)(uint64_t size);
	void (*create)(void *table, uint64_t size);
	void (*enter)(void *table, uint64_t size);
} kinds[SEGMENT_AREAS] = {
#define AREA(name) {#name, name##_shape, name##_create, name##_enter},
#include "common/tbl/areas.h"
#undef AREA
};

static struct holding *make(unsigned i, uint64_t size, struct out *why)
{
	struct holding *h = calloc(1, sizeof(*h));
	int error;

	INSIST(h != NULL);
	h->shape = kinds[i].shape(size);
	error = area_create(&h->shape, &h->area);
	if (error < 0) {
		out_fmt(why, "error: shared.%s: no memory for %llu bytes: %s\n",
		    kinds[i].name, (unsigned long long)size, strerror(-error));
		free(h);
		return NULL;
	}
	kinds[i].create(h->area.table, size);
	return h;
}

/* That of FORMER, if it is what is wanted. */
static struct holding *share(unsigned i, uint64_t size,
    const struct segment *former)
{
	struct area_shape shape = kinds[i].shape(size);

	if (former == NULL)
		return NULL;
	if (memcmp(&former->areas[i]->shape, &shape, sizeof(shape)) == 0)
		return former->areas[i];
	log_info("shared.%s is of another size now: it starts empty",
	    kinds[i].name);
	return NULL;
}

struct segment *segment_make(const uint64_t sizes[SEGMENT_AREAS],
    const struct segment *former, struct out *why)
{
	struct segment *s = calloc(1, sizeof(*s));

	INSIST(s != NULL);
	for (unsigned i = 0; i < SEGMENT_AREAS; i++) {
		s->areas[i] = share(i, sizes[i], former);
		if (s->areas[i] == NULL)
			s->areas[i] = make(i, sizes[i], why);
		if (s->areas[i] == NULL) {
			segment_free(&s);
			return NULL;
		}
		s->areas[i]->holders++;
	}
	return s;
}

struct segment *segment_share(const struct segment *s)
{
	struct segment *shared = calloc(1, sizeof(*shared));

	INSIST(shared != NULL);
	*shared = *s;
	for (unsigned i = 0; i < SEGMENT_AREAS; i++)
		shared->areas[i]->holders++;
	return shared;
}

void segment_free(struct segment **s_p)
{
	struct segment *s = *s_p;

	*s_p = NULL;
	if (s == NULL)
		return;
	for (unsigned i = 0; i < SEGMENT_AREAS; i++) {
		struct holding *h = s->areas[i];

		if (h == NULL || --h->holders > 0)
			continue;
		area_close(&h->area);
		free(h);
	}
	free(s);
}

void *segment_open(const struct segment *s, enum segment_area area,
    uint64_t *size_r)
{
	INSIST(area < SEGMENT_AREAS);
	*size_r = s->areas[area]->shape.size;
	return s->areas[area]->area.table;
}

const void *segment_table(const struct segment *s, enum segment_area area,
    uint64_t *size_r)
{
	return segment_open(s, area, size_r);
}

void segment_enter(const struct segment *s)
{
	for (unsigned i = 0; i < SEGMENT_AREAS; i++) {
		struct holding *h = s->areas[i];

		area_drop_fd(&h->area);
		kinds[i].enter(h->area.table, h->shape.size);
	}
}

/*
 * wishes.h - what a client would like, and how much: Accept-Encoding and
 * Accept-Language as lists that can be compared.
 */
#ifndef WORKER_CACHE_WISHES_H
#define WORKER_CACHE_WISHES_H

#include "common/base/out.h"
#include "worker/http/message.h"

#define WISHES_MAX 32

struct wish {
	struct str what;  /* in any case; lives as long as the message */
	unsigned quality; /* in thousandths; 0: by no means */
};

/* Most wanted first, then by name; no two of one name. */
struct wishes {
	unsigned count;
	struct wish list[WISHES_MAX];
};

/*
 * Reads all fields NAME of M.  False: they are malformed, or hold too much, and
 * can only be compared as text.
 */
bool wishes_read(const struct message *m, struct str name, struct wishes *w);

/* Takes the wish at INDEX out. */
void wishes_drop(struct wishes *w, unsigned index);

/* "br,gzip;deflate/identity": "," joins equals, ";" goes on to what is wanted
 * less, "/" to what is refused. */
void wishes_write(const struct wishes *w, struct out *o);

/* Orders names without regard to their case. */
int wishes_compare(struct str a, struct str b);

#endif

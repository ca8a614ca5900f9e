/*
 * pair.h - a certificate and its key in a memfd, sealed.
 *
 * A pair that was renewed goes from the process that has read and checked it
 * to the workers in this form.  The master keeps the descriptor, and looks at
 * all but the key; nothing maps it, so that no key lies in its memory.
 */
#ifndef COMMON_IPC_PAIR_H
#define COMMON_IPC_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/hash.h"

/* In this order; the key is the last. */
enum pair_part {
	PAIR_SUBJECT, /* "CN=www.example.com" */
	PAIR_KIND,    /* "EC P-256" */
	PAIR_NAMES,   /* "www.example.com, example.com" */
	PAIR_OCSP,    /* URL of its responder, or why nobody is asked */
	PAIR_KEY_FILE,
	PAIR_CERT, /* PEM, with its chain */
	PAIR_KEY,  /* PEM */
	PAIR_PARTS
};

/* Of all parts together; certificates of a thousand names have 100 KiB. */
#define PAIR_MAX ((size_t)1 << 20)

struct pair_text {
	int64_t not_after; /* seconds since 1970 */
	struct hash_id id; /* of the certificate */
	struct str part[PAIR_PARTS];
	char *memory;	/* where they lie, each with a NUL behind it */
	size_t size;
};

/* An empty memfd that can be sealed, or -errno. */
int pair_open(void);

/* Writes P into FD and seals it for ever.  0 or -errno. */
int pair_write(int fd, const struct pair_text *p);

/* Reads the first PARTS parts of FD, which must be sealed: 0, *p_r is to be
 * freed; -EINVAL: it is something else; or -errno. */
int pair_read(int fd, enum pair_part parts, struct pair_text *p_r);

/* Wipes and frees. */
void pair_free(struct pair_text *p);

#endif

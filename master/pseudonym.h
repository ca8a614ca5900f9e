/*
 * pseudonym.h - what the field Via calls this daemon (RFC 9110, 7.6.3).
 */
#ifndef MASTER_PSEUDONYM_H
#define MASTER_PSEUDONYM_H

/* Once, before the first fork: all workers of all generations have the same,
 * and know their own requests by it.  0 or -errno. */
int pseudonym_make(void);

/* "sluice-0123456789abcdef" */
const char *pseudonym(void);

#endif

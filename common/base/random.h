/*
 * random.h - numbers that nobody can guess, without a system call each.
 *
 * For names that must not meet and should not be guessed: request ids, spans,
 * tokens.  Keys are made by the kernel or by OpenSSL, not here.
 */
#ifndef COMMON_BASE_RANDOM_H
#define COMMON_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Seeds this process's generator from the kernel: before the first
 * random_fill, and again in a child after a fork, which would say the same as
 * its parent otherwise.  0 or -errno; may wait for the kernel at boot.
 */
int random_init(void);

uint64_t random_u64(void);

/* N random bytes at P. */
void random_fill(void *p, size_t n);

/* N random digits, hexadecimal, in lower case; N is a multiple of 16. */
void random_hex(char *p, size_t n);

#endif

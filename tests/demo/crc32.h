/*
 * crc32.h - the checksum of gzip and zip, for bodies (Python: zlib.crc32).
 */
#ifndef TESTS_DEMO_CRC32_H
#define TESTS_DEMO_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC is 0 at first, then what the last call returned. */
uint32_t crc32_add(uint32_t crc, const void *bytes, size_t n);

#endif

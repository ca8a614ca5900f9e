/*
 * test_head_scan_portable.c - test_head_scan.c, where there is neither SSE2 nor
 * AVX2.
 *
 * The portable code is made here, under other names than those in the library.
 */
#define SCAN_PORTABLE
#define scan_classes portable_classes
#define scan_count portable_count
#define scan_head_end portable_head_end
#define scan_value_on portable_value_on
#define scan_use_avx2 portable_use_avx2

#include "worker/http/scan.c"

#include "tests/unit/test_head_scan.c"

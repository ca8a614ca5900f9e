/*
 * meant_names.h - the field names that mean something to the proxy.
 *
 * A list of its own, held against that of worker/http/fields.h by nothing but
 * the tests that use both.
 */
#ifndef TESTS_TORTURE_MEANT_NAMES_H
#define TESTS_TORTURE_MEANT_NAMES_H

#include "tests/torture/strict.h"

enum {
	NAME_KNOWN = 1,
	NAME_HOP = 2,	 /* ends at the proxy */
	NAME_ONCE = 4,	 /* a second one is refused */
	NAME_SINGLE = 8, /* so is a comma in it */
	NAME_HEAD = 16,	 /* not in trailers */
	NAME_OURS = 32,	 /* taken away, written or changed by the proxy */
	NAME_DISGUISED = 64 /* a known one, with "_" for "-" */
};

unsigned names_flags(struct str name);

#endif

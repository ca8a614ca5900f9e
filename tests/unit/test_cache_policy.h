/*
 * test_cache_policy.h - what the tests of worker/cache share: messages that are
 * nothing but field lines, and times told from the moment of a reply.
 */
#ifndef TESTS_UNIT_TEST_CACHE_POLICY_H
#define TESTS_UNIT_TEST_CACHE_POLICY_H

#include "common/conf/cache_t.h"
#include "tests/unit/test_head.h"

/* START, and LINES: "A: 1\nB: 2". */
static inline void policy_head(struct out *o, const char *start,
    const char *lines)
{
	out_str(o, str_from(start));
	out_lit(o, "\r\n");
	while (*lines != '\0') {
		size_t n = strcspn(lines, "\n");

		out_bytes(o, lines, n);
		out_lit(o, "\r\n");
		lines += n + (lines[n] == '\n');
	}
	out_lit(o, "\r\n");
	ck_assert(out_ok(o));
}

static inline void policy_request(struct parsed *p, const char *lines)
{
	char text[8192];
	struct out o = out_make(text, sizeof(text));
	char start[] = "GET / HTTP/1.1\r\nHost: x";

	policy_head(&o, start, lines);
	parse_request(p, out_text(&o));
	check_fault(p, FAULT_NONE);
}

/* STATUS: "200 OK". */
static inline void policy_reply(struct parsed *p, const char *status,
    const char *lines)
{
	char text[8192];
	struct out o = out_make(text, sizeof(text));
	char start[64];

	snprintf(start, sizeof(start), "HTTP/1.1 %s", status);
	policy_head(&o, start, lines);
	parse_reply(p, out_text(&o), METHOD_GET);
	check_fault(p, FAULT_NONE);
}

#endif

/*
 * glob.c - names with "*" in them.
 *
 * Runs in workers.  Only the last star seen is ever tried again: what those
 * before it took was the shortest, so nothing is lost, and the cost is at most
 * the product of both lengths.
 */
#include "worker/cache/glob.h"

bool glob_match(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, taken = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			taken = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool glob_match_any(const struct conf_cache_names *names, struct str text)
{
	for (unsigned i = 0; i < names->count; i++)
		if (glob_match(names->at[i], text))
			return true;
	return false;
}

/*
 * cache_match.c - which objects somebody means who purges or lists.
 *
 * Runs in workers, under the lock of a shard: compares texts, nothing else.
 */
#include "common/shm/cache_match.h"

static struct str url_of(struct str key)
{
	struct str url = key;

	(void)str_next_part(&key, '\n', &url);
	return url;
}

struct str cache_host_of(struct str key)
{
	const char *p = memmem(key.p, key.n, "://", 3);
	struct str host;

	if (p == NULL)
		return STR("");
	host = str_behind(key, (size_t)(p - key.p) + 3);
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == '/' || host.p[i] == '?' || host.p[i] == '\n')
			host.n = i;
	return host;
}

/* Keys leave out the port that is their scheme's; an operator may not. */
static struct str without_default_port(struct str key, struct str host)
{
	struct str port = str_starts(key, STR("https:")) ? STR(":443")
							 : STR(":80");

	if (host.n > port.n &&
	    memcmp(host.p + host.n - port.n, port.p, port.n) == 0)
		host.n -= port.n;
	return host;
}

static bool is_of_host(struct str key, struct str host)
{
	struct str has = cache_host_of(key);

	if (str_starts_nocase(has, host))
		return has.n == host.n || has.p[host.n] == ':';
	return str_eq_nocase(has, without_default_port(key, host));
}

static bool has_tag(struct str tags, struct str tag)
{
	struct str one;

	while (str_next_part(&tags, '\n', &one))
		if (str_eq(one, tag))
			return true;
	return false;
}

bool cache_matches(const struct cache_match *m, struct str key, struct str tags)
{
	switch (m->scope) {
	case CACHE_SCOPE_ALL:
		return true;
	case CACHE_SCOPE_KEY:
		return str_eq(key, m->text);
	case CACHE_SCOPE_URL:
		return str_eq(url_of(key), m->text);
	case CACHE_SCOPE_PREFIX:
		return str_starts(url_of(key), m->text);
	case CACHE_SCOPE_HOST:
		return is_of_host(key, m->text);
	case CACHE_SCOPE_TAG:
		return tags.p == NULL || has_tag(tags, m->text);
	}
	return false;
}
